// What happened in the whole workspace, and how the installation is.
import { get, Problem } from "./http";
import type { ChangeSet } from "./records";

export interface LoggedSet extends ChangeSet {
  member_id: string;
  ip: string | null;
  user_agent: string | null;
}

export interface Log {
  changes: LoggedSet[];
  cursor: string | null;
}

export const LOG_ACTIONS = ["create", "update", "archive", "restore", "delete", "revert", "merge", "derive"] as const;

/** Filters as the API reads them: `object`, `action`, `member_id`, `from`, `until`. */
export async function log(filters: URLSearchParams, cursor: string | null, signal: AbortSignal): Promise<Log> {
  const query = new URLSearchParams(filters);
  query.set("limit", "25");
  if (cursor) query.set("cursor", cursor);
  return (await get<Log>("/api/v1/changes", { query, signal })).data;
}

export interface Health {
  status: "healthy" | "degraded" | "unhealthy";
  version: string;
  timestamp: string;
  services: { name: string; status: string; latencyMs: number | null; detail?: string }[];
}

export async function health(signal: AbortSignal): Promise<Health> {
  return (await get<Health>("/api/health", { signal })).data;
}

export interface Schedule {
  name: string;
  cron: string;
  last_run: string | null;
  next_run: string | null;
}

export async function schedules(signal: AbortSignal): Promise<Schedule[]> {
  return (await get<{ schedules: Schedule[] }>("/api/v1/jobs/schedules", { signal })).data.schedules;
}

export interface Backup {
  name: string;
  taken_at: string;
  version: string;
  bytes: number;
  encrypted: boolean;
  drill: { at: string; state: "green" | "red" } | null;
}

/** `null`: they are not for this member to see. */
export async function backups(signal: AbortSignal): Promise<Backup[] | null> {
  try {
    return (await get<{ backups: Backup[] }>("/api/v1/admin/backups", { signal })).data.backups;
  } catch (error) {
    if (error instanceof Problem && error.status === 403) return null;
    throw error;
  }
}
