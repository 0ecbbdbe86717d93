// What stands under the columns: how many rows, and what they sum to, over the whole filter.
import { useTranslation } from "react-i18next";
import { formatMoney, formatNumber } from "../../ui/format";
import type { Sums } from "../list/rows";
import type { Column } from "./columns";

interface Props {
  columns: Column[];
  sums: Sums;
  total: number | null;
  /** The total is the planner's guess. */
  about: boolean;
  label: string;
  width: number;
  selectable: boolean;
}

export function Foot({ columns, sums, total, about, label, width, selectable }: Props) {
  const { t } = useTranslation();
  return (
    <div className="grid-foot" role="rowgroup" style={{ width }}>
      <div role="row" className="foot-row">
        {selectable ? <div className="cell check" role="gridcell" /> : null}
        {columns.map((column, at) => (
          <div
            key={column.field.name}
            role="gridcell"
            className={`cell ${column.end ? "end" : ""} ${at === 0 ? "first" : ""}`}
            style={{ width: column.width }}
          >
            {at === 0 && total !== null
              ? t(about ? "grid.about" : "grid.count", { count: total, label: label.toLowerCase() })
              : null}
            {(sums.of.get(column.field.name) ?? []).slice(0, 3).map(({ currency, sum }) => (
              <span key={currency} className="num" title={t("grid.sum")}>
                {column.field.kind === "money" ? formatMoney(sum, currency) : formatNumber(sum)}
              </span>
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}
