import { formatAgo, formatMoment } from "../../ui/format";
import type { Shown } from "../kit";

export function DateTimeDisplay({ field, value }: Shown) {
  if (typeof value !== "string") return null;
  return (
    <time className="num" dateTime={value} title={formatMoment(value)}>
      {field.system ? formatAgo(value) : formatMoment(value)}
    </time>
  );
}
