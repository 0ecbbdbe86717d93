// What an import is doing, and what may be done with it now.
import type { Import, ImportState } from "../../api/imports";
import type { JobState } from "../../api/jobs";

const BUSY = new Set<ImportState>(["waiting", "checking", "writing", "undoing"]);

export const isBusy = (it: Pick<Import, "state">): boolean => BUSY.has(it.state);

/** An import whose job was cancelled before it began still says that it waits. */
export function stateOf(it: Import, job: JobState | null): ImportState {
  if (it.state === "waiting" && (job === "cancelled" || job === "failed")) return job;
  return it.state;
}

export const HUES: Record<ImportState, string> = {
  waiting: "gray",
  checking: "blue",
  writing: "blue",
  done: "green",
  refused: "amber",
  failed: "red",
  cancelled: "gray",
  undoing: "purple",
  undone: "purple",
};

export interface Acts {
  cancel: boolean;
  resume: boolean;
  takeBack: boolean;
  /** A rehearsal that came to its end: now in earnest. */
  write: boolean;
}

export function actsOf(it: Import, state: ImportState): Acts {
  const good = it.created + it.updated + it.unchanged > 0;
  return {
    cancel: BUSY.has(state) && state !== "undoing" && it.job !== null,
    resume: state === "cancelled" || state === "failed",
    takeBack: it.undo !== null,
    write: (state === "done" && it.dry_run && good) || (state === "refused" && good),
  };
}
