// Records that lie in a stretch of time: for the calendar and the timeline. A day has no time zone and never moves with one.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Field, Hue, ObjectDef } from "../../api/model";
import { list, type Row, selectOf } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import type { Span } from "./shapes";
import { asked, type ListState, ordered, usualColumns } from "./state";

/** More than a screen can show; beyond it the screen says so. */
export const MOST = 1000;

const DAY = 86_400_000;

export const today = (timezone: string): string =>
  new Intl.DateTimeFormat("sv-SE", { timeZone: timezone }).format(new Date());

export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day.slice(0, 10)}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);

export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(`${to.slice(0, 10)}T00:00:00Z`) - Date.parse(`${from.slice(0, 10)}T00:00:00Z`)) / DAY);

/** The value of a field, so many days later: a moment keeps its time of day, as far as UTC goes. */
export const moved = (field: Field, value: string, days: number): string =>
  field.kind === "date" ? addDays(value, days) : new Date(Date.parse(value) + days * DAY).toISOString();

/** Begins before `to` and ends at `from` or later; what has no end lies where it begins. */
export function within({ start, end }: Span, from: string, to: string): [string, string][] {
  if (!end)
    return [
      [start.name, `gte.${from}`],
      [start.name, `lt.${to}`],
    ];
  const s = start.name;
  const e = end.name;
  const both = `and(${s}.lt.${to},${e}.gte.${from})`;
  return [
    [
      "or",
      `(${both},and(${e}.is.null,${s}.gte.${from},${s}.lt.${to}),and(${s}.is.null,${e}.gte.${from},${e}.lt.${to}))`,
    ],
  ];
}

export function useSpanRows(
  object: ObjectDef,
  state: ListState,
  span: Span,
  conditions: [string, string][],
  more: { fields?: Field[]; select?: string } = {},
) {
  const { model } = useSurroundings();
  const named = state.columns ?? usualColumns(object);
  const fields = [...named.map((n) => object.fields.get(n)), span.start, span.end, ...(more.fields ?? [])].filter(
    (f): f is Field => !!f,
  );
  const query = asked(object, state);
  for (const [name, condition] of conditions) query.append(name, condition);
  query.set("select", selectOf(model, object, [...new Set(fields)]) + (more.select ? `,${more.select}` : ""));
  query.set("order", ordered(object, state.sort) || `${span.start.name}.asc.nullslast`);
  query.set("limit", String(MOST));
  const found = useQuery({
    queryKey: ["rows", object.name, "spans", query.toString()],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => ({ pages: [await list(object, query, { signal })], pageParams: [null] }),
  });
  return { found, rows: found.data?.pages[0]?.data ?? [] };
}

/** The field that colours a record: its stage, else its first choice among options. */
export const colourField = (object: ObjectDef): Field | undefined =>
  object.fields.get(object.stage ?? "") ?? [...object.fields.values()].find((f) => f.kind === "select" && !f.system);

export const hueOfRow = (field: Field | undefined, row: Row): Hue =>
  field?.options.find((o) => o.value === row[field.name])?.color ?? "blue";
