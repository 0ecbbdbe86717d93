import type { Shown } from "../kit";
import { numberText } from "./format";

export function NumberDisplay({ field, value, row }: Shown) {
  return <span className="num">{numberText(value, field, row)}</span>;
}
