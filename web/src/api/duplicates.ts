// Records that may be the same thing in the world, and those that became one.
import { del, get, patch, post } from "./http";
import type { ObjectDef } from "./model";
import type { Row } from "./records";

export const PAIR_STATES = ["open", "dismissed"] as const;
export type PairState = (typeof PAIR_STATES)[number];

export interface Pair {
  id: string;
  a_id: string;
  b_id: string;
  a_title: string | null;
  b_title: string | null;
  /** 0 to 1. */
  score: number;
  /** `null` for whoever does not see all that was compared. */
  reason: string | null;
  state: PairState | "merged";
  found_at: string;
}

/**
 * Which objects are compared. The model does not say it; the API's own description names their addresses.
 */
export async function comparedPlurals(signal: AbortSignal): Promise<string[]> {
  const { paths } = (await get<{ paths: Record<string, unknown> }>("/api/v1/openapi.json", { signal })).data;
  return Object.keys(paths).flatMap((path) => /^\/api\/v1\/([^/{]+)\/duplicates$/.exec(path)?.[1] ?? []);
}

export const PAGE = 50;

export async function pairs(object: ObjectDef, state: PairState, offset: number, signal: AbortSignal): Promise<Pair[]> {
  const query = new URLSearchParams({ state, limit: String(PAGE), offset: String(offset) });
  const path = { object: object.plural };
  return (await get<{ duplicates: Pair[] }>("/api/v1/{object}/duplicates", { path, query, signal })).data.duplicates;
}

/** Walks over all records, as a job. */
export async function scan(object: ObjectDef): Promise<void> {
  await post("/api/v1/{object}/duplicates/scans", { path: { object: object.plural } });
}

export async function decide(object: ObjectDef, pair: string, state: PairState): Promise<void> {
  await patch("/api/v1/{object}/duplicates/{id}", { path: { object: object.plural, id: pair }, body: { state } });
}

export interface MergeOrder {
  survivor: Row;
  other: Row;
  /** Field by field, whose value is kept. */
  choose: Record<string, string>;
  reason: string;
}

/** The id of the merge. What somebody changed since it was read is refused. */
export async function merge(object: ObjectDef, { survivor, other, choose, reason }: MergeOrder): Promise<string> {
  const body = {
    others: [other.id],
    choose,
    versions: { [survivor.id]: survivor.version, [other.id]: other.version },
    ...(reason ? { reason } : {}),
  };
  const path = { object: object.plural, id: survivor.id };
  return (await post<{ merge_id: string }>("/api/v1/{object}/{id}/merge", { path, body })).data.merge_id;
}

export interface Merge {
  id: string;
  object: string;
  survivor_id: string;
  merged_ids: string[];
  at: string;
  by: string;
  undone_at: string | null;
}

export interface Merges {
  merges: Merge[];
  cursor: string | null;
}

export async function merges(object: ObjectDef, cursor: string | null, signal: AbortSignal): Promise<Merges> {
  const query = new URLSearchParams({ object: object.plural, limit: "50" });
  if (cursor) query.set("cursor", cursor);
  return (await get<Merges>("/api/v1/merges", { query, signal })).data;
}

/** Makes them two again; what somebody changed since stays. */
export async function unmerge(id: string): Promise<{ conflicts: unknown[] }> {
  return (await del<{ conflicts: unknown[] }>("/api/v1/merges/{id}", { path: { id } })).data;
}
