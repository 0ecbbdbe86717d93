import { expect, test } from "vitest";
import { nameOf, typing } from "./keys";

const press = (key: string, more = {}) => nameOf({ key, ctrlKey: false, metaKey: false, altKey: false, ...more });

test("a key has one name on every system", () => {
  expect(press("k", { ctrlKey: true })).toBe("Mod+k");
  expect(press("K", { metaKey: true })).toBe("Mod+k");
  expect(press("F")).toBe("Shift+f");
  expect(press("?")).toBe("?");
  expect(press("Shift")).toBe("");
  expect(press("k", { altKey: true })).toBe("");
});

test("letters are left to whoever types", () => {
  expect(typing(document.createElement("textarea"))).toBe(true);
  expect(typing(Object.assign(document.createElement("input"), { type: "checkbox" }))).toBe(false);
  expect(typing(document.body)).toBe(false);
});
