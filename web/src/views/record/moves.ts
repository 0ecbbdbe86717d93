// The change log as people read it.
import type { Field, ObjectDef } from "../../api/model";
import type { Entry } from "../../api/records";

export interface Moved {
  field: Field;
  before: unknown;
  after: unknown;
}

/** The fields that people know, with what they held; what the engine keeps for itself is left out. */
export function movesOf(object: ObjectDef, entry: Entry): Moved[] {
  const names = new Set([...Object.keys(entry.before ?? {}), ...Object.keys(entry.after ?? {})]);
  const moves: Moved[] = [];
  for (const name of names) {
    const field = object.fields.get(name);
    if (!field || (field.system && name !== "archived_at")) continue;
    const before = entry.before?.[name] ?? null;
    const after = entry.after?.[name] ?? null;
    if (JSON.stringify(before) !== JSON.stringify(after)) moves.push({ field, before, after });
  }
  return moves;
}

export type Period = "today" | "yesterday" | "week" | "month" | "older";

export function periodOf(at: string, now: number): Period {
  const today = new Date(now);
  today.setHours(0, 0, 0, 0);
  const days = (today.getTime() - new Date(at).getTime()) / 86_400_000;
  if (days <= 0) return "today";
  if (days <= 1) return "yesterday";
  return days <= 7 ? "week" : days <= 31 ? "month" : "older";
}
