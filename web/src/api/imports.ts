// Files that become records: sent, looked at, rehearsed, written and taken back.
import { address, del, get, post, upload } from "./http";

export interface Upload {
  id: string;
  name: string;
  bytes: number;
}

/** How the texts of a column are read. */
export interface How {
  /** The field by which a referred record is found. */
  by?: string;
  format?: string | string[];
  /** What stands between several values in one cell. */
  split?: string;
  [other: string]: unknown;
}

export interface Suggestion {
  column: string;
  /** `email`, `address.city`; null: none fits. */
  field: string | null;
  confidence: number;
  reason: string;
  how?: How;
  alternatives: string[];
  samples: string[];
}

export interface Suggested {
  columns: Suggestion[];
  mapping: { key: string[] };
  rows: string[][];
  notes: string[];
}

export const MODES = ["upsert", "create", "update"] as const;
export type Mode = (typeof MODES)[number];
export const CHOICES = ["create", "skip", "update", "ask"] as const;
export type Choice = (typeof CHOICES)[number];
export type OnError = "nothing" | "skip";
export type RowChoice = Choice | { update: string };

export interface Order {
  upload: string;
  mapping: { object: string; key: string[]; columns: Record<string, unknown> };
  mode?: Mode;
  on_error: OnError;
  duplicates: Choice;
  choices: Record<string, RowChoice>;
  automations: boolean;
  dry_run: boolean;
}

export type ImportState =
  | "waiting"
  | "checking"
  | "writing"
  | "done"
  | "refused"
  | "failed"
  | "cancelled"
  | "undoing"
  | "undone";

export interface Import {
  id: string;
  job: string | null;
  state: ImportState;
  object: string;
  file: string;
  upload: string;
  dry_run: boolean;
  done: number;
  total: number | null;
  notes: string[] | null;
  /** Why it failed. */
  problem: { detail: string; field?: string | null }[] | null;
  /** What was left alone when it was taken back, because somebody had changed it since. */
  conflicts: { total?: number } | null;
  error_file: string | null;
  undo: string | null;
  created_at: string;
  finished_at: string | null;
  created: number;
  updated: number;
  unchanged: number;
  skipped: number;
  refused: number;
  duplicates: number;
}

export interface RowError {
  row: number;
  column: string | null;
  field: string | null;
  value: string | null;
  reason: string;
}

export interface Match {
  row: number;
  choice: Choice;
  candidates: { id: string; title: string | null; score: number; reason: string }[];
}

export interface ImportDetail extends Import {
  errors: RowError[];
}

export function uploadFile(file: File, signal: AbortSignal, onSent: (share: number) => void): Promise<Upload> {
  const query = new URLSearchParams({ name: file.name });
  return upload<Upload>("/api/v1/imports/uploads", file, { query, signal, onSent });
}

export async function suggest(upload: string, object: string): Promise<Suggested> {
  return (await post<Suggested>("/api/v1/imports/suggestions", { body: { upload, object } })).data;
}

export async function startImport(order: Order): Promise<Import> {
  return (await post<Import>("/api/v1/imports/jobs", { body: order })).data;
}

/** The last fifty. */
export async function imports(signal: AbortSignal): Promise<Import[]> {
  return (await get<{ imports: Import[] }>("/api/v1/imports/jobs", { signal })).data.imports;
}

export async function readImport(id: string, signal: AbortSignal): Promise<ImportDetail> {
  return (await get<ImportDetail>("/api/v1/imports/jobs/{id}", { path: { id }, signal })).data;
}

export interface Matches {
  matches: Match[];
  /** The row to go on behind. */
  after: number | null;
}

export async function matches(id: string, after: number, signal: AbortSignal): Promise<Matches> {
  const query = new URLSearchParams({ after: String(after), limit: "50" });
  return (await get<Matches>("/api/v1/imports/jobs/{id}/matches", { path: { id }, query, signal })).data;
}

export async function takeBack(id: string): Promise<Import> {
  return (await del<Import>("/api/v1/imports/jobs/{id}", { path: { id } })).data;
}

export async function resume(id: string): Promise<Import> {
  return (await post<Import>("/api/v1/imports/jobs/{id}/resumption", { path: { id } })).data;
}

export const errorFileUrl = (id: string): string => address("/api/v1/imports/jobs/{id}/errors.csv", { path: { id } });
