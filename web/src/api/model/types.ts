// What a workspace consists of, as screens read it: plain data, without methods.
export type Kind =
  | "text"
  | "long_text"
  | "rich_text"
  | "integer"
  | "decimal"
  | "money"
  | "percent"
  | "boolean"
  | "date"
  | "date_time"
  | "duration"
  | "select"
  | "multi_select"
  | "email"
  | "phone"
  | "url"
  | "address"
  | "geo_point"
  | "reference"
  | "parts"
  | "file"
  | "user"
  | "tags"
  | "json"
  | "auto_number"
  | "rating"
  | "id"
  | "counter";

export interface Option {
  value: string;
  label: string;
  color: Hue;
}

export const HUES = ["gray", "blue", "teal", "green", "amber", "orange", "red", "purple", "pink"] as const;
export type Hue = (typeof HUES)[number];

export interface Field {
  name: string;
  /** How it is drawn. A formula has the kind of its result. */
  kind: Kind;
  label: string;
  help: string;
  unit: string | null;
  /** Made by the engine: id, times, version. */
  system: boolean;
  required: boolean;
  /** Nobody changes it, or not this member. */
  readOnly: boolean;
  /** Whether this member may give it to a new record. */
  given: boolean;
  many: boolean;
  options: Option[];
  /** The object that it refers to. */
  to: string | null;
  /** The name that embeds it: `client` for `client_id`. */
  embed: string | null;
  /** The object of its parts. */
  of: string | null;
  min: number | null;
  max: number | null;
  maxLength: number | null;
  pattern: string | null;
}

export interface Relation {
  /** The name that embeds it. */
  name: string;
  /** The object that refers to this one, and by which field. */
  object: string;
  field: string;
  /** At most one record does. */
  one: boolean;
}

export interface Pipeline {
  name: string;
  /** The field that holds the stage. */
  field: string;
  /** The field that names the pipeline, where an object has several. */
  selector: string | null;
  mayMove: boolean;
  stages: Stage[];
}

export interface Stage extends Option {
  /** The stages that may be entered from here; `null`: any. */
  to: string[] | null;
}

/** How far a right reaches. */
export type Reach = "none" | "own" | "assigned" | "team" | "location" | "all";
export type Rights = Record<"read" | "create" | "update" | "archive" | "delete", Reach>;

/** A view that a blueprint or the workspace defines. */
export interface ViewDef {
  name: string;
  label: string;
  kind: string;
  columns: string[];
  /** Its filter and order in the grammar of the API; `null`: the server keeps them to itself and applies them by the view's name. */
  filter: string | null;
  order: string | null;
  groupBy: string | null;
  start: string | null;
  end: string | null;
  standard: boolean;
}

export interface ObjectDef {
  name: string;
  plural: string;
  label: string;
  labelPlural: string;
  description: string;
  icon: string;
  /** The field that names a record for people. */
  title: string;
  /** The field that holds the stage, where records go through stages. */
  stage: string | null;
  pipelines: Pipeline[];
  fields: Map<string, Field>;
  /** Its records stand in those of another. */
  part: boolean;
  /** Its records join two others. */
  link: boolean;
  archivable: boolean;
  writable: boolean;
  relations: Relation[];
  views: ViewDef[];
  rights: Rights;
}

export interface Model {
  /** Where the workspace keeps its time. */
  timezone: string;
  objects: Map<string, ObjectDef>;
  byPlural: Map<string, ObjectDef>;
}
