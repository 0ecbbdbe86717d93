// What exists in the workspace, as whoever administers it sees and changes it: objects, fields, stages.
import { del, get, patch, post, put } from "./http";
import type { Kind } from "./model";

export interface OptionDef {
  value: string;
  label?: string;
  color?: string;
}

export interface Rollup {
  of: string;
  function: "count" | "sum" | "min" | "max" | "last";
  field?: string;
  where?: string;
  order?: string;
}

/** A field as it is defined; what is archived says only what its definition says. */
export interface FieldDef {
  name: string;
  kind: Kind | "formula";
  label?: string;
  help?: string;
  /** Made by the workspace. */
  own: boolean;
  archived: boolean;
  /** When its values go; it can be brought back until then. */
  leaving?: string;
  system?: boolean;
  required?: boolean;
  read_only?: boolean;
  personal?: boolean;
  unique?: string;
  default?: unknown;
  pattern?: string | null;
  min?: string | number | null;
  max?: string | number | null;
  scale?: number | null;
  unit?: string | null;
  options?: (OptionDef | string)[];
  to?: string;
  on_delete?: string;
  many?: boolean;
  formula?: string;
  result?: Kind;
  rollup?: Rollup;
  format?: string;
  indexed?: boolean;
  index?: "none" | "building" | "ready" | "failed" | "leaving";
}

export interface StageDef {
  name: string;
  label?: string;
  color?: string;
  probability?: number | string | null;
  to?: string[] | null;
  outcome?: "open" | "won" | "lost";
  assigned_to?: string | null;
  gates?: unknown[];
}

export interface PipelineDef {
  name: string;
  label: string;
  field: string;
  own?: boolean;
  stages: StageDef[];
}

export interface ObjectDefinition {
  name: string;
  plural: string;
  label?: string;
  label_plural?: string;
  description?: string;
  icon?: string;
  own: boolean;
  archived: boolean;
  leaving?: string;
  title?: string;
  search?: string[];
  scope?: "location" | "workspace";
  engine?: boolean;
  part_of?: string | null;
  fields: FieldDef[];
  pipelines?: PipelineDef[];
  rights?: Record<string, Record<string, string>>;
}

/** Keys as `[[fields]]` and objects of a blueprint; `null` takes one out again. */
export type Body = Record<string, unknown>;

export async function definitions(signal: AbortSignal): Promise<ObjectDefinition[]> {
  return (await get<{ objects: ObjectDefinition[] }>("/api/v1/admin/objects", { signal })).data.objects;
}

export async function definition(object: string, signal: AbortSignal): Promise<ObjectDefinition> {
  return (await get<ObjectDefinition>("/api/v1/admin/objects/{object}", { path: { object }, signal })).data;
}

export async function addObject(body: Body): Promise<ObjectDefinition> {
  return (await post<ObjectDefinition>("/api/v1/admin/objects", { body })).data;
}

export async function changeObject(object: string, body: Body): Promise<void> {
  await patch("/api/v1/admin/objects/{object}", { path: { object }, body });
}

export async function archiveObject(object: string, away: boolean): Promise<void> {
  const ask = { path: { object } };
  await (away ? put : del)("/api/v1/admin/objects/{object}/archival", ask);
}

/** When the values go; `null`: there were none, it is gone. */
export async function deleteObject(object: string): Promise<string | null> {
  const query = new URLSearchParams({ confirm: object });
  return left((await del<Left>("/api/v1/admin/objects/{object}", { path: { object }, query })).data);
}

export async function addField(object: string, body: Body): Promise<void> {
  await post("/api/v1/admin/objects/{object}/fields", { path: { object }, body });
}

export async function changeField(object: string, field: string, body: Body): Promise<void> {
  await patch("/api/v1/admin/objects/{object}/fields/{field}", { path: { object, field }, body });
}

export async function archiveField(object: string, field: string, away: boolean): Promise<void> {
  const ask = { path: { object, field } };
  await (away ? put : del)("/api/v1/admin/objects/{object}/fields/{field}/archival", ask);
}

export async function deleteField(object: string, field: string): Promise<string | null> {
  const query = new URLSearchParams({ confirm: field });
  const path = { object, field };
  return left((await del<Left>("/api/v1/admin/objects/{object}/fields/{field}", { path, query })).data);
}

export async function orderFields(object: string, fields: string[]): Promise<void> {
  await put("/api/v1/admin/objects/{object}/fields/order", { path: { object }, body: { fields } });
}

type Left = { leaving: string } | null;
const left = (said: Left): string | null => said?.leaving ?? null;
