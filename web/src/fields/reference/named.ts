import type { Field, Model } from "../../api/model";
import { embedKey, type Row } from "../../api/records";

/** The record that a reference leads to, as it came along with its row. */
export function referred(model: Model, field: Field, row: Partial<Row>): { id: string; title: string } | null {
  const record = row[embedKey(field)];
  if (!record || typeof record !== "object" || Array.isArray(record)) return null;
  const { id, ...rest } = record as Record<string, unknown>;
  const title = rest[model.objects.get(field.to ?? "")?.title ?? "name"] ?? Object.values(rest)[0];
  return { id: String(id), title: String(title ?? "") };
}

export function referredMany(field: Field, row: Partial<Row>): { id: string; title: string }[] {
  const records = row[embedKey(field)];
  if (!Array.isArray(records)) return [];
  return records.map((r: Record<string, unknown>) => ({ id: String(r.id), title: String(r.name ?? "") }));
}
