// A field while it is being described: as the form holds it, as the server takes it, and as it would be drawn.
import type { Body, FieldDef, OptionDef, Rollup } from "../../api/definitions";
import { type Field, HUES, type Hue, type Kind } from "../../api/model";
import { hueOf } from "../../api/model/from-told";

export const KINDS = [
  "text",
  "long_text",
  "rich_text",
  "integer",
  "decimal",
  "money",
  "percent",
  "boolean",
  "date",
  "date_time",
  "duration",
  "select",
  "multi_select",
  "email",
  "phone",
  "url",
  "address",
  "geo_point",
  "reference",
  "user",
  "file",
  "tags",
  "json",
  "auto_number",
  "rating",
  "formula",
  "rollup",
] as const;
export type DraftKind = (typeof KINDS)[number];

export interface Choice {
  value: string;
  label: string;
  color: Hue;
  /** Records may have it: its value stays. */
  kept: boolean;
}

export interface FieldDraft {
  name: string;
  label: string;
  help: string;
  kind: DraftKind;
  required: boolean;
  unique: boolean;
  indexed: boolean;
  many: boolean;
  unit: string;
  min: string;
  max: string;
  scale: string;
  pattern: string;
  standard: string;
  options: Choice[];
  to: string;
  onDelete: string;
  formula: string;
  result: Kind;
  format: string;
  rollup: Rollup;
}

export const EMPTY: FieldDraft = {
  name: "",
  label: "",
  help: "",
  kind: "text",
  required: false,
  unique: false,
  indexed: false,
  many: false,
  unit: "",
  min: "",
  max: "",
  scale: "",
  pattern: "",
  standard: "",
  options: [],
  to: "",
  onDelete: "set_null",
  formula: "",
  result: "decimal",
  format: "{year}-{seq:4}",
  rollup: { of: "", function: "count" },
};

const NUMBERS: readonly DraftKind[] = ["integer", "decimal", "money", "percent", "duration", "rating"];
const TEXTS: readonly DraftKind[] = ["text", "long_text", "email", "phone", "url"];
const PLAIN: readonly DraftKind[] = [...NUMBERS, ...TEXTS, "boolean", "select", "date", "date_time"];

/** What can be said of a kind. */
export const says = {
  unit: (kind: DraftKind) => NUMBERS.includes(kind) || kind === "formula",
  bounds: (kind: DraftKind) => NUMBERS.includes(kind) || TEXTS.includes(kind),
  scale: (kind: DraftKind) => kind === "decimal" || kind === "percent" || kind === "money",
  pattern: (kind: DraftKind) => kind === "text",
  options: (kind: DraftKind) => kind === "select" || kind === "multi_select",
  to: (kind: DraftKind) => kind === "reference",
  many: (kind: DraftKind) => kind === "user",
  standard: (kind: DraftKind) => PLAIN.includes(kind),
  unique: (kind: DraftKind) => TEXTS.includes(kind) || kind === "integer" || kind === "reference",
  typed: (kind: DraftKind) => kind !== "formula" && kind !== "rollup" && kind !== "auto_number",
};

/** "Länge über alles" is `laenge_ueber_alles`; what refers to something ends in `_id`. */
export function nameFor(label: string, kind: DraftKind, many: boolean): string {
  const plain = label
    .toLowerCase()
    .replace(/ä/g, "ae")
    .replace(/ö/g, "oe")
    .replace(/ü/g, "ue")
    .replace(/ß/g, "ss")
    .replace(/đ/g, "dj")
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[_0-9]+|_+$/g, "")
    .slice(0, 50);
  if (!plain) return "";
  const ending = kind === "user" && many ? "_ids" : ["reference", "user", "file"].includes(kind) ? "_id" : "";
  return plain.endsWith(ending) ? plain : plain + ending;
}

const text = (value: unknown): string => (value === null || value === undefined ? "" : String(value));

const choiceOf = (said: OptionDef | string): Choice => {
  const option = typeof said === "string" ? { value: said } : said;
  const label = option.label ?? option.value.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());
  return { value: option.value, label, color: hueOf(option.color ?? "", option.value), kept: true };
};

