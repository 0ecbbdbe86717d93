import { expect, test } from "vitest";
import { formatAgo, formatDay, formatDuration, formatMoney } from "./format";
import { initials } from "./parts";

test("a day is not shifted by any time zone", () => {
  expect(formatDay("2026-01-01")).toMatch(/01.*2026/);
  expect(formatDay("not a day")).toBe("not a day");
});

test("money has its currency, and no digit is lost", () => {
  expect(formatMoney("12500.00", "EUR")).toMatch(/€.?12.500\.00|12.500\.00.?€/);
  expect(formatMoney("9007199254740993.25", "EUR")).toContain("740,993.25");
});

test("what was lately is told by how long ago, the rest by its day", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  expect(formatAgo("2026-11-21T10:00:00Z", now)).toMatch(/2/);
  expect(formatAgo("2026-09-01T10:00:00Z", now)).toMatch(/2026/);
});

test("a duration is hours and minutes", () => {
  expect(formatDuration(5400)).toBe("1:30");
  expect(formatDuration(-60)).toBe("−0:01");
});

test("initials are those of the first and the last name", () => {
  expect(initials("Ada Marie Brandt")).toBe("AB");
  expect(initials("kontor")).toBe("K");
});
