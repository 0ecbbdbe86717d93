// Where records lie in time, and under which heads they stand.
import type { Row } from "../../api/records";
import type { Span } from "../list/shapes";
import { addDays, moved } from "../list/spans";
import type { Place } from "./links";

export interface Line {
  row: Row | null;
  group: string;
}

/** Under their groups in the order of their first records; `null`: without groups. */
export function linesOf(rows: Row[], groupOf: ((row: Row) => string) | null): Line[] {
  if (!groupOf) return rows.map((row) => ({ row, group: "" }));
  return [...Map.groupBy(rows, groupOf)].flatMap(([group, all]) => [
    { row: null, group },
    ...all.map((row) => ({ row, group })),
  ]);
}

export interface Stretch {
  from: string;
  /** The first moment that is free. */
  to: string;
  /** The last day that is part of it. */
  last: string;
  /** It has only one of its two days. */
  single: boolean;
}

/** Where a record lies, moved by so many days; a day belongs to it wholly. */
export function placeOf(row: Row, { start, end }: Span, by: { start: number; end: number } | null): Stretch | null {
  const of = (field: Span["start"] | null, days: number) => {
    const value = field ? row[field.name] : null;
    return field && typeof value === "string" && value !== "" ? moved(field, value, days) : null;
  };
  const first = of(start, by?.start ?? 0);
  const last = of(end, by?.end ?? 0);
  const from = first ?? last;
  if (!from) return null;
  const until = last ?? from;
  const to = start.kind === "date" ? addDays(until, 1) : until;
  return { from, to, last: until.slice(0, 10), single: first === null || last === null };
}

export function placesOf(rows: Row[], span: Span): Map<string, Place> {
  const day = (moment: string) => Date.parse(moment.length === 10 ? `${moment}T00:00:00Z` : moment) / 86_400_000;
  return new Map(
    rows.flatMap((row): [string, Place][] => {
      const place = placeOf(row, span, null);
      return place ? [[row.id, { start: day(place.from), end: day(place.to) }]] : [];
    }),
  );
}
