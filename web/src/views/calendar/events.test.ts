import { expect, test } from "vitest";
import type { Field } from "../../api/model";
import type { Row } from "../../api/records";
import { eventOf, patchOf } from "./events";

const field = (name: string, kind: "date" | "date_time") => ({ name, kind }) as Field;
const days = { start: field("from", "date"), end: field("to", "date") };
const times = { start: field("from", "date_time"), end: field("to", "date_time") };
const row = (more: object): Row => ({ id: "1", version: 1, ...more });

test("the last day of a record is in the calendar, and a drag by days changes no time zone", () => {
  const task = row({ from: "2026-03-28", to: "2026-03-30" });
  expect(eventOf(task, days, "x")).toMatchObject({ start: "2026-03-28", end: "2026-03-31", allDay: true });
  expect(patchOf(task, days, { start: "2026-03-29", end: "2026-04-01" }, false)).toEqual({
    from: "2026-03-29",
    to: "2026-03-31",
  });
});

test("what has no end keeps none, unless it is dragged out", () => {
  const due = row({ from: "2026-03-28", to: null });
  expect(patchOf(due, days, { start: "2026-03-30", end: null }, false)).toEqual({ from: "2026-03-30" });
  expect(patchOf(due, days, { start: "2026-03-28", end: "2026-03-31" }, true)).toEqual({ to: "2026-03-30" });
  expect(eventOf(row({ from: null, to: "2026-03-28" }), days, "x")).toMatchObject({ start: "2026-03-28" });
  expect(
    patchOf(row({ from: null, to: "2026-03-28" }), days, { start: "2026-03-29", end: "2026-03-30" }, false),
  ).toEqual({ to: "2026-03-29" });
});

test("a moment is written in UTC", () => {
  const call = row({ from: "2026-03-28T09:00:00Z", to: "2026-03-28T10:00:00Z" });
  expect(patchOf(call, times, { start: "2026-03-29T11:00:00+02:00", end: "2026-03-29T12:30:00+02:00" }, false)).toEqual(
    {
      from: "2026-03-29T09:00:00.000Z",
      to: "2026-03-29T10:30:00.000Z",
    },
  );
});
