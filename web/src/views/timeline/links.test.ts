import { expect, test } from "vitest";
import { critical, type Link, type Place, shifts } from "./links";

const link = (before: string, after: string, type: Link["type"] = "finish_to_start", lag = 0): Link => ({
  id: `${before}${after}`,
  before,
  after,
  type,
  lag,
});
const places = (of: Record<string, [number, number]>): Map<string, Place> =>
  new Map(Object.entries(of).map(([id, [start, end]]) => [id, { start, end }]));

test("what waits moves on with what it waits for, and what waits for that", () => {
  const links = [link("a", "b"), link("b", "c", "finish_to_start", 2), link("a", "d")];
  const found = shifts(links, places({ a: [0, 5], b: [3, 6], c: [8, 9], d: [20, 21] }), ["a"]);
  expect([...found]).toEqual([
    ["b", 2],
    ["c", 2],
  ]);
});

test.each([
  ["finish_to_start", 4],
  ["start_to_start", 1],
  ["finish_to_finish", 2],
  ["start_to_finish", 0],
] as const)("%s holds what it says", (type, by) => {
  const found = shifts([link("a", "b", type)], places({ a: [2, 5], b: [1, 3] }), ["a"]);
  expect(found.get("b") ?? 0).toBe(by);
});

test("only what decides the end of a chain is critical", () => {
  const links = [link("a", "b"), link("a", "c"), link("b", "d"), link("c", "d")];
  const found = critical(links, places({ a: [0, 2], b: [2, 8], c: [2, 4], d: [8, 9], e: [0, 99] }));
  expect([...found].sort()).toEqual(["a", "b", "d"]);
});

test("a circle ends", () => {
  const links = [link("a", "b"), link("b", "a")];
  const of = places({ a: [0, 3], b: [1, 2] });
  expect(shifts(links, of, ["a"]).size).toBeLessThan(3);
  expect(critical(links, of).size).toBeGreaterThan(0);
});
