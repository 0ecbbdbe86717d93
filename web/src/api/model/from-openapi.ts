// The model, read from the OpenAPI document of the workspace and from what the member may do.
// What the document does not say is guessed here and nowhere else; docs/web.md lists the guesses ("What the API still owes").
import type { ObjectRights, Rights } from "../session";
import { type Field, HUES, type Hue, type Kind, type Model, type ObjectDef, type Option } from "./types";

export interface Document {
  paths: Record<string, Record<string, { tags?: string[]; "x-right"?: string; responses?: unknown }>>;
  components: { schemas: Record<string, Schema> };
}

interface Schema {
  title?: string;
  description?: string;
  type?: string | string[];
  format?: string;
  enum?: (string | null)[];
  items?: { $ref?: string };
  properties?: Record<string, Schema>;
  required?: string[];
  readOnly?: boolean;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  pattern?: string;
  "x-kind"?: string;
  "x-unit"?: string;
  "x-refers-to"?: string;
}

const SYSTEM = new Set([
  "id",
  "location_id",
  "created_at",
  "created_by",
  "updated_at",
  "updated_by",
  "archived_at",
  "version",
  "position",
]);

export function modelOf(document: Document, rights: Rights): Model {
  const { schemas } = document.components;
  const parts = partsOf(schemas);
  const objects = new Map<string, ObjectDef>();
  for (const [name, may] of Object.entries(rights.objects)) {
    const schema = schemas[name];
    if (schema) objects.set(name, objectOf(name, schema, document, may, parts));
  }
  for (const object of objects.values()) relate(object, objects);
  return { objects, byPlural: new Map([...objects.values()].map((o) => [o.plural, o])) };
}

function objectOf(name: string, schema: Schema, document: Document, may: ObjectRights, parts: Set<string>): ObjectDef {
  const base = `/api/v1/${may.plural}`;
  const item = document.paths[`${base}/{id}`] ?? {};
  const draft = document.components.schemas[`${name}.new`];
  const hidden = new Set(may.hidden);
  const locked = new Set(may.read_only);
  const fields = new Map<string, Field>();
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (!hidden.has(key)) fields.set(key, fieldOf(key, property, draft, locked));
  }
  const staged = `${base}/{id}/stage-history` in document.paths;
  const label = schema.title ?? words(name);
  const labelPlural = document.paths[base]?.get?.tags?.[0] ?? words(may.plural);
  return {
    name,
    label,
    labelPlural,
    fields,
    plural: may.plural,
    description: schema.description ?? "",
    icon: "",
    title: titleOf(fields),
    stage: staged ? stageOf(fields) : null,
    part: parts.has(name),
    archivable: `${base}/{id}/archival` in document.paths,
    writable: "patch" in item,
    searchable: true,
    relations: [],
    rights: may,
  };
}

function fieldOf(name: string, schema: Schema, draft: Schema | undefined, locked: Set<string>): Field {
  const kind = kindOf(schema);
  const refers = kind === "reference" || kind === "user" || kind === "file";
  return {
    name,
    kind,
    label: schema.title ?? words(name),
    help: schema.description ?? "",
    unit: schema["x-unit"] ?? null,
    system: SYSTEM.has(name),
    required: draft?.required?.includes(name) ?? false,
    readOnly: schema.readOnly === true || locked.has(name),
    many: kind === "user" && types(schema).includes("array"),
    options: (schema.enum ?? []).filter((v) => v !== null).map(optionOf),
    to: schema["x-refers-to"] ?? (kind === "user" ? "member" : kind === "file" ? "file" : null),
    embed: refers ? embedOf(name) : null,
    of: kind === "parts" ? (schema.items?.$ref?.split("/").at(-1) ?? null) : null,
    min: schema.minimum ?? null,
    max: schema.maximum ?? null,
    maxLength: schema.maxLength ?? null,
    pattern: schema.pattern ?? null,
  };
}

/** `client_id` is embedded as `client`, `assignee_ids` as `assignees`, `created_by` as it is. */
function embedOf(name: string): string {
  if (name.endsWith("_ids")) return `${name.slice(0, -4)}s`;
  return name.endsWith("_id") ? name.slice(0, -3) : name;
}

function kindOf(schema: Schema): Kind {
  const kind = schema["x-kind"] ?? "text";
  if (kind !== "formula") return kind as Kind;
  if (schema.enum) return "select";
  if (schema.format === "decimal") return "decimal";
  if (schema.format === "date") return "date";
  if (schema.format === "date-time") return "date_time";
  const type = types(schema)[0];
  return type === "integer" || type === "boolean" ? type : "text";
}

const types = (schema: Schema): string[] => [schema.type ?? "string"].flat();

const optionOf = (value: string | null): Option => ({
  value: value ?? "",
  label: words(value ?? ""),
  color: hueOf(value ?? ""),
});

/** The same word has the same colour everywhere; words that people read as good or bad get green or red. */
export function hueOf(word: string): Hue {
  const told = TOLD.find(([pattern]) => pattern.test(word));
  if (told) return told[1];
  let sum = 0;
  for (const letter of word) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return HUES[1 + (sum % (HUES.length - 1))] ?? "gray";
}

const TOLD: [RegExp, Hue][] = [
  [/^(lost|rejected|declined|failed|overdue|urgent|blocked|cancel|void|refused|bounced)/, "red"],
  [/^(won|done|paid|accepted|completed|active|approved|succeeded|delivered|converted|sold|customer)/, "green"],
  [/^(draft|none|inactive|closed|archived|omitted|other|low|superseded|expired|todo)/, "gray"],
];

const NAMING = ["name", "title", "number", "subject", "description", "summary", "identifier", "email", "last_name"];

function titleOf(fields: Map<string, Field>): string {
  const named = NAMING.find((name) => fields.has(name));
  const text = () => [...fields.values()].find((f) => f.kind === "text" || f.kind === "auto_number")?.name;
  return named ?? text() ?? "id";
}

function stageOf(fields: Map<string, Field>): string | null {
  const selects = [...fields.values()].filter((f) => f.kind === "select");
  const named = ["stage", "status"].find((name) => selects.some((f) => f.name === name));
  return named ?? selects.find((f) => f.name.endsWith("_status"))?.name ?? null;
}

function partsOf(schemas: Record<string, Schema>): Set<string> {
  const lists = Object.values(schemas).flatMap((schema) => Object.values(schema.properties ?? {}));
  const named = lists.filter((p) => p["x-kind"] === "parts").map((p) => p.items?.$ref?.split("/").at(-1));
  return new Set(named.filter((name) => name !== undefined));
}

/** Notes on every object that `object` refers to that it does. Users and locations are referred to by everything. */
function relate(object: ObjectDef, objects: Map<string, ObjectDef>): void {
  if (object.part) return;
  for (const field of object.fields.values()) {
    if (field.kind !== "reference" || field.system || field.to === "location") continue;
    objects.get(field.to ?? "")?.relations.push({ object: object.name, field: field.name });
  }
}

/** `details_sent` to "Details sent", as the engine makes labels that nobody gave. */
export function words(name: string): string {
  const spaced = name
    .replace(/_ids?$/, "")
    .replaceAll("_", " ")
    .trim();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
