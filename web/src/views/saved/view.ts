// A view is what an address would say about a list, under a name. The address then names the view (`_view`) and says
// only what differs from it: values of its own, and in `_without` what the view has and this list has not.
import type { ObjectDef, ViewDef } from "../../api/model";
import type { ViewDraft, ViewRecord } from "../../api/views";
import type { Search } from "../list/state";

export interface View {
  /** The name that a blueprint gives it, or the id of its record. */
  key: string;
  label: string;
  search: Search;
  record: ViewRecord | null;
  standard: boolean;
}

export const SHAPES = ["table", "board", "calendar", "timeline", "cards"] as const;
export type Shape = (typeof SHAPES)[number];

/** What is about this moment rather than about the view. */
const PASSING = new Set(["_view", "_without", "_peek", "_date", "_tab"]);

export const shapeOf = (search: Search): Shape => SHAPES.find((s) => s === search._as) ?? "table";

const shapeOfKind = (kind: string): Shape | null =>
  kind === "gantt" ? "timeline" : (SHAPES.find((s) => s === kind) ?? null);

/** Kinds that no screen draws are no view. */
export const drawn = (def: ViewDef): boolean => shapeOfKind(def.kind) !== null;

export function ofBlueprint(def: ViewDef): View {
  const search: Search = def.filter === null ? { view: def.name } : filters(def.filter);
  if (def.order) search.order = def.order;
  arrange(search, def.kind, def.columns, def.groupBy, def.start, def.end);
  return { key: def.name, label: def.label, search, record: null, standard: def.standard };
}

export function ofRecord(record: ViewRecord): View {
  const search = filters(record.filter ?? "");
  if (record.sorting) search.order = record.sorting;
  const columns = Array.isArray(record.shown_columns) ? record.shown_columns.map(String) : [];
  arrange(search, record.kind, columns, record.group_by, record.start_field, record.end_field);
  for (const [name, value] of Object.entries((record.settings ?? {}) as Record<string, unknown>))
    if (name.startsWith("_") && typeof value === "string") search[name] = value;
  return { key: record.id, label: record.name, search, record, standard: false };
}

function arrange(
  search: Search,
  kind: string,
  columns: string[],
  group: string | null,
  start: string | null,
  end: string | null,
): void {
  const shape = shapeOfKind(kind) ?? "table";
  if (shape !== "table") search._as = shape;
  if (columns.length > 0) search._cols = columns.join(",");
  if (group) search._group = group;
  if (start) search._start = start;
  if (end) search._end = end;
}

/** A query of the API as an address says it: what is asked twice of a field is one condition. */
function filters(query: string): Search {
  const search: Search = {};
  for (const [name, value] of new URLSearchParams(query))
    search[name] = search[name] === undefined ? value : `${search[name]};${value}`;
  return search;
}

/** What the list shows: the view, and over it what the address says. */
export function shownBy(view: View | null, search: Search): Search {
  if (!view) return search;
  const { _without, ...own } = search;
  const without = new Set((_without ?? "").split(",").filter(Boolean));
  const kept = Object.entries(view.search).filter(([name]) => !without.has(name));
  return { ...Object.fromEntries(kept), ...own };
}

/** The address of a list that shows this: the inverse. */
export function addressOf(view: View | null, shown: Search): Search {
  if (!view) return shown;
  const { _without, ...rest } = shown;
  const own = Object.entries(rest).filter(([name, value]) => value !== "" && view.search[name] !== value);
  const without = Object.keys(view.search).filter((name) => (rest[name] ?? "") === "");
  const address: Search = { ...Object.fromEntries(own), _view: view.key };
  if (without.length > 0) address._without = without.join(",");
  return address;
}

/** Whether the list shows something else than its view. */
export const differs = (address: Search): boolean =>
  "_without" in address || Object.keys(address).some((name) => !PASSING.has(name));

const SETTINGS = ["_foot", "_pins", "_zoom"];

/** The record that keeps what the list shows. */
export function draftOf(object: ObjectDef, shown: Search): ViewDraft {
  const filter = Object.entries(shown).filter(([name]) => !name.startsWith("_") && name !== "order");
  const shape = shapeOf(shown);
  const settings = Object.fromEntries(SETTINGS.flatMap((name) => (shown[name] ? [[name, shown[name]]] : [])));
  return {
    object: object.name,
    kind: shape === "cards" ? "table" : shape,
    filter: new URLSearchParams(filter).toString() || null,
    sorting: shown.order ?? null,
    shown_columns: shown._cols ? shown._cols.split(",") : null,
    group_by: shown._group ?? null,
    start_field: shown._start ?? null,
    end_field: shown._end ?? null,
    settings: shape === "cards" ? { ...settings, _as: "cards" } : settings,
  };
}

/** Which opens first: the one that the member chose, their own standard, their role's, everybody's, the blueprint's. */
export function standardOf(views: View[], chosen: string | undefined, me: string): View | null {
  const find = (fits: (record: ViewRecord) => boolean) => views.find((v) => v.record?.is_default && fits(v.record));
  return (
    views.find((v) => v.key === chosen) ??
    find((r) => r.owner_id === me && r.visibility === "private") ??
    find((r) => r.visibility === "role") ??
    find((r) => r.visibility === "shared") ??
    views.find((v) => v.standard) ??
    null
  );
}
