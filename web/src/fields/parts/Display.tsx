import type { Row } from "../../api/records";
import { useSurroundings } from "../context";
import type { Shown } from "../kit";
import { columnsOf } from "./columns";

/** In a table how many there are, on a page all of them. */
export function PartsDisplay({ field, value, row, dense }: Shown) {
  const { model, kitOf } = useSurroundings();
  const part = model.objects.get(field.of ?? "");
  const rows = Array.isArray(value) ? (value as Row[]) : [];
  if (!part || dense) return <span className="num">{rows.length > 0 ? rows.length : ""}</span>;
  const columns = columnsOf(part).filter((c) => rows.some((r) => (r[c.name] ?? "") !== ""));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div className="parts-scroll" role="group" tabIndex={0} aria-label={field.label}>
      <table className="parts">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" className={kitOf(column).end ? "end" : ""}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((each) => (
            <tr key={each.id}>
              {columns.map((column) => {
                const { Display, end } = kitOf(column);
                return (
                  <td key={column.name} className={end ? "end" : ""}>
                    <Display field={column} value={each[column.name]} row={{ ...each, currency: row.currency }} dense />
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
