import { expect, test } from "vitest";
import { ICONS } from "./icons";

const files = import.meta.glob<string>("../../../blueprints/**/*.toml", {
  query: "?raw",
  import: "default",
  eager: true,
});

test("every icon that a blueprint names is there", () => {
  const named = Object.values(files).flatMap((text) => [...text.matchAll(/^icon = "(.*)"$/gm)].map((m) => m[1] ?? ""));
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((name) => !(name in ICONS))).toEqual([]);
});
