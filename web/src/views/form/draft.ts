// What is typed into a new record, kept in this browser until it is saved.
import { useEffect, useRef, useState } from "react";
import type { Field, ObjectDef } from "../../api/model";
import { embedKey, type Patch, type Row } from "../../api/records";

export interface Draft {
  values: Patch;
  /** The records that references lead to, for their titles. */
  shown: Patch;
  /** What was typed and is no value. */
  bad: Record<string, string>;
}

const EMPTY: Draft = { values: {}, shown: {}, bad: {} };

export function useDraft(key: string, start: Pick<Draft, "values" | "shown">) {
  const [draft, setDraft] = useState<Draft>(() => ({ ...EMPTY, ...start, ...read(key) }));
  const gone = useRef(false);
  useEffect(() => {
    if (draft.values === start.values) return;
    const timer = setTimeout(() => {
      const { values, shown } = draft;
      if (!gone.current) localStorage.setItem(key, JSON.stringify({ values, shown }));
    }, 300);
    return () => clearTimeout(timer);
  }, [draft, key, start.values]);
  const set = (field: Field, value: unknown, fault?: string, show?: unknown) =>
    setDraft((now) => {
      const { [field.name]: _, ...bad } = now.bad;
      return {
        values: { ...now.values, [field.name]: value },
        shown: field.embed && show !== undefined ? { ...now.shown, [embedKey(field)]: show } : now.shown,
        bad: fault ? { ...bad, [field.name]: fault } : bad,
      };
    });
  const clear = () => {
    gone.current = true;
    localStorage.removeItem(key);
  };
  return { draft, set, clear };
}

function read(key: string): Partial<Draft> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<Draft>;
  } catch {
    return {};
  }
}

/** A copy to begin with: what people write, without what is unique or was given by the house. */
export function likeness(object: ObjectDef, row: Row): Pick<Draft, "values" | "shown"> {
  const kept = [...object.fields.values()].filter(
    (f) => f.given && !f.system && f.name !== "external_id" && f.name !== object.stage && row[f.name] !== null,
  );
  const values = Object.fromEntries(
    kept.map((f) => [f.name, f.kind === "parts" ? withoutIds(row[f.name]) : row[f.name]]),
  );
  const shown = Object.fromEntries(kept.filter((f) => f.embed).map((f) => [embedKey(f), row[embedKey(f)]]));
  return { values, shown };
}

const withoutIds = (rows: unknown): unknown =>
  Array.isArray(rows) ? rows.map(({ id: _, ...rest }: Row) => ({ ...rest, id: `new-${crypto.randomUUID()}` })) : rows;

/** What is sent: rows of parts that are new go without the ids that the screen gave them. */
export function sendable(object: ObjectDef, values: Patch): Patch {
  const entries = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, object.fields.get(name)?.kind === "parts" ? fresh(value) : value]),
  );
}

const fresh = (rows: unknown): unknown =>
  Array.isArray(rows)
    ? rows.map(({ id, ...rest }: Row) =>
        String(id ?? "").startsWith("new-") || id === undefined ? rest : { id, ...rest },
      )
    : rows;
