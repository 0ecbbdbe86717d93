// Which shapes an object's records can be drawn in, and from which fields.
import type { Field, ObjectDef } from "../../api/model";
import type { Shape } from "../saved/view";
import type { Search } from "./state";

export const isDay = (field: Field | undefined): field is Field =>
  field?.kind === "date" || field?.kind === "date_time";

const BEGINS = /start|begin|from|_in$|opened|taken/;
const ENDS = /end|due|until|finish|_to$|expires|closed/;

export interface Span {
  start: Field;
  end: Field | null;
}

/** The days that the list names, else those of the first view that names some, else by their names the likeliest of the model. */
export function spanOf(object: ObjectDef, search: Search, both: boolean): Span | null {
  const named = (start: string | null | undefined, end: string | null | undefined): Span | null => {
    const from = object.fields.get(start ?? "");
    const to = object.fields.get(end ?? "");
    if (!isDay(from)) return null;
    return isDay(to) && to.kind === from.kind ? { start: from, end: to } : both ? null : { start: from, end: null };
  };
  const said = named(search._start, search._end);
  if (said) return said;
  for (const view of object.views) {
    const found = named(view.start, view.end);
    if (found && (!both || found.end)) return found;
  }
  const days = [...object.fields.values()].filter((f) => isDay(f) && !f.system && !f.readOnly);
  const start = days.find((f) => BEGINS.test(f.name)) ?? null;
  const end = days.find((f) => ENDS.test(f.name) && f !== start && f.kind === start?.kind) ?? null;
  if (start && end) return { start, end };
  const first = start ?? days[0];
  return both || !first ? null : { start: first, end: null };
}

export function shapesOf(object: ObjectDef, search: Search): Shape[] {
  const shapes: Shape[] = ["table"];
  if (object.stage) shapes.push("board");
  if (spanOf(object, search, false)) shapes.push("calendar");
  if (spanOf(object, search, true)) shapes.push("timeline");
  return [...shapes, "cards"];
}
