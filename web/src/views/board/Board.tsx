// Records in the columns of their stages: moved by dragging, by Alt and the arrows, or from a menu.
import { monitorForElements } from "@atlaskit/pragmatic-drag-and-drop/element/adapter";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Field, type ObjectDef, pipelineOf } from "../../api/model";
import { aggregate, type Row } from "../../api/records";
import { refresh } from "../cache";
import { Failed } from "../list/Nothing";
import { askedSums, type ListState, usualColumns } from "../list/state";
import { GapForm, useMove } from "../record/Stages";
import { useWrites } from "../save";
import { Lane, type Sum } from "./Lane";

export default function Board({
  object,
  state,
  onOpen,
}: {
  object: ObjectDef;
  state: ListState;
  onOpen: (row: Row) => void;
}) {
  const { t } = useTranslation();
  const writes = useWrites(object);
  const { move, gap, close } = useMove(object, writes);
  const cache = useQueryClient();
  const [said, setSaid] = useState("");
  const [moving, setMoving] = useState<Record<string, Row>>({});
  const stage = object.fields.get(object.stage ?? "");
  const sums = useLaneSums(object, state, stage);
  const fields = useMemo(
    () =>
      usualColumns(object)
        .map((n) => object.fields.get(n))
        .filter((f): f is Field => f !== undefined),
    [object],
  );
  const board = useRef<HTMLDivElement>(null);

  const put = (row: Row, to: string) => {
    const label = stage?.options.find((o) => o.value === to)?.label ?? to;
    setSaid(t("board.moved", { name: String(row[object.title] ?? ""), stage: label }));
    void travel(row, to);
  };
  /** The card stands in its new lane at once, and stays under way until both lanes are as the server says. */
  const travel = async (row: Row, to: string) => {
    if (!stage) return;
    const card: Row = { ...row, [stage.name]: to };
    setMoving((now) => ({ ...now, [row.id]: card }));
    focusCard(board.current, row.id);
    if (await move(row, to)) await refresh(cache, object.name);
    // It may have been moved on meanwhile: then it is still under way.
    setMoving((now) => {
      const { [row.id]: last, ...others } = now;
      return last === card ? others : now;
    });
    focusCard(board.current, row.id);
  };
  const now = useRef(put);
  now.current = put;
  useEffect(
    () =>
      monitorForElements({
        onDrop: ({ source, location }) => {
          const to = location.current.dropTargets[0]?.data.stage;
          const row = source.data.row as Row | undefined;
          if (row && typeof to === "string") now.current(row, to);
        },
      }),
    [],
  );
  if (!stage) return null;
  if (sums.isError) return <Failed error={sums.error} onAgain={() => void sums.refetch()} />;
  const step = (row: Row, by: number) => {
    const stages = pipelineOf(object, row)?.stages ?? [];
    const at = stages.findIndex((o) => o.value === row[stage.name]);
    const to = stages[at + by]?.value;
    if (to) put(row, to);
  };
  const may = !stage.readOnly && object.rights.update !== "none";
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section ref={board} className="board" aria-label={t("board.title", { label: object.labelPlural })} tabIndex={0}>
      {stage.options.map((option) => (
        <Lane
          key={option.value}
          object={object}
          state={state}
          stage={stage}
          option={option}
          sums={sums.data?.get(option.value) ?? []}
          known={sums.data !== undefined}
          fields={fields}
          moving={moving}
          movable={may}
          onOpen={onOpen}
          onMove={put}
          onStep={step}
        />
      ))}
      <p className="hidden-text" aria-live="assertive">
        {said}
      </p>
      {gap ? <GapForm object={object} gap={gap} writes={writes} onClose={close} /> : null}
    </section>
  );
}

/** How many stand in each stage, and what they come to: one question for the whole board. */
function useLaneSums(object: ObjectDef, state: ListState, stage: Field | undefined) {
  const money = [...object.fields.values()].find((f) => f.kind === "money");
  const currency = object.fields.has("currency") && money;
  const query = askedSums(object, state);
  query.set(
    "select",
    [stage?.name, ...(currency ? ["currency"] : []), "n:count()", ...(money ? [`s:${money.name}.sum()`] : [])].join(
      ",",
    ),
  );
  return useQuery({
    queryKey: ["sums", object.name, "board", query.toString()],
    enabled: stage !== undefined,
    queryFn: async () => {
      const rows = await aggregate(object, query);
      const sum = (row: Record<string, unknown>): Sum => ({
        count: Number(row.n ?? 0),
        sum: money ? Number(row.s ?? 0) : null,
        currency: typeof row.currency === "string" ? row.currency : null,
      });
      const lanes = Map.groupBy(rows, (row) => String(row[stage?.name ?? ""] ?? ""));
      return new Map([...lanes].map(([lane, all]) => [lane, all.map(sum)]));
    },
  });
}

function focusCard(board: HTMLElement | null, id: string): void {
  requestAnimationFrame(() => {
    // A card that changes its lane loses the focus; whoever has gone elsewhere meanwhile keeps theirs.
    if (document.activeElement === document.body) board?.querySelector<HTMLElement>(`[data-card="${id}"]`)?.focus();
  });
}
