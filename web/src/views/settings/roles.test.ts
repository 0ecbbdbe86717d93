import { expect, test } from "vitest";
import type { Role } from "../../api/members";
import { changes, flat, inPlace, isEmpty, withReach, withRight } from "./roles";

const role: Role = {
  name: "agent",
  label: "Agent",
  description: "",
  super_admin: false,
  permissions: ["deals.win"],
  objects: {
    deal: { read: "all", create: "all", update: "own", archive: "own", delete: "none", hidden: [], read_only: [] },
  },
};

test("a location says only what differs from the role, and nothing once it does not", () => {
  const wider = withReach(role, {}, "deal", "update", "all");
  expect(wider).toEqual({ objects: { deal: { update: "all" } } });
  expect(inPlace(role, wider, "deal", "update")).toBe("all");
  expect(inPlace(role, wider, "deal", "read")).toBe("all");
  expect(isEmpty(withReach(role, wider, "deal", "update", "own"))).toBe(true);
});

test("hidden fields that a location says stay when a reach is changed", () => {
  const before = { objects: { deal: { hidden: ["amount"] } } };
  expect(withReach(role, before, "deal", "read", "own").objects?.deal).toEqual({ hidden: ["amount"], read: "own" });
});

test("what holds for every action is spread before one of them is changed", () => {
  const before = { objects: { deal: { full: "none" as const } } };
  expect(withReach(role, before, "deal", "read", "own").objects?.deal).toEqual({
    read: "own",
    create: "none",
    update: "none",
    archive: "none",
  });
});

test("the preview tells reaches and rights from old to new", () => {
  const after = withRight(role, withReach(role, {}, "deal", "delete", "own"), "deals.win", false);
  expect(changes(role, {}, after)).toEqual([
    { object: "deal", action: "delete", from: "none", to: "own" },
    { right: "deals.win", from: true, to: false },
  ]);
  expect(changes(role, after, after)).toEqual([]);
});

test("rights that are nested by resource are read by their full names", () => {
  const nested = { permissions: { deals: { win: false }, "x.y": true } } as never;
  expect(flat(nested).permissions).toEqual({ "deals.win": false, "x.y": true });
});
