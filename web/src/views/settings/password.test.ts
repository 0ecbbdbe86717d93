import { expect, test } from "vitest";
import { kept, RULES } from "./password";

test("a password keeps each rule by itself", () => {
  expect([...kept("", "")]).toEqual([]);
  expect([...kept("Ab1-5678901", "")]).toEqual(["upper", "lower", "digit", "special"]);
  expect([...kept("ÄÖÜ ß", "ÄÖÜ ß")]).toEqual(["upper", "lower", "match"]);
});

test("one that keeps all of them is taken", () => {
  expect(kept("Harbour-2026-light", "Harbour-2026-light").size).toBe(RULES.length);
});
