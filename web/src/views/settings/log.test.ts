import { expect, test } from "vitest";
import type { LoggedSet } from "../../api/log";
import { asked, mayBeUndone, summed } from "./log";

const set = (...entries: [string, string][]): LoggedSet =>
  ({
    entries: entries.map(([object, action]) => ({ object, action, record_id: "r", before: null, after: null })),
  }) as never;

test("the address says the filters, and what is none is passed over", () => {
  expect(asked({ member: "x", object: "deal", action: "explode", from: "yesterday" }).toString()).toBe("object=deal");
});

test("until a day is until its end", () => {
  const query = asked({ from: "2026-03-01", until: "2026-03-01" });
  const hours = (Date.parse(query.get("until") ?? "") - Date.parse(query.get("from") ?? "")) / 3_600_000;
  expect(hours).toBe(24);
});

test("a change set is told in sums, what was only recomputed last", () => {
  expect(summed(set(["deal", "derive"], ["task", "create"], ["task", "create"]))).toEqual([
    { object: "task", action: "create", count: 2 },
    { object: "deal", action: "derive", count: 1 },
  ]);
});

test("definitions are not undone from the log", () => {
  expect(mayBeUndone(set(["model", "update"]))).toBe(false);
  expect(mayBeUndone(set(["deal", "update"]))).toBe(true);
});
