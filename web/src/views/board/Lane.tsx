// One stage of the board: its count and sum, and its cards, more of them when asked.
import { dropTargetForElements } from "@atlaskit/pragmatic-drag-and-drop/element/adapter";
import { ChevronsLeftRight } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Field, ObjectDef, Option } from "../../api/model";
import type { Row } from "../../api/records";
import { formatShort } from "../../ui/format";
import { Button } from "../../ui/kumo";
import { Chip } from "../../ui/parts";
import { useRows } from "../list/rows";
import type { ListState } from "../list/state";
import { BoardCard } from "./BoardCard";

export interface Sum {
  count: number;
  sum: number | null;
  currency: string | null;
}

interface Props {
  object: ObjectDef;
  state: ListState;
  stage: Field;
  option: Option;
  sums: Sum[];
  /** The sums are there: a lane without any has no cards in this filter. */
  known: boolean;
  fields: Field[];
  /** Cards that are under way, as they will be. */
  moving: Record<string, Row>;
  movable: boolean;
  onOpen: (row: Row) => void;
  onMove: (row: Row, to: string) => void;
  onStep: (row: Row, by: number) => void;
}

export function Lane(props: Props) {
  const { object, state, stage, option, sums, fields } = props;
  const { t } = useTranslation();
  const key = `kontor.folded.${object.name}.${option.value}`;
  const [folded, setFolded] = useState(() => localStorage.getItem(key) === "1");
  const [over, setOver] = useState(false);
  const lane = useRef<HTMLElement>(null);
  const others = state.filters.filter((f) => f.field !== stage.name);
  const own = { ...state, filters: [...others, { field: stage.name, condition: `eq.${option.value}` }] };
  const count = sums.reduce((sum, s) => sum + s.count, 0);
  const found = useRows(object, own, fields);
  const here = (row: Row) => row[stage.name] === option.value;
  const arriving = Object.values(props.moving).filter(here);
  const rows = [
    ...arriving,
    ...(props.known && count === 0 ? [] : (found.data?.pages.flatMap((page) => page.data) ?? [])).filter(
      (row) => here(row) && !props.moving[row.id],
    ),
  ];
  useEffect(() => {
    const element = lane.current;
    if (!element) return;
    return dropTargetForElements({
      element,
      getData: () => ({ stage: option.value }),
      onDragEnter: () => setOver(true),
      onDragLeave: () => setOver(false),
      onDrop: () => setOver(false),
    });
  }, [option.value]);
  const fold = () => {
    setFolded(!folded);
    localStorage.setItem(key, folded ? "" : "1");
  };
  const money = sums.filter((s) => s.sum !== null && s.sum !== 0).slice(0, 2);
  return (
    <section ref={lane} className="lane" data-over={over} data-folded={folded} aria-label={`${option.label}: ${count}`}>
      <header>
        <Chip hue={option.color}>{option.label}</Chip>
        <span className="num muted">{count}</span>
        <span className="grow" />
        {folded
          ? null
          : money.map((s) => (
              <b key={s.currency} className="num">
                {formatShort(s.sum ?? 0, s.currency)}
              </b>
            ))}
        <button
          type="button"
          className="icon-button"
          aria-expanded={!folded}
          aria-label={t("board.fold", { stage: option.label })}
          onClick={fold}
        >
          <ChevronsLeftRight aria-hidden="true" />
        </button>
      </header>
      {folded ? null : (
        <ul className="lane-cards">
          {rows.map((row) => (
            <BoardCard key={row.id} {...props} row={row} />
          ))}
          {found.hasNextPage ? (
            <li>
              <Button
                size="sm"
                variant="ghost"
                loading={found.isFetchingNextPage}
                onClick={() => void found.fetchNextPage()}
              >
                {t("board.more")}
              </Button>
            </li>
          ) : null}
          {rows.length === 0 && props.known && (count === 0 || !found.isPending) ? (
            <li className="muted lane-empty">{t("board.empty")}</li>
          ) : null}
        </ul>
      )}
    </section>
  );
}
