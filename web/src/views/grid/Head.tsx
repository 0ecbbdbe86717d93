// The heads of the columns: a click sorts, a drag moves, the edge resizes; the arrow keys do all of it, too.
import { ArrowDown, ArrowUp } from "lucide-react";
import { useTranslation } from "react-i18next";
import { nextSort, type Sort, sortable } from "../list/state";
import { type Column, pinStyle } from "./columns";

interface Props {
  columns: Column[];
  sort: Sort[];
  onSort: (sort: Sort[]) => void;
  onMove: (name: string, onto: string) => void;
  onResize: (name: string, width: number) => void;
  all: boolean;
  some: boolean;
  onAll: () => void;
  selectable: boolean;
}

export function Head(props: Props) {
  const { t } = useTranslation();
  return (
    <div className="grid-head" role="row" aria-rowindex={1}>
      {props.selectable ? (
        <div className="cell check" role="columnheader" aria-colindex={1}>
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={t("grid.all")}
            checked={props.all}
            ref={(box) => {
              if (box) box.indeterminate = props.some && !props.all;
            }}
            onChange={props.onAll}
          />
        </div>
      ) : null}
      {props.columns.map((column, at) => (
        <HeadCell key={column.field.name} {...props} column={column} at={at} />
      ))}
    </div>
  );
}

function HeadCell({
  column,
  at,
  columns,
  sort,
  onSort,
  onMove,
  onResize,
  selectable,
}: Props & { column: Column; at: number }) {
  const { t } = useTranslation();
  const { field } = column;
  const sorted = sort.find((s) => s.field === field.name);
  const can = sortable(field);
  const neighbour = (step: number) => columns[at + step]?.field.name;
  const pressed = (event: React.KeyboardEvent) => {
    const side = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (side === 0 || !(event.altKey || event.shiftKey)) return;
    event.preventDefault();
    const onto = neighbour(side);
    if (event.shiftKey) onResize(field.name, column.width + side * 16);
    else if (onto) onMove(field.name, onto);
  };
  const resizing = (down: React.PointerEvent) => {
    down.preventDefault();
    down.stopPropagation();
    const start = down.clientX;
    const move = (event: PointerEvent) => onResize(field.name, column.width + event.clientX - start);
    const end = () => {
      document.removeEventListener("pointermove", move);
      document.removeEventListener("pointerup", end);
    };
    document.addEventListener("pointermove", move);
    document.addEventListener("pointerup", end);
  };
  return (
    <div
      className={`cell head ${column.end ? "end" : ""} ${column.left === null ? "" : "pinned"}`}
      role="columnheader"
      tabIndex={-1}
      aria-colindex={at + (selectable ? 2 : 1)}
      aria-sort={sorted ? (sorted.down ? "descending" : "ascending") : "none"}
      style={{ width: column.width, ...pinStyle(column) }}
      draggable
      onDragStart={(event) => event.dataTransfer.setData("text/column", field.name)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => onMove(event.dataTransfer.getData("text/column"), field.name)}
    >
      <button
        type="button"
        disabled={!can}
        title={t("grid.head")}
        onClick={(event) => onSort(nextSort(sort, field.name, event.shiftKey))}
        onKeyDown={pressed}
      >
        <span className="cut">{field.label}</span>
        {sorted ? sorted.down ? <ArrowDown aria-hidden="true" /> : <ArrowUp aria-hidden="true" /> : null}
      </button>
      <span
        className="col-edge"
        aria-hidden="true"
        onPointerDown={resizing}
        onDoubleClick={() => onResize(field.name, 180)}
      />
    </div>
  );
}
