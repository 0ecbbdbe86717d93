// Records of every object: questions, writes, and what happened to them.
import { address, del, get, patch, post, put, type Reply } from "./http";
import type { Field, Model, ObjectDef } from "./model/types";

export type Row = Record<string, unknown> & { id: string; version: number };
export type Patch = Record<string, unknown>;

const LIST = "/api/v1/{object}";
const ITEM = "/api/v1/{object}/{id}";

export function list(object: ObjectDef, query: URLSearchParams, ask: { count?: boolean; signal?: AbortSignal } = {}) {
  const headers: Record<string, string> = ask.count ? { Prefer: "count=estimated" } : {};
  const signal = ask.signal ? { signal: ask.signal } : {};
  return get<Row[]>(LIST, { path: { object: object.plural }, query, headers, ...signal });
}

/** Aggregates: rows without ids. */
export async function aggregate(object: ObjectDef, query: URLSearchParams): Promise<Record<string, unknown>[]> {
  return (await get<Record<string, unknown>[]>(LIST, { path: { object: object.plural }, query })).data;
}

export async function read(object: ObjectDef, id: string, select: string): Promise<Row> {
  const query = new URLSearchParams({ select });
  return (await get<Row>(ITEM, { path: { object: object.plural, id }, query })).data;
}

/** A record as it is after a write, and the change set that can be taken back; `null`: nothing changed. */
export interface Written {
  row: Row;
  changeSet: string | null;
}

const written = ({ data, changeSet }: Reply<Row>): Written => ({ row: data, changeSet });

export async function create(object: ObjectDef, draft: Patch, key: string, select: string): Promise<Written> {
  const ask = { path: { object: object.plural }, query: new URLSearchParams({ select }), body: draft };
  return written(await post<Row>(LIST, { ...ask, headers: { "Idempotency-Key": key } }));
}

/** `version`: what the writer last saw; a field that somebody else changed since is refused with both values. */
export async function change(object: ObjectDef, id: string, changes: Patch, version: number | null, select: string) {
  const headers: Record<string, string> = version === null ? {} : { "If-Match": `"${version}"` };
  const ask = { path: { object: object.plural, id }, query: new URLSearchParams({ select }), body: changes, headers };
  return written(await patch<Row>(ITEM, ask));
}

/** The change set of all of them. */
export async function changeMany(object: ObjectDef, ids: string[], changes: Patch): Promise<string | null> {
  const ask = { path: { object: object.plural }, query: only(ids), body: changes, headers: atMost(ids) };
  return (await patch(LIST, ask)).changeSet;
}

/** What is asked of every record of a filter: a rehearsal counts and tells every refusal, and nothing stays. */
export interface Sweep {
  query: URLSearchParams;
  /** `null`: a rehearsal. Else how many it told of: more than that are refused. */
  most: number | null;
}

export interface Swept {
  count: number;
  changeSet: string | null;
}

/** Without a filter every record is meant, which must be said. */
function swept(object: ObjectDef, { query, most }: Sweep) {
  const asked = new URLSearchParams(query);
  if (asked.size === 0) asked.set("id", "not.is.null");
  const how = most === null ? "tx=rollback" : `max-affected=${most}`;
  return { path: { object: object.plural }, query: asked, headers: { Prefer: `return=minimal, count=exact, ${how}` } };
}

export async function changeAll(object: ObjectDef, sweep: Sweep, changes: Patch): Promise<Swept> {
  const { total, changeSet } = await patch(LIST, { ...swept(object, sweep), body: changes });
  return { count: total ?? 0, changeSet };
}

export async function removeAll(object: ObjectDef, sweep: Sweep): Promise<Swept> {
  const { total, changeSet } = await del(LIST, swept(object, sweep));
  return { count: total ?? 0, changeSet };
}

/** Each with values of its own, all of them or none: their change set. */
export async function changeEach(object: ObjectDef, changes: ({ id: string } & Patch)[]): Promise<string | null> {
  const headers = { Prefer: "return=minimal, resolution=merge-duplicates" };
  return (await post(LIST, { path: { object: object.plural }, body: changes, headers })).changeSet;
}

/** All that a filter finds. */
export async function changeMatching(object: ObjectDef, filter: URLSearchParams, changes: Patch): Promise<void> {
  const headers = { Prefer: "return=minimal" };
  await patch(LIST, { path: { object: object.plural }, query: filter, body: changes, headers });
}

