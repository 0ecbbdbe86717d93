import { formatDay } from "../../ui/format";
import type { Shown } from "../kit";

export function DateDisplay({ value }: Shown) {
  return typeof value === "string" ? (
    <time className="num" dateTime={value}>
      {formatDay(value)}
    </time>
  ) : null;
}
