// One line of the grid. Plain elements and no handlers: the grid listens for all of them.
import { memo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Row as Data } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { useFlashing } from "../../ui/flash";
import { type Column, pinStyle } from "./columns";

interface Props {
  id: string;
  index: number;
  row: Data;
  columns: Column[];
  selected: boolean;
  /** The active column, if it is in this row. */
  active: number;
  editor: ReactNode;
  top: number;
  selectable: boolean;
}

export const Row = memo(function Row({ id, index, row, columns, selected, active, editor, top, selectable }: Props) {
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  const flashing = useFlashing(row.id);
  return (
    <div
      className="grid-row"
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selectable ? selected : undefined}
      data-row={index}
      data-active={active >= 0}
      style={{ transform: `translateY(${top}px)` }}
    >
      {selectable ? (
        <div className="cell check" role="gridcell" aria-colindex={1}>
          <input
            type="checkbox"
            tabIndex={-1}
            data-select=""
            checked={selected}
            readOnly
            aria-label={t("grid.select", { row: index + 1 })}
          />
        </div>
      ) : null}
      {columns.map((column, at) => {
        const { Display } = kitOf(column.field);
        return (
          <div
            key={column.field.name}
            id={`${id}-${index}-${at}`}
            className={`cell ${column.end ? "end" : ""} ${at === 0 ? "first" : ""} ${column.left === null ? "" : "pinned"}`}
            role="gridcell"
            aria-colindex={at + (selectable ? 2 : 1)}
            aria-readonly={column.field.readOnly || undefined}
            data-column={at}
            data-on={active === at}
            data-flash={flashing?.has(column.field.name) || undefined}
            style={{ width: column.width, ...pinStyle(column) }}
          >
            {active === at && editor ? (
              editor
            ) : (
              <Display field={column.field} value={row[column.field.name]} row={row} dense />
            )}
            {at === 0 && !editor ? (
              <a
                className="open"
                data-open=""
                href={`#${row.id}`}
                tabIndex={-1}
                aria-label={t("grid.open_row", { row: index + 1 })}
              >
                {t("grid.open")}
              </a>
            ) : null}
          </div>
        );
      })}
    </div>
  );
});
