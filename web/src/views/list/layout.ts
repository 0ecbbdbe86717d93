// How a table is laid out: groups, pinned columns and figures stand in the address; the height of rows is the reader's own.
import { useSyncExternalStore } from "react";
import type { Search } from "./state";

export interface Layout {
  group: string | null;
  pins: number;
  foot: string | undefined;
}

export const layoutOf = (search: Search): Layout => ({
  group: search._group ?? null,
  pins: Math.max(1, Math.min(8, Number(search._pins ?? 1) || 1)),
  foot: search._foot,
});

export const HEIGHTS = { compact: 30, usual: 36, relaxed: 44 } as const;
export type Density = keyof typeof HEIGHTS;

const KEY = "kontor.density";
const told = new Set<() => void>();

const density = (): Density => {
  const kept = localStorage.getItem(KEY);
  return kept && kept in HEIGHTS ? (kept as Density) : "usual";
};

export function setDensity(next: Density): void {
  localStorage.setItem(KEY, next);
  for (const tell of told) tell();
}

export const useDensity = (): Density =>
  useSyncExternalStore((tell) => {
    told.add(tell);
    return () => told.delete(tell);
  }, density);
