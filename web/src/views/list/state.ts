// What a list shows, as its address says it. The filters are those of the API (`stage=in.(open,won)`); what is only
// about the screen begins with an underscore. The address alone restores the list.
import type { Field, ObjectDef } from "../../api/model";
import { conditions } from "../../fields/operators";

export type Search = Record<string, string>;

export interface Filter {
  field: string;
  condition: string;
}

export interface Sort {
  field: string;
  down: boolean;
}

export interface ListState {
  words: string;
  filters: Filter[];
  sort: Sort[];
  /** Names of the columns that are shown; `null`: as they come. */
  columns: string[] | null;
  /** A view of the blueprint whose filter and order the server knows. */
  view: string | null;
}

const OWN = new Set(["q", "order", "view"]);

export function readState(search: Search): ListState {
  const filters = Object.entries(search)
    .filter(([key]) => !OWN.has(key) && !key.startsWith("_"))
    .map(([field, condition]) => ({ field, condition }));
  return {
    words: search.q ?? "",
    filters,
    sort: (search.order ?? "").split(",").filter(Boolean).map(readSort),
    columns: search._cols ? search._cols.split(",") : null,
    view: search.view ?? null,
  };
}

const readSort = (said: string): Sort => ({ field: said.split(".")[0] ?? said, down: /\.desc\b/.test(said) });

export function writeState(state: ListState, rest: Search): Search {
  const search: Search = Object.fromEntries(Object.entries(rest).filter(([key]) => key.startsWith("_")));
  if (state.view) search.view = state.view;
  if (state.words) search.q = state.words;
  for (const { field, condition } of state.filters) search[field] = condition;
  if (state.sort.length > 0) search.order = state.sort.map((s) => `${s.field}.${s.down ? "desc" : "asc"}`).join(",");
  delete search._cols;
  if (state.columns) search._cols = state.columns.join(",");
  return search;
}

/** Which rows, as the API is asked. A field that the object does not have asks nothing: its chip is shown as broken. */
export function asked(object: ObjectDef, state: ListState): URLSearchParams {
  const query = new URLSearchParams();
  if (state.view) query.set("view", state.view);
  if (state.words.trim()) query.set("q", state.words.trim());
  for (const { field, condition } of state.filters) {
    if (!object.fields.has(field)) continue;
    for (const each of conditions(condition)) query.append(field, each);
  }
  return query;
}

/** The same rows to be counted as `n` and summed. A view's own order would be that of rows, so sums have theirs. */
export function askedSums(object: ObjectDef, state: ListState): URLSearchParams {
  const query = asked(object, state);
  if (state.view) query.set("order", "n.desc");
  return query;
}

/** Empty values stand at the end in both directions. */
export function ordered(object: ObjectDef, sort: Sort[]): string {
  const known = sort.filter((s) => sortable(object.fields.get(s.field)));
  return known.map((s) => `${s.field}.${s.down ? "desc" : "asc"}.nullslast`).join(",");
}

export const sortable = (field: Field | undefined): boolean =>
  field !== undefined &&
  !["parts", "json", "address", "geo_point", "tags", "multi_select"].includes(field.kind) &&
  !field.many;

/** A click: ascending, descending, none; with Shift beside the others. */
export function nextSort(sort: Sort[], field: string, add: boolean): Sort[] {
  const now = sort.find((s) => s.field === field);
  const others = add ? sort.filter((s) => s.field !== field) : [];
  if (!now) return [...others, { field, down: false }];
  return now.down ? others : add ? sort.map((s) => (s === now ? { field, down: true } : s)) : [{ field, down: true }];
}

const LAST = new Set(["description", "external_id", "tags"]);
const QUIET = new Set(["long_text", "rich_text", "json", "address", "geo_point", "parts", "id", "counter"]);

/** The columns of a list that nobody has arranged: its title, its stage, then the first that say something in a line. */
export function usualColumns(object: ObjectDef): string[] {
  const fields = [...object.fields.values()].filter(
    (f) => !f.system && !QUIET.has(f.kind) && !LAST.has(f.name) && f.name !== "currency",
  );
  const first = [object.title, object.stage].filter((n): n is string => n !== null);
  const weight = (f: Field) =>
    f.kind === "reference"
      ? 0
      : f.kind === "money"
        ? 1
        : f.kind === "user"
          ? 2
          : f.kind === "date"
            ? 3
            : f.kind === "select"
              ? 4
              : 5;
  const rest = fields.filter((f) => !first.includes(f.name)).map((f, at) => ({ f, at }));
  const best = rest
    .sort((a, b) => weight(a.f) - weight(b.f) || a.at - b.at)
    .slice(0, 8)
    .sort((a, b) => a.at - b.at);
  return [...first, ...best.map(({ f }) => f.name)];
}
