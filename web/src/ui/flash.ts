// Values that somebody else has just changed: marked for a moment where they stand.
import { useSyncExternalStore } from "react";

const LENGTH = 600;

const marked = new Map<string, ReadonlySet<string>>();
const hearers = new Set<() => void>();

/** Marks fields of a record. */
export function flash(id: string, fields: readonly string[]): void {
  if (fields.length === 0) return;
  const mark: ReadonlySet<string> = new Set([...(marked.get(id) ?? []), ...fields]);
  marked.set(id, mark);
  tellAll();
  setTimeout(() => {
    if (marked.get(id) !== mark) return;
    marked.delete(id);
    tellAll();
  }, LENGTH);
}

function tellAll(): void {
  for (const tell of hearers) tell();
}

function subscribe(tell: () => void): () => void {
  hearers.add(tell);
  return () => hearers.delete(tell);
}

/** The fields of a record that are marked now. */
export function useFlashing(id: string): ReadonlySet<string> | undefined {
  return useSyncExternalStore(subscribe, () => marked.get(id));
}