/** Archived ones too: what names their day of archiving finds both kinds. */
export async function removeMany(object: ObjectDef, ids: string[]): Promise<string | null> {
  const query = only(ids);
  if (object.archivable) query.set("or", "(archived_at.is.null,archived_at.not.is.null)");
  return (await del(LIST, { path: { object: object.plural }, query, headers: atMost(ids) })).changeSet;
}

export async function archive(object: ObjectDef, id: string): Promise<void> {
  await put("/api/v1/{object}/{id}/archival", { path: { object: object.plural, id } });
}

export async function restore(object: ObjectDef, id: string): Promise<void> {
  await del("/api/v1/{object}/{id}/archival", { path: { object: object.plural, id } });
}

export async function remove(object: ObjectDef, id: string): Promise<void> {
  await del(ITEM, { path: { object: object.plural, id } });
}

export const exportUrl = (object: ObjectDef, format: "csv" | "xlsx" | "jsonl", query: URLSearchParams): string => {
  const asked = new URLSearchParams(query);
  asked.set("format", format);
  asked.set("header", "labels");
  return address("/api/v1/{object}/export", { path: { object: object.plural }, query: asked });
};

const only = (ids: string[]) => new URLSearchParams({ id: `in.(${ids.join(",")})` });
const atMost = (ids: string[]) => ({ Prefer: `return=minimal, max-affected=${ids.length}` });

export interface ChangeSet {
  id: string;
  at: string;
  actor_name: string;
  actor_kind: string;
  source: string;
  note: string | null;
  undo_of: string | null;
  entries: Entry[];
}

export interface Entry {
  object: string;
  record_id: string;
  action: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

export interface History {
  changes: ChangeSet[];
  cursor: string | null;
}

export async function history(object: ObjectDef, id: string, cursor?: string): Promise<History> {
  const query = new URLSearchParams({ limit: "25" });
  if (cursor) query.set("cursor", cursor);
  const path = { object: object.plural, id };
  return (await get<History>("/api/v1/{object}/{id}/history", { path, query })).data;
}

export async function undo(changeSet: string): Promise<{ conflicts: unknown[] }> {
  return (await post<{ conflicts: unknown[] }>("/api/v1/changes/{id}/undo", { path: { id: changeSet } })).data;
}

export interface Found {
  object: string;
  plural: string;
  label: string;
  id: string;
  title: string;
  subtitle: string | null;
}

export async function search(words: string, signal?: AbortSignal): Promise<Found[]> {
  const query = new URLSearchParams({ q: words, limit: "12" });
  const reply: Reply<{ results: Found[] }> = await get("/api/v1/search", { query, ...(signal ? { signal } : {}) });
  return reply.data.results;
}

/** What `select` asks for so that the fields can be drawn: what is referred to comes along with its title. */
export function selectOf(model: Model, object: ObjectDef, fields: Field[]): string {
  const names = new Set(["id", "version", object.title]);
  const selectors = object.pipelines.map((p) => p.selector);
  for (const field of [object.stage, ...selectors, "currency", "archived_at"])
    if (field && object.fields.has(field)) names.add(field);
  const embeds = new Set<string>();
  for (const field of fields) {
    if (field.of) embeds.add(partsOf(model, field));
    else names.add(field.name);
    if (field.embed) embeds.add(embedded(model, field));
  }
  return [...names, ...embeds].filter(Boolean).join(",");
}

/** The key under which a reference's record stands in a row. */
export const embedKey = (field: Field): string =>
  field.embed === field.name ? `${field.name}_record` : (field.embed ?? "");

/** Nothing for what the member may not see. */
function embedded(model: Model, field: Field): string {
  const to = model.objects.get(field.to ?? "");
  if (!to) return "";
  const called = field.embed === field.name ? `${embedKey(field)}:` : "";
  return `${called}${field.embed}(${[...new Set(["id", to.title])].join(",")})`;
}

function partsOf(model: Model, field: Field): string {
  const part = model.objects.get(field.of ?? "");
  if (!part) return "";
  const shown = [...part.fields.values()].filter((f) => !f.of && (!f.system || f.name === "id"));
  const inner = shown.flatMap((f) => (f.embed ? [f.name, embedded(model, f)] : [f.name]));
  return `${field.name}(${inner.filter(Boolean).join(",")})`;
}
