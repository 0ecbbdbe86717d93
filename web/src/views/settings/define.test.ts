import { expect, test } from "vitest";
import { bodyOf, changeOf, draftOf, EMPTY, fieldOf, freeHue, nameFor } from "./define";

test.each([
  ["Länge über alles", "decimal", false, "laenge_ueber_alles"],
  ["Broj čamca", "text", false, "broj_camca"],
  ["Owner", "user", false, "owner_id"],
  ["Crew", "user", true, "crew_ids"],
  ["Berth id", "reference", false, "berth_id"],
  ["2nd name", "text", false, "nd_name"],
  ["!!", "text", false, ""],
] as const)("%s as %s is named %s %s", (label, kind, many, name) => {
  expect(nameFor(label, kind, many)).toBe(name);
});

test("a body says only what fits the kind and is said", () => {
  const draft = {
    ...EMPTY,
    name: "depth",
    label: "Depth",
    kind: "decimal" as const,
    min: "0",
    scale: "2",
    pattern: "x",
    unit: "m",
  };
  expect(bodyOf(draft)).toEqual({
    name: "depth",
    label: "Depth",
    kind: "decimal",
    personal: false,
    min: 0,
    scale: 2,
    unit: "m",
  });
});

test("a rollup has the kind of what it holds", () => {
  const draft = {
    ...EMPTY,
    name: "n",
    label: "N",
    kind: "rollup" as const,
    result: "integer" as const,
    rollup: { of: "deals", function: "count" as const, where: "" },
  };
  expect(bodyOf(draft)).toMatchObject({ kind: "integer", rollup: { of: "deals", function: "count" } });
  expect(bodyOf(draft).rollup).not.toHaveProperty("where");
});

test("a change says what differs, and takes out what was emptied", () => {
  const before = draftOf({
    name: "x",
    kind: "text",
    label: "X",
    own: true,
    archived: false,
    required: true,
    help: "why",
    max: "20",
  });
  expect(changeOf(before, before)).toEqual({});
  expect(changeOf(before, { ...before, help: "", required: false, max: "30" })).toEqual({
    help: null,
    required: false,
    max: 30,
  });
});

test("options come with their labels and colours, and the next one has a free colour", () => {
  const { options } = draftOf({
    name: "s",
    kind: "select",
    own: true,
    archived: false,
    options: ["on_hold", { value: "b", label: "B", color: "teal" }],
  });
  expect(options.map((o) => o.label)).toEqual(["On hold", "B"]);
  expect(options[1]?.color).toBe("teal");
  expect(freeHue([{ color: "blue" }])).toBe("teal");
});

test("the preview is drawn as the field will be, computed ones read only", () => {
  expect(fieldOf({ ...EMPTY, kind: "formula", result: "money" })).toMatchObject({ kind: "money", readOnly: true });
  expect(fieldOf({ ...EMPTY, kind: "user", name: "crew_ids", many: true })).toMatchObject({
    to: "member",
    embed: "crew",
    many: true,
  });
});
