import { expect, test } from "vitest";
import { parseDay, parseDuration, parseNumber } from "./parse";

test("a number is read with the separators of any language", () => {
  expect(parseNumber("1.234,5", ",")).toBe("1234.5");
  expect(parseNumber("1,234.5", ".")).toBe("1234.5");
  expect(parseNumber("1.234.567", ",")).toBe("1234567");
  expect(parseNumber("1 234,50", ",")).toBe("1234.50");
  expect(parseNumber("€ 12", ".")).toBe("12");
  expect(parseNumber("-0.5", ".")).toBe("-0.5");
});

test("one separator before three digits is read as the language writes it", () => {
  expect(parseNumber("1.250", ",")).toBe("1250");
  expect(parseNumber("1.250", ".")).toBe("1.250");
  expect(parseNumber("1,250", ".")).toBe("1250");
  expect(parseNumber("0,250", ".")).toBe("0.250");
});

test("every digit is kept, and what is no number is none", () => {
  expect(parseNumber("123456789012345678.12345", ".")).toBe("123456789012345678.12345");
  expect(parseNumber("many", ".")).toBeUndefined();
  expect(parseNumber("12-3", ".")).toBeUndefined();
  expect(parseNumber("", ".")).toBeNull();
});

test("a day is read as people type it", () => {
  const saturday = new Date(2026, 10, 21);
  expect(parseDay("24.12.2026", saturday)).toBe("2026-12-24");
  expect(parseDay("24/12/26", saturday)).toBe("2026-12-24");
  expect(parseDay("24.12.", saturday)).toBe("2026-12-24");
  expect(parseDay("next fri", saturday)).toBe("2026-11-27");
  expect(parseDay("sat", saturday)).toBe("2026-11-28");
  expect(parseDay("+10", saturday)).toBe("2026-12-01");
  expect(parseDay("morgen", saturday)).toBe("2026-11-22");
});

test("a day that the calendar does not have is none", () => {
  expect(parseDay("30.2.2026")).toBeUndefined();
  expect(parseDay("soon")).toBeUndefined();
  expect(parseDay("")).toBeNull();
});

test("a duration is a clock, hours or minutes", () => {
  expect(parseDuration("1:30")).toBe(5400);
  expect(parseDuration("1,5h")).toBe(5400);
  expect(parseDuration("90")).toBe(5400);
  expect(parseDuration("1:75")).toBeUndefined();
});
