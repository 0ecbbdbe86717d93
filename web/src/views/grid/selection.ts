// Which rows are selected, and from where a range is meant.
import { useRef, useState } from "react";
import type { Row } from "../../api/records";
import { isRecord } from "./bands";

export interface Selection {
  ids: ReadonlySet<string>;
  /** Not only the loaded rows: every one of the filter. */
  everything: boolean;
  has: (id: string) => boolean;
  toggle: (rows: Row[], at: number) => void;
  range: (rows: Row[], to: number) => void;
  all: (rows: Row[]) => void;
  takeEverything: () => void;
  clear: () => void;
}

export function useSelection(): Selection {
  const [ids, setOwn] = useState<ReadonlySet<string>>(new Set());
  const [everything, setEverything] = useState(false);
  const setIds = (next: ReadonlySet<string>) => {
    setOwn(next);
    setEverything(false);
  };
  const from = useRef(0);
  return {
    ids,
    everything,
    has: (id) => everything || ids.has(id),
    takeEverything: () => setEverything(true),
    toggle: (rows, at) => {
      from.current = at;
      const row = rows[at];
      if (!row || !isRecord(row)) return;
      const { id } = row;
      const next = new Set(ids);
      if (!next.delete(id)) next.add(id);
      setIds(next);
    },
    range: (rows, to) => {
      const [low, high] = from.current < to ? [from.current, to] : [to, from.current];
      setIds(
        new Set([
          ...ids,
          ...rows
            .slice(low, high + 1)
            .filter(isRecord)
            .map((row) => row.id),
        ]),
      );
    },
    all: (rows) => setIds(new Set(rows.filter(isRecord).map((row) => row.id))),
    clear: () => setIds(new Set()),
  };
}
