// What stands under the columns: how many rows, and of each column the figure that was chosen, over the whole filter.
import { useTranslation } from "react-i18next";
import { DropdownMenu } from "../../ui/kumo";
import { type Chosen, type Figure, figuresOf, figureText } from "../list/figures";
import type { Sums } from "../list/rows";
import type { Column } from "./columns";
import { pinStyle } from "./columns";

interface Props {
  columns: Column[];
  sums: Sums;
  chosen: Chosen;
  total: number | null;
  /** The total is the planner's guess. */
  about: boolean;
  label: string;
  width: number;
  selectable: boolean;
  onFigure: (name: string, figure: Figure | "none") => void;
}

export function Foot({ columns, sums, chosen, total, about, label, width, selectable, onFigure }: Props) {
  const { t } = useTranslation();
  return (
    <div className="grid-foot" role="rowgroup" style={{ width }}>
      <div role="row" className="foot-row">
        {selectable ? <div className="cell check" role="gridcell" /> : null}
        {columns.map((column, at) => (
          <div
            key={column.field.name}
            role="gridcell"
            className={`cell ${column.end ? "end" : ""} ${at === 0 ? "first" : ""} ${column.left === null ? "" : "pinned"}`}
            style={{ width: column.width, ...pinStyle(column) }}
          >
            {at === 0 ? (
              total !== null ? (
                t(about ? "grid.about" : "grid.count", { count: total, label: label.toLowerCase() })
              ) : null
            ) : (
              <Choice column={column} sums={sums} chosen={chosen} total={total} onFigure={onFigure} />
            )}
          </div>
        ))}
      </div>
    </div>
  );
}

function Choice({
  column,
  sums,
  chosen,
  total,
  onFigure,
}: Pick<Props, "sums" | "chosen" | "total" | "onFigure"> & { column: Column }) {
  const { t } = useTranslation();
  const { field } = column;
  const figures = figuresOf(field);
  const figure = chosen.get(field.name);
  if (figures.length === 0) return null;
  const values = figure ? (sums.of.get(field.name) ?? []).slice(0, 3) : [];
  const said = figure && values.map((value) => figureText(field, figure, value, sums.count ?? total ?? 0)).join("  ");
  const name = t(figure ? `figures.${figure}` : "figures.none");
  return (
    <DropdownMenu>
      <DropdownMenu.Trigger
        render={
          <button
            type="button"
            className="figure"
            aria-label={t("figures.choose", { label: field.label, figure: name, value: said ?? "" })}
            title={name}
          >
            {said ? (
              <>
                {figure === "sum" ? null : <span className="muted">{name}</span>} <span className="num">{said}</span>
              </>
            ) : (
              <span className="figure-none">{t("figures.add")}</span>
            )}
          </button>
        }
      />
      <DropdownMenu.Content>
        {figures.map((each) => (
          <DropdownMenu.Item key={each} onClick={() => onFigure(field.name, each)}>
            {t(`figures.${each}`)}
          </DropdownMenu.Item>
        ))}
        <DropdownMenu.Item onClick={() => onFigure(field.name, "none")}>{t("figures.none")}</DropdownMenu.Item>
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}
