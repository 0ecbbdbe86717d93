// The last breadcrumb and the title of the window: what the open page says that it is.
import { useCallback, useEffect, useSyncExternalStore } from "react";

let last: string | null = null;
const told = new Set<() => void>();

function say(crumb: string | null, title: string): void {
  last = crumb;
  document.title = title ? `${title} · Kontor` : "Kontor";
  for (const tell of told) tell();
}

/** Sets both, and answers with a way to set them once more is known. */
export function useCrumb(crumb: string | null, title: string): (text: string) => void {
  useEffect(() => say(crumb, title), [crumb, title]);
  return useCallback((text: string) => say(text || null, text), []);
}

export const useLastCrumb = (): string | null =>
  useSyncExternalStore(
    (tell) => {
      told.add(tell);
      return () => told.delete(tell);
    },
    () => last,
  );
