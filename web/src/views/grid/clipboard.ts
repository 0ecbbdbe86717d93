// Cells from and to a spreadsheet: lines and tabs.
import type { Field } from "../../api/model";
import type { Patch, Row } from "../../api/records";
import type { Kit } from "../../fields/kit";
import { isRecord } from "./bands";
import type { Column } from "./columns";
import type { Cell } from "./keys";

type KitOf = (field: Field) => Kit;

/** The selected rows with all columns, or the one cell. */
export function copyText(
  kitOf: KitOf,
  rows: Row[],
  columns: Column[],
  cell: Cell,
  selected: ReadonlySet<string>,
): string {
  const text = (row: Row, { field }: Column) => clean(kitOf(field).text(row[field.name], field, row));
  if (selected.size > 0) {
    const chosen = rows.filter((row) => selected.has(row.id));
    return chosen.map((row) => columns.map((column) => text(row, column)).join("\t")).join("\n");
  }
  const row = rows[cell.row];
  const column = columns[cell.column];
  return row && column ? text(row, column) : "";
}

const clean = (text: string): string => text.replace(/[\t\n\r]+/g, " ");

export interface Pasted {
  patches: { row: Row; patch: Patch }[];
  /** Cells that could not be read, or are not written by people. */
  bad: number;
}

export function pasteText(kitOf: KitOf, text: string, rows: Row[], columns: Column[], cell: Cell): Pasted {
  const patches: Pasted["patches"] = [];
  let bad = 0;
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  lines.forEach((line, down) => {
    const row = rows[cell.row + down];
    const patch: Patch = {};
    line.split("\t").forEach((each, right) => {
      const field = columns[cell.column + right]?.field;
      const parse = field && !field.readOnly ? kitOf(field).parse : undefined;
      const value = field && parse ? parse(each, field) : undefined;
      if (!field || value === undefined) bad += 1;
      else patch[field.name] = value;
    });
    if (row && isRecord(row) && Object.keys(patch).length > 0) patches.push({ row, patch });
  });
  return { patches, bad };
}
