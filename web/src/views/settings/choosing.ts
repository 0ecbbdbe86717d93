// Whose value is kept, field by field, when two records become one.
import type { Field, ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";

const isEmpty = (value: unknown) =>
  value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);

/** Fields that a merge decides about: what people write. */
export const decided = (object: ObjectDef): Field[] =>
  [...object.fields.values()].filter((f) => !f.system && !f.readOnly && !f.of && f.kind !== "auto_number");

export const differs = (field: Field, a: Row, b: Row): boolean =>
  JSON.stringify(a[field.name] ?? null) !== JSON.stringify(b[field.name] ?? null);

/** As the server has it where nobody chooses: the survivor's own, else what is filled. */
export const keptOf = (field: Field, survivor: Row, other: Row, chosen: Record<string, string>): string =>
  chosen[field.name] ?? (isEmpty(survivor[field.name]) && !isEmpty(other[field.name]) ? other.id : survivor.id);

/** Lists are united unless somebody chooses. */
export const united = (field: Field, chosen: Record<string, string>): boolean =>
  (field.many || field.kind === "tags" || field.kind === "multi_select") && chosen[field.name] === undefined;
