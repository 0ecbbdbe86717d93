import type { Field, ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";

/** What of a part is shown in its list: not what the engine fills, nor the way back to the whole. */
export const columnsOf = (part: ObjectDef): Field[] =>
  [...part.fields.values()].filter((f) => !f.system && f.kind !== "parts" && !(f.kind === "reference" && f.readOnly));

/** What is sent of a row: its id, so that it is changed and not made anew, and what may be written. */
export function sent(part: ObjectDef, row: Row): Record<string, unknown> {
  const kept = columnsOf(part).filter((f) => !f.readOnly && row[f.name] !== undefined);
  const fresh = row.id.startsWith("new-");
  return { ...(fresh ? {} : { id: row.id }), ...Object.fromEntries(kept.map((f) => [f.name, row[f.name]])) };
}
