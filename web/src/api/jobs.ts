// What takes longer than a request may: it waits, runs, and is then done, failed or cancelled.
import { del, get, post } from "./http";

export const JOB_STATES = ["waiting", "running", "done", "failed", "cancelled"] as const;
export type JobState = (typeof JOB_STATES)[number];

export interface Job {
  id: string;
  queue: string;
  kind: string;
  state: JobState;
  /** What it is about; of an import its id. */
  payload: Record<string, unknown> | null;
  /** Who ordered it; nobody: Kontor itself. */
  member_id: string | null;
  attempt: number;
  max_attempts: number;
  done: number | null;
  total: number | null;
  /** The code and the sentence of why it failed. */
  error: string | null;
  run_at: string;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
}

export interface Jobs {
  jobs: Job[];
  cursor: string | null;
}

export async function jobs(state: JobState | null, cursor: string | null, signal: AbortSignal): Promise<Jobs> {
  const query = new URLSearchParams({ limit: "50" });
  if (state) query.set("state", state);
  if (cursor) query.set("cursor", cursor);
  return (await get<Jobs>("/api/v1/jobs", { query, signal })).data;
}

export async function cancelJob(id: string): Promise<Job> {
  return (await del<Job>("/api/v1/jobs/{id}", { path: { id } })).data;
}

export async function retryJob(id: string): Promise<Job> {
  return (await post<Job>("/api/v1/jobs/{id}/retry", { path: { id } })).data;
}

export async function readJob(id: string, signal: AbortSignal): Promise<Job> {
  return (await get<Job>("/api/v1/jobs/{id}", { path: { id }, signal })).data;
}