export function draftOf(field: FieldDef): FieldDraft {
  return {
    ...EMPTY,
    name: field.name,
    label: field.label ?? field.name,
    help: field.help ?? "",
    kind: field.rollup ? "rollup" : (field.kind as DraftKind),
    required: field.required ?? false,
    unique: field.unique !== undefined && field.unique !== "no",
    indexed: field.indexed ?? false,
    many: field.many ?? false,
    unit: text(field.unit),
    min: text(field.min),
    max: text(field.max),
    scale: text(field.scale),
    pattern: text(field.pattern),
    standard: text(field.default),
    options: (field.options ?? []).map(choiceOf),
    to: field.to ?? "",
    onDelete: field.on_delete ?? "set_null",
    formula: field.formula ?? "",
    result: field.result ?? (field.rollup ? (field.kind as Kind) : "decimal"),
    format: field.format ?? EMPTY.format,
    rollup: field.rollup ?? EMPTY.rollup,
  };
}

/** Everything that the form says of a new field. */
export function bodyOf(draft: FieldDraft): Body {
  const { kind } = draft;
  const body: Body = {
    name: draft.name,
    label: draft.label,
    kind: kind === "rollup" ? draft.result : kind,
    personal: false,
  };
  const say = (key: string, value: unknown) => {
    if (value !== "" && value !== false && value !== null) body[key] = value;
  };
  say("help", draft.help);
  if (says.typed(kind)) say("required", draft.required);
  if (says.unique(kind)) say("unique", draft.unique ? "workspace" : "");
  say("indexed", draft.indexed);
  if (says.unit(kind)) say("unit", draft.unit);
  if (says.bounds(kind)) {
    say("min", numberOr(draft.min));
    say("max", numberOr(draft.max));
  }
  if (says.scale(kind)) say("scale", numberOr(draft.scale));
  if (says.pattern(kind)) say("pattern", draft.pattern);
  if (says.options(kind)) body.options = optionsOf(draft.options);
  if (says.standard(kind)) say("default", standardOf(draft));
  if (says.many(kind)) say("many", draft.many);
  if (says.to(kind)) {
    body.to = draft.to;
    body.on_delete = draft.onDelete;
  }
  if (kind === "formula") {
    body.formula = draft.formula;
    body.result = draft.result;
  }
  if (kind === "auto_number") body.format = draft.format;
  if (kind === "rollup") {
    const { of, function: how, ...rest } = draft.rollup;
    const said = Object.entries(rest).filter(([, value]) => value);
    body.rollup = { of, function: how, ...Object.fromEntries(said) };
  }
  return body;
}

const optionsOf = (options: Choice[]) => options.map(({ value, label, color }) => ({ value, label, color }));

/** What differs from before; what was emptied is taken out. */
export function changeOf(before: FieldDraft, after: FieldDraft): Body {
  const [old, now] = [bodyOf(before), bodyOf(after)];
  const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  const differs = keys.filter((key) => JSON.stringify(old[key]) !== JSON.stringify(now[key]));
  return Object.fromEntries(differs.map((key) => [key, now[key] ?? (old[key] === true ? false : null)]));
}

function numberOr(typed: string): number | string {
  if (typed.trim() === "") return "";
  const value = Number(typed.replace(",", "."));
  return Number.isNaN(value) ? typed : value;
}

function standardOf({ kind, standard }: FieldDraft): unknown {
  if (standard === "") return "";
  if (kind === "boolean") return standard === "true";
  if (kind === "integer" || kind === "rating" || kind === "duration") return numberOr(standard);
  return standard;
}

/** The field as forms would draw it. */
export function fieldOf(draft: FieldDraft): Field {
  const { kind } = draft;
  const drawn: Kind = kind === "formula" || kind === "rollup" ? draft.result : kind;
  const bound = (typed: string) => (typed.trim() === "" || Number.isNaN(Number(typed)) ? null : Number(typed));
  const lengths = TEXTS.includes(kind);
  return {
    name: draft.name || "preview",
    kind: drawn,
    label: draft.label,
    help: draft.help,
    unit: draft.unit || null,
    system: false,
    required: draft.required,
    readOnly: !says.typed(kind),
    given: says.typed(kind),
    many: says.many(kind) && draft.many,
    options: draft.options.map(({ value, label, color }) => ({ value, label: label || value, color })),
    to: kind === "user" ? "member" : kind === "file" ? "file" : draft.to || null,
    embed: says.to(kind) || kind === "user" || kind === "file" ? draft.name.replace(/_ids?$/, "") : null,
    of: null,
    min: lengths ? null : bound(draft.min),
    max: lengths ? null : bound(draft.max),
    maxLength: lengths ? bound(draft.max) : null,
    pattern: draft.pattern || null,
  };
}

/** The next colour that no option has yet. */
export const freeHue = (options: { color: Hue }[]): Hue =>
  HUES.find((hue) => hue !== "gray" && !options.some((o) => o.color === hue)) ?? "gray";
