// Records as events of the calendar, and what was dragged as values of the record.
import type { Row } from "../../api/records";
import type { Span } from "../list/shapes";
import { addDays } from "../list/spans";

export interface Event {
  id: string;
  title: string;
  start: string;
  end?: string;
  allDay: boolean;
}

/** In a calendar an end is the first day that is no longer part of it; in a record it is the last that is. */
export function eventOf(row: Row, { start, end }: Span, title: string): Event | null {
  const from = text(row[start.name]) ?? (end ? text(row[end.name]) : null);
  if (!from) return null;
  const to = end ? text(row[end.name]) : null;
  const allDay = start.kind === "date";
  const event = { id: row.id, title, start: from, allDay };
  return to && to >= from ? { ...event, end: allDay ? addDays(to, 1) : to } : event;
}

/** What is written after a drag: only fields that the record has or that were dragged out. */
export function patchOf(
  row: Row,
  { start, end }: Span,
  now: { start: string; end: string | null },
  resized: boolean,
): Record<string, string> {
  const day = start.kind === "date";
  const patch: Record<string, string> = {};
  const had = (name: string) => text(row[name]) !== null;
  if (had(start.name) || !end) patch[start.name] = day ? now.start.slice(0, 10) : new Date(now.start).toISOString();
  if (!end || (!had(end.name) && !resized)) return changed(row, patch);
  const last = now.end ?? (day ? addDays(now.start, 1) : now.start);
  patch[end.name] = day ? addDays(last, -1) : new Date(last).toISOString();
  return changed(row, patch);
}

const changed = (row: Row, patch: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(patch).filter(([name, value]) => row[name] !== value));

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
