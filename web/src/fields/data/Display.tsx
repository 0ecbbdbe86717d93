import type { Shown } from "../kit";

export function DataDisplay({ field, value, dense }: Shown) {
  const text = dataText(value, field.kind);
  return dense ? <>{text}</> : <code className="long-text">{text}</code>;
}

export function dataText(value: unknown, kind: string): string {
  if (value === null || value === undefined) return "";
  if (kind === "geo_point") {
    const { lat, lon } = value as { lat?: number; lon?: number };
    return `${lat ?? ""}, ${lon ?? ""}`;
  }
  return JSON.stringify(value);
}
