// What somebody has chosen for a file before it is imported: where its columns go, and how. It is kept in the tab, by
// upload, because the server does not tell the order of an import again.
import type { Choice, How, Mode, OnError, Order, RowChoice, Suggested, Suggestion, Upload } from "../../api/imports";
import type { Field, Model, ObjectDef } from "../../api/model";

export interface Draft {
  object: string;
  upload: Upload;
  columns: Suggestion[];
  /** Where each column goes, in the order of the columns. */
  feeds: Feed[];
  notes: string[];
  key: string;
  mode: Mode;
  onError: OnError;
  duplicates: Choice;
  choices: Record<string, RowChoice>;
  automations: boolean;
}

export interface Feed {
  /** `null`: the column is left out. */
  field: string | null;
  how: How;
}

export function draftOf(object: ObjectDef, upload: Upload, suggested: Suggested): Draft {
  return {
    object: object.name,
    upload,
    columns: suggested.columns,
    feeds: suggested.columns.map((c) => ({ field: c.field, how: c.how ?? {} })),
    notes: suggested.notes,
    key: suggested.mapping.key[0] ?? "",
    mode: "upsert",
    onError: "nothing",
    duplicates: "create",
    choices: {},
    automations: true,
  };
}

export function orderOf(draft: Draft, dryRun: boolean): Order {
  const columns: Record<string, unknown> = {};
  draft.columns.forEach(({ column }, at) => {
    const feed = draft.feeds[at];
    // Of columns that are called the same the first one counts, as for the server.
    if (!feed || column in columns) return;
    const how = Object.fromEntries(Object.entries(feed.how).filter(([, value]) => value !== "" && value !== undefined));
    if (feed.field === null) columns[column] = false;
    else columns[column] = Object.keys(how).length > 0 ? { field: feed.field, ...how } : feed.field;
  });
  const order: Order = {
    upload: draft.upload.id,
    mapping: { object: draft.object, key: draft.key ? [draft.key] : [], columns },
    on_error: draft.onError,
    duplicates: draft.duplicates,
    choices: draft.choices,
    automations: draft.automations,
    dry_run: dryRun,
  };
  // Without a key no record is found again, so every row is new whatever is said here.
  if (draft.key) order.mode = draft.mode;
  return order;
}

/** A place that a column may go to. */
export interface Place {
  path: string;
  field: Field;
  /** `city` of an address; `null`: the whole field. */
  member: string | null;
}

const MEMBERS: Partial<Record<Field["kind"], string[]>> = {
  address: ["street", "street2", "postal_code", "city", "region", "country"],
  geo_point: ["lat", "lon"],
};

export function placesOf(object: ObjectDef): Place[] {
  const fields = [...object.fields.values()].filter(
    (f) => !f.system && (f.given || !f.readOnly) && f.kind !== "parts" && f.kind !== "file",
  );
  return fields.flatMap((field): Place[] => {
    const members = MEMBERS[field.kind];
    return members
      ? members.map((member) => ({ path: `${field.name}.${member}`, field, member }))
      : [{ path: field.name, field, member: null }];
  });
}

export type Doubt = "sure" | "likely" | "unsure" | "none";

/** How sure the suggestion is; a person's own choice is sure. */
export function doubtOf(suggestion: Suggestion, feed: Feed): Doubt {
  if (feed.field === null) return "none";
  if (feed.field !== suggestion.field) return "sure";
  if (suggestion.confidence >= 0.9) return "sure";
  return suggestion.confidence >= 0.7 ? "likely" : "unsure";
}

export interface Faults {
  /** Positions of columns that go where another one goes already, and the name of that one. */
  twice: Map<number, string>;
  /** No column goes anywhere. */
  nothing: boolean;
  /** Fields that a new record needs and no column feeds. */
  missing: Field[];
}

export function faultsOf(draft: Draft, object: ObjectDef): Faults {
  const first = new Map<string, string>();
  const twice = new Map<number, string>();
  draft.feeds.forEach((feed, at) => {
    if (feed.field === null) return;
    const other = first.get(feed.field);
    if (other === undefined) first.set(feed.field, draft.columns[at]?.column ?? "");
    else twice.set(at, other);
  });
  const fed = new Set([...first.keys()].map((path) => path.split(".")[0]));
  const missing = [...object.fields.values()].filter(
    (f) => f.required && f.given && !f.system && f.kind !== "parts" && !fed.has(f.name),
  );
  return { twice, nothing: first.size === 0, missing: draft.mode === "update" && draft.key ? [] : missing };
}

const KEYS = new Set<Field["kind"]>(["text", "email", "phone", "url", "integer", "auto_number"]);

/** Fields that may find a record again, of those that a column feeds. */
export function keysOf(draft: Draft, object: ObjectDef): Field[] {
  const fed = new Set(draft.feeds.map((feed) => feed.field));
  return [...object.fields.values()].filter((f) => fed.has(f.name) && KEYS.has(f.kind));
}

/** A column goes somewhere else. How it was read belonged to where it went before. */
export function feedTo(draft: Draft, at: number, path: string | null, model: Model): Draft {
  const suggestion = draft.columns[at];
  const how = suggestion?.field === path ? (suggestion?.how ?? {}) : usualHow(draft.object, path, model);
  const feeds = draft.feeds.map((feed, n) => (n === at ? { field: path, how } : feed));
  const next = { ...draft, feeds };
  return feeds.some((feed) => feed.field === draft.key) ? next : { ...next, key: "" };
}

function usualHow(object: string, path: string | null, model: Model): How {
  const field = model.objects.get(object)?.fields.get(path ?? "");
  const to = field?.to ? model.objects.get(field.to) : undefined;
  if (to) return { by: to.title };
  return field?.many || field?.kind === "multi_select" || field?.kind === "tags" ? { split: ";" } : {};
}

/** Fields by which a referred record may be found. */
export function foundBy(to: ObjectDef | undefined): Field[] {
  return to ? [...to.fields.values()].filter((f) => KEYS.has(f.kind) || f.name === to.title) : [];
}

export const importable = (object: ObjectDef): boolean =>
  object.writable &&
  object.rights.read !== "none" &&
  (object.rights.create !== "none" || object.rights.update !== "none");

const keyOf = (upload: string) => `kontor.import.${upload}`;

export function keep(draft: Draft): void {
  try {
    sessionStorage.setItem(keyOf(draft.upload.id), JSON.stringify(draft));
  } catch {
    // No room: the import goes on, only a reload would begin anew.
  }
}

export function kept(upload: string): Draft | null {
  const text = sessionStorage.getItem(keyOf(upload));
  return text ? (JSON.parse(text) as Draft) : null;
}
