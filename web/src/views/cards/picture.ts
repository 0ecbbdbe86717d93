// Which picture stands for a record: the first file that it names, or itself where it is a file.
import { address } from "../../api/http";
import type { Field, Model, ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";

export interface Picture {
  /** What is asked beside the fields; the record itself where it is a file. */
  select: string | null;
  of: (row: Row) => string | null;
}

const SHOWN = "_picture";

const isImage = (type: unknown): boolean => typeof type === "string" && /^image\/(jpeg|png|gif|webp)$/.test(type);

const url = (id: unknown): string =>
  address("/api/v1/files/{id}/content", { path: { id: String(id) }, query: new URLSearchParams({ inline: "true" }) });

const typeOf = (object: ObjectDef | undefined): Field | undefined => object?.fields.get("mime_type");

export function pictureOf(model: Model, object: ObjectDef): Picture | null {
  const fields = [...model.objects.values()].flatMap((o) => [...o.fields.values()]);
  const own = typeOf(object);
  if (own && fields.some((f) => f.kind === "file" && f.to === object.name))
    return { select: own.name, of: (row) => (isImage(row[own.name]) ? url(row.id) : null) };
  const field = [...object.fields.values()].find(
    (f) => f.kind === "file" && !f.many && f.embed && typeOf(model.objects.get(f.to ?? "")),
  );
  if (!field) return null;
  return {
    select: `${SHOWN}:${field.embed}(id,mime_type)`,
    of: (row) => {
      const file = row[SHOWN] as Row | null | undefined;
      return file && isImage(file.mime_type) ? url(file.id) : null;
    },
  };
}
