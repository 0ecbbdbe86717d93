// What stands under a column: a sum, an average, the least, the most, or how many are filled, over all rows of the filter.
import type { Field, ObjectDef } from "../../api/model";
import { formatDay, formatMoment, formatMoney, formatNumber } from "../../ui/format";

export const FIGURES = ["sum", "avg", "min", "max", "filled"] as const;
export type Figure = (typeof FIGURES)[number];

const ADDED = new Set(["money", "integer", "decimal", "duration"]);
const MEASURED = new Set([...ADDED, "percent", "rating"]);
const NEVER = new Set(["parts", "json", "address", "geo_point", "tags", "multi_select", "id", "counter"]);

/** Which figures a column may have. */
export function figuresOf(field: Field): Figure[] {
  if (field.system || field.many || NEVER.has(field.kind)) return [];
  if (ADDED.has(field.kind)) return [...FIGURES];
  if (MEASURED.has(field.kind)) return ["avg", "min", "max", "filled"];
  return field.kind === "date" || field.kind === "date_time" ? ["min", "max", "filled"] : ["filled"];
}

export type Chosen = Map<string, Figure>;

/** What was chosen (`amount:avg,stage:filled`); a column of amounts is summed unless somebody chose otherwise. */
export function chosenFigures(said: string | undefined, fields: Field[]): Chosen {
  const own = new Map((said ?? "").split(",").map((each) => each.split(":") as [string, string]));
  const chosen = fields.flatMap((field): [string, Figure][] => {
    const wanted = own.get(field.name) ?? (ADDED.has(field.kind) ? "sum" : "none");
    const figure = figuresOf(field).find((f) => f === wanted);
    return figure ? [[field.name, figure]] : [];
  });
  return new Map(chosen);
}

export function withFigure(said: string | undefined, name: string, figure: Figure | "none"): string {
  const others = (said ?? "").split(",").filter((each) => each !== "" && !each.startsWith(`${name}:`));
  return [...others, `${name}:${figure}`].join(",");
}

export const isByCurrency = (object: ObjectDef, fields: Field[], chosen: Chosen): boolean =>
  object.fields.has("currency") &&
  fields.some((f) => f.kind === "money" && (chosen.get(f.name) ?? "filled") !== "filled");

/** What is asked of the API: always how many rows, as `n`. */
export function figureSelect(object: ObjectDef, fields: Field[], chosen: Chosen): string[] {
  const asked = [...chosen].map(([name, figure]) => `${name}:${name}.${figure === "filled" ? "count" : figure}()`);
  return [...(isByCurrency(object, fields, chosen) ? ["currency"] : []), "n:count()", ...asked];
}

export interface Value {
  currency: string | null;
  value: unknown;
}

/** The answer's rows, which are one a currency, put together: column by column. */
export function figureValues(rows: Record<string, unknown>[], fields: Field[], chosen: Chosen): Map<string, Value[]> {
  const of = (field: Field): Value[] => {
    const figure = chosen.get(field.name);
    if (!figure) return [];
    const all = rows.map((row) => ({
      currency: (row.currency as string | null) ?? null,
      value: row[field.name] ?? null,
    }));
    if (field.kind === "money" && figure !== "filled") return all.filter((v) => Number(v.value ?? 0) !== 0);
    const found = all.map((v) => v.value).filter((v) => v !== null);
    return found.length === 0 ? [] : [{ currency: null, value: joined(field, figure, found, rows) }];
  };
  return new Map(fields.map((field) => [field.name, of(field)]));
}

function joined(field: Field, figure: Figure, values: unknown[], rows: Record<string, unknown>[]): unknown {
  if (figure === "sum" || figure === "filled") return values.reduce<number>((sum, v) => sum + Number(v), 0);
  if (figure === "avg") {
    const known = rows.filter((row) => (row[field.name] ?? null) !== null);
    return known.reduce((sum, row) => sum + Number(row[field.name]) * (Number(row.n ?? 0) / countOf(known)), 0);
  }
  const text = field.kind === "date" || field.kind === "date_time";
  const sorted = values.toSorted((a, b) => (text ? String(a).localeCompare(String(b)) : Number(a) - Number(b)));
  return figure === "min" ? sorted[0] : sorted.at(-1);
}

export const countOf = (rows: Record<string, unknown>[]): number =>
  rows.reduce((sum, row) => sum + Number(row.n ?? 0), 0);

export function figureText(field: Field, figure: Figure, { value, currency }: Value, count: number): string {
  if (figure === "filled") return count > 0 ? `${formatNumber(Math.round((Number(value) / count) * 100))} %` : "";
  if (field.kind === "date") return formatDay(String(value));
  if (field.kind === "date_time") return formatMoment(String(value));
  const number = Number(value);
  if (field.kind === "money") return formatMoney(number, currency);
  const text = formatNumber(Math.round(number * 100) / 100);
  return field.kind === "percent" ? `${text} %` : text;
}
