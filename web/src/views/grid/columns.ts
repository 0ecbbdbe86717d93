// The width of columns is kept per object in this browser; which are shown stands in the address.
import { useState } from "react";
import type { Field, ObjectDef } from "../../api/model";
import { useSurroundings } from "../../fields/context";

export interface Column {
  field: Field;
  width: number;
  end: boolean;
  /** How far from the left it stays while the others move; `null`: it moves with them. */
  left: number | null;
}

export const pinStyle = ({ left }: Column) => (left === null ? {} : { left });

/** The first `pins` columns stay where they are. */
export function useColumns(object: ObjectDef, names: string[], pins: number) {
  const { kitOf } = useSurroundings();
  const key = `kontor.widths.${object.name}`;
  const [widths, setWidths] = useState<Record<string, number>>(() => JSON.parse(localStorage.getItem(key) ?? "{}"));
  const columns = names
    .map((name) => object.fields.get(name))
    .filter((f): f is Field => f !== undefined)
    .map((field, at): Column => {
      const kit = kitOf(field);
      return { field, width: widths[field.name] ?? (at === 0 ? 240 : kit.width), end: kit.end ?? false, left: null };
    });
  let left = object.writable ? 40 : 0;
  for (const column of columns.slice(0, Math.max(1, pins))) {
    column.left = left;
    left += column.width;
  }
  const resize = (name: string, width: number) => {
    const next = { ...widths, [name]: Math.max(64, Math.min(800, Math.round(width))) };
    setWidths(next);
    localStorage.setItem(key, JSON.stringify(next));
  };
  return { columns, resize };
}

/** `name` before or after another, as it is dropped. */
export function reordered(names: string[], name: string, onto: string): string[] {
  const from = names.indexOf(name);
  const to = names.indexOf(onto);
  if (from < 0 || to < 0 || from === to) return names;
  const rest = names.filter((n) => n !== name);
  rest.splice(to, 0, name);
  return rest;
}
