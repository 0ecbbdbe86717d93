// A row on a phone: two lines, with what matters most of it.
import { memo } from "react";
import type { Field, ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";

export const Card = memo(function Card({
  object,
  row,
  columns,
  top,
  index,
}: {
  object: ObjectDef;
  row: Row;
  columns: Field[];
  top: number;
  index: number;
}) {
  const { kitOf } = useSurroundings();
  const rest = columns.filter((f) => f.name !== object.title && f.name !== object.stage);
  const find = (fits: (field: Field) => boolean) => rest.find((f) => fits(f) && filled(row[f.name]));
  const below =
    find((f) => f.kind === "reference") ??
    find((f) => ["text", "email", "phone"].includes(f.kind)) ??
    find((f) => f.kind === "user");
  const beside = find((f) => f.kind === "money") ?? find((f) => f.kind === "date" || f.kind === "date_time");
  const stage = object.stage ? object.fields.get(object.stage) : find((f) => f.kind === "select");
  const draw = (field: Field | undefined) => {
    if (!field) return null;
    const { Display } = kitOf(field);
    return <Display field={field} value={row[field.name]} row={row} dense />;
  };
  return (
    <li style={{ transform: `translateY(${top}px)` }}>
      <button type="button" className="row-card" data-row={index}>
        <span className="cut title">{String(row[object.title] ?? "") || "–"}</span>
        <span className="end">{draw(beside)}</span>
        <span className="cut muted">{draw(below)}</span>
        <span className="end">{draw(stage)}</span>
      </button>
    </li>
  );
});

const filled = (value: unknown): boolean =>
  value !== null && value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0);
