import type { Shown } from "../kit";

export function LongTextDisplay({ value, dense }: Shown) {
  const text = String(value ?? "");
  return dense ? <>{text.replaceAll(/\s+/g, " ")}</> : <span className="long-text">{text}</span>;
}
