// The head of a group: its name, how many there are, what its columns come to; or the line that brings more of its rows.
import { ChevronDown, ChevronRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import { formatNumber } from "../../ui/format";
import { Chip } from "../../ui/parts";
import { type Chosen, figureText } from "../list/figures";
import type { Band } from "./bands";
import type { Column } from "./columns";

interface Props {
  id: string;
  index: number;
  band: Band;
  columns: Column[];
  chosen: Chosen;
  active: boolean;
  top: number;
  selectable: boolean;
}

export function BandRow({ id, index, band, columns, chosen, active, top, selectable }: Props) {
  const { t } = useTranslation();
  const Fold = band.open ? ChevronDown : ChevronRight;
  return (
    <div
      className="grid-row band"
      role="row"
      aria-rowindex={index + 2}
      aria-expanded={band.more === null ? band.open : undefined}
      data-row={index}
      data-active={active}
      data-more={band.more !== null}
      style={{ transform: `translateY(${top}px)` }}
    >
      {columns.map((column, at) => (
        <div
          key={column.field.name}
          id={`${id}-${index}-${at}`}
          role="gridcell"
          aria-colindex={at + (selectable ? 2 : 1)}
          className={`cell ${column.end ? "end" : ""} ${at === 0 ? "first pinned" : ""}`}
          data-column={at}
          data-on={active && at === 0}
          style={{ width: column.width + (at === 0 && selectable ? 40 : 0), ...(at === 0 ? { left: 0 } : {}) }}
        >
          {at > 0 ? (
            band.more === null ? (
              <Figures band={band} column={column} chosen={chosen} />
            ) : null
          ) : band.more !== null ? (
            <span className="link-like">{t("groups.more", { count: band.more })}</span>
          ) : (
            <span className="row cut">
              <Fold aria-hidden="true" />
              {band.hue ? <Chip hue={band.hue}>{band.label}</Chip> : <span className="cut">{band.label}</span>}
              <span className="muted num">{formatNumber(band.count)}</span>
            </span>
          )}
        </div>
      ))}
    </div>
  );
}

function Figures({ band, column, chosen }: { band: Band; column: Column; chosen: Chosen }) {
  const { field } = column;
  const figure = chosen.get(field.name);
  if (!figure) return null;
  return (
    <span className="num cut">
      {(band.values.get(field.name) ?? [])
        .slice(0, 2)
        .map((value) => figureText(field, figure, value, band.count))
        .join(" · ")}
    </span>
  );
}
