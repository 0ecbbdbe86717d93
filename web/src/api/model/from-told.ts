// The model of a workspace from what `GET /api/v1/model` says: lists become maps, what is not said has its meaning.
import {
  type Field,
  HUES,
  type Hue,
  type Kind,
  type Model,
  type ObjectDef,
  type Option,
  type Pipeline,
  type Rights,
  type Stage,
  type ViewDef,
} from "./types";

export interface Told {
  timezone?: string;
  objects: ToldObject[];
}

export interface ToldObject {
  name: string;
  plural: string;
  label: string;
  label_plural: string;
  description?: string;
  icon?: string;
  /** Not there: the member may not see it. */
  title?: string;
  search: string[];
  engine?: true;
  archivable?: true;
  part_of?: string;
  link?: [string, string];
  may: Rights;
  fields: ToldField[];
  relations: { name: string; object: string; field: string; link?: string; one?: true }[];
  pipelines: ToldPipeline[];
  views?: ToldView[];
}

export interface ToldView {
  name: string;
  label: string;
  kind?: string;
  columns?: string[];
  filter?: string;
  order?: string;
  group_by?: string;
  start?: string;
  end?: string;
  default?: true;
}

export interface ToldField {
  name: string;
  kind: Kind | "formula";
  /** What a formula comes to. */
  result?: Kind;
  label: string;
  help?: string;
  unit?: string;
  system?: true;
  required?: true;
  secret?: true;
  writable: ("create" | "update")[];
  default?: unknown;
  pattern?: string;
  min?: string;
  max?: string;
  options?: ToldChoice[];
  to?: string;
  embed?: string;
  of?: string;
  many?: true;
}

interface ToldChoice {
  value: string;
  label: string;
  color: string;
}

interface ToldPipeline {
  name: string;
  field: string;
  selector: string | null;
  may_move: boolean;
  stages: { name: string; label: string; color?: string; to?: string[] }[];
}

export function modelOf(told: Told): Model {
  const objects = new Map(told.objects.map((object) => [object.name, objectOf(object)]));
  for (const object of objects.values()) object.relations = object.relations.filter((r) => isShown(r, objects));
  return {
    timezone: told.timezone ?? "UTC",
    objects,
    byPlural: new Map([...objects.values()].map((o) => [o.plural, o])),
  };
}

function objectOf(told: ToldObject): ObjectDef {
  const pipelines = told.pipelines.map(pipelineOf);
  // A secret is shown by no screen, so none has it.
  const fields = told.fields.filter((f) => !f.secret).map((f) => fieldOf(f, pipelines));
  return {
    name: told.name,
    plural: told.plural,
    label: told.label,
    labelPlural: told.label_plural,
    description: told.description ?? "",
    icon: told.icon ?? "",
    title: told.title ?? "id",
    stage: pipelines[0]?.field ?? null,
    pipelines,
    fields: new Map(fields.map((f) => [f.name, f])),
    part: told.part_of !== undefined,
    link: told.link !== undefined,
    archivable: told.archivable ?? false,
    writable: !told.engine && told.part_of === undefined,
    relations: told.relations.filter((r) => r.link === undefined).map((r) => ({ ...r, one: r.one ?? false })),
    views: (told.views ?? []).map(viewOf),
    rights: told.may,
  };
}

const viewOf = (told: ToldView): ViewDef => ({
  name: told.name,
  label: told.label,
  kind: told.kind ?? "table",
  columns: told.columns ?? [],
  filter: told.filter ?? null,
  order: told.order ?? null,
  groupBy: told.group_by ?? null,
  start: told.start ?? null,
  end: told.end ?? null,
  standard: told.default ?? false,
});

/** Parts stand in their whole; who made a record, and where, is no relation that people look for. */
function isShown(relation: { object: string; field: string }, objects: Map<string, ObjectDef>): boolean {
  const object = objects.get(relation.object);
  const field = object?.fields.get(relation.field);
  return object !== undefined && !object.part && field !== undefined && !field.system && field.to !== "location";
}

const LENGTHS = new Set<Kind>(["text", "long_text", "rich_text", "email", "phone", "url"]);

function fieldOf(told: ToldField, pipelines: Pipeline[]): Field {
  const kind = told.kind === "formula" ? (told.result ?? "text") : told.kind;
  const bound = (said: string | undefined) => (said === undefined ? null : Number(said));
  return {
    name: told.name,
    kind,
    label: told.label,
    help: told.help ?? "",
    unit: told.unit ?? null,
    system: told.system ?? false,
    required: (told.required ?? false) && told.default === undefined,
    readOnly: !told.writable.includes("update"),
    given: told.writable.includes("create"),
    many: told.many ?? false,
    options: inOrder((told.options ?? []).map(optionOf), told.name, pipelines),
    to: told.to ?? null,
    embed: told.embed ?? null,
    of: told.of ?? null,
    min: LENGTHS.has(kind) ? null : bound(told.min),
    max: LENGTHS.has(kind) ? null : bound(told.max),
    maxLength: LENGTHS.has(kind) ? bound(told.max) : null,
    pattern: told.pattern ?? null,
  };
}

const optionOf = ({ value, label, color }: ToldChoice): Option => ({ value, label, color: hueOf(color, value) });

/** Stages stand in the order of the longest pipeline; what only others have follows. */
function inOrder(options: Option[], field: string, pipelines: Pipeline[]): Option[] {
  const own = pipelines.filter((p) => p.field === field).toSorted((a, b) => b.stages.length - a.stages.length);
  const names = [...new Set(own.flatMap((p) => p.stages.map((s) => s.value)))];
  return names.length === 0 ? options : options.toSorted((a, b) => names.indexOf(a.value) - names.indexOf(b.value));
}

function pipelineOf(told: ToldPipeline): Pipeline {
  const stages = told.stages.map(
    ({ name, label, color, to }): Stage => ({ value: name, label, color: hueOf(color ?? "", name), to: to ?? null }),
  );
  return { name: told.name, field: told.field, selector: told.selector, mayMove: told.may_move, stages };
}

/** The colour that was chosen; without one, the same word has the same colour everywhere. */
export function hueOf(color: string, word: string): Hue {
  const chosen = HUES.find((hue) => hue === color);
  if (chosen) return chosen;
  if (color) return "gray";
  let sum = 0;
  for (const letter of word) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return HUES[1 + (sum % (HUES.length - 1))] ?? "gray";
}
