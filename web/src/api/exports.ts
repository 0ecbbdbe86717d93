// Lists as files: at once up to a limit, as a job beyond it.
import { get, post } from "./http";
import type { JobState } from "./jobs";
import type { ObjectDef } from "./model/types";

export const FORMATS = ["xlsx", "csv", "jsonl"] as const;
export type Format = (typeof FORMATS)[number];

/** More rows than this the API gives only as a job. */
export const AT_ONCE = 10_000;

export interface Export {
  id: string;
  title: string | null;
  object: string | null;
  format: Format;
  created_at: string;
  finished_at: string | null;
  rows: number | null;
  state: JobState;
  done: number | null;
  total: number | null;
  error: string | null;
  /** A link to the file, of a quarter of an hour; only where one export is asked for. */
  url?: string;
}

export async function orderExport(object: ObjectDef, query: URLSearchParams, format: Format): Promise<string> {
  const body = { object: object.plural, query: query.toString(), format, header: "labels", title: object.labelPlural };
  return (await post<{ id: string }>("/api/v1/exports", { body })).data.id;
}

export async function readExport(id: string, signal?: AbortSignal): Promise<Export> {
  return (await get<Export>("/api/v1/exports/{id}", { path: { id }, ...(signal ? { signal } : {}) })).data;
}

export async function ownExports(signal: AbortSignal): Promise<Export[]> {
  return (await get<Export[]>("/api/v1/exports", { signal })).data;
}
