// The log of the workspace: its filters in the address, and what a change set says at a glance.
import { LOG_ACTIONS, type LoggedSet } from "../../api/log";
import type { Search } from "../list/state";

export const FILTERS = ["member", "object", "action", "from", "until"] as const;

/** What the address asks for, as the API reads it; days are the reader's own. */
export function asked(search: Search): URLSearchParams {
  const query = new URLSearchParams();
  if (/^[0-9a-f-]{36}$/.test(search.member ?? "")) query.set("member_id", search.member ?? "");
  if (search.object) query.set("object", search.object);
  if (LOG_ACTIONS.some((each) => each === search.action)) query.set("action", search.action ?? "");
  const from = moment(search.from, 0);
  const until = moment(search.until, 1);
  if (from) query.set("from", from);
  if (until) query.set("until", until);
  return query;
}

/** The beginning of a day, some days on. */
function moment(day: string | undefined, on: number): string | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day ?? "");
  if (!parts) return null;
  const at = new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + on);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

export interface Summed {
  object: string;
  action: string;
  count: number;
}

/** How many of what were done what; what follows from it by computation comes last. */
export function summed(set: LoggedSet): Summed[] {
  const groups = Map.groupBy(set.entries, (entry) => `${entry.action} ${entry.object}`);
  const all = [...groups.values()].flatMap((entries) =>
    entries[0] ? [{ object: entries[0].object, action: entries[0].action, count: entries.length }] : [],
  );
  return all.toSorted((a, b) => Number(a.action === "derive") - Number(b.action === "derive"));
}

/** Definitions are changed back where they are made. */
export const mayBeUndone = (set: LoggedSet): boolean => set.entries.some((entry) => entry.object !== "model");
