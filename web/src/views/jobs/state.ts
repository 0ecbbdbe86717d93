// What may be done with a job, and what there is to say about it.
import { JOB_STATES, type Job, type JobState } from "../../api/jobs";

export const HUES: Record<JobState, string> = {
  waiting: "gray",
  running: "blue",
  done: "green",
  failed: "red",
  cancelled: "amber",
};

export const isLive = (job: Pick<Job, "state">): boolean => job.state === "waiting" || job.state === "running";

export const readState = (said: string | undefined): JobState | null => JOB_STATES.find((s) => s === said) ?? null;

export interface Acts {
  cancel: boolean;
  retry: boolean;
}

/** One's own, or anybody's for who manages jobs. */
export function actsOf(job: Job, me: string, manages: boolean): Acts {
  const mine = manages || job.member_id === me;
  return {
    cancel: mine && isLive(job),
    retry: mine && (job.state === "failed" || job.state === "cancelled"),
  };
}

export interface Told {
  code: string;
  detail: string;
}

/** `import.file: This is a PDF.` is a code and a sentence; what has no code is all sentence. */
export function errorOf(job: Job): Told | null {
  if (!job.error) return null;
  const told = /^([a-z_]+(?:\.[a-z_]+)*): (.+)$/s.exec(job.error);
  return told ? { code: told[1] ?? "", detail: told[2] ?? "" } : { code: "", detail: job.error };
}

/** Seconds from its start to its end, or to now. */
export function took(job: Job, now = Date.now()): number | null {
  if (!job.started_at) return null;
  const until = job.finished_at ? Date.parse(job.finished_at) : now;
  return Math.max(0, Math.round((until - Date.parse(job.started_at)) / 1000));
}

export function importOf(job: Job): string | null {
  const id = job.payload?.import;
  return job.kind.startsWith("import.") && typeof id === "string" ? id : null;
}
