// What the member may do beside records.
import { useQuery } from "@tanstack/react-query";
import { permissions } from "../api/session";

const NONE: ReadonlySet<string> = new Set();

/** `null` while nobody knows yet. */
export function usePermissions(): ReadonlySet<string> | null {
  const found = useQuery({ queryKey: ["permissions"], queryFn: permissions, staleTime: 300_000 });
  return found.data ?? (found.isError ? NONE : null);
}

const JOBS = ["jobs.view", "jobs.manage", "settings.manage"];

export const mayImport = (held: ReadonlySet<string> | null): boolean => held?.has("imports.run") ?? false;
/** Whether they see the jobs of everybody; their own they see in any case. */
export const maySeeJobs = (held: ReadonlySet<string> | null): boolean => JOBS.some((right) => held?.has(right));
export const mayManageJobs = (held: ReadonlySet<string> | null): boolean =>
  ["jobs.manage", "settings.manage"].some((right) => held?.has(right));
