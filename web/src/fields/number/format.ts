import type { Field } from "../../api/model";
import { formatDuration, formatMoney, formatNumber } from "../../ui/format";
import { parseDuration, parseNumber } from "../../ui/parse";

type Rec = Record<string, unknown>;

export function numberText(value: unknown, field: Field, row: Partial<Rec>): string {
  if (value === null || value === undefined || value === "") return "";
  const number = value as string | number;
  switch (field.kind) {
    case "money":
      return formatMoney(number, typeof row.currency === "string" ? row.currency : null);
    case "percent":
      return `${formatNumber(number)} %`;
    case "duration":
      return formatDuration(Number(number));
    default:
      return field.unit ? `${formatNumber(number)} ${field.unit}` : formatNumber(number);
  }
}

const whole = (kind: string) => kind === "integer" || kind === "rating" || kind === "counter";

/** As the API takes it: whole numbers and seconds as numbers, decimals as texts that keep every digit. */
export function readNumber(typed: string, field: Field): unknown {
  if (field.kind === "duration") return parseDuration(typed);
  const said = parseNumber(typed);
  if (said === null || said === undefined || !whole(field.kind)) return said;
  return /^-?\d+(\.0*)?$/.test(said) ? Number(said) : undefined;
}

export function editable(value: unknown, field: Field): string {
  if (value === null || value === undefined) return "";
  if (field.kind === "duration") return formatDuration(Number(value));
  return String(value)
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");
}
