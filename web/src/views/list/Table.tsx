// Rows, selection and writes come together with the grid, or with cards where it is narrow.
import { useVirtualizer } from "@tanstack/react-virtual";
import { lazy, type ReactNode, Suspense, useCallback, useRef, useSyncExternalStore } from "react";
import type { Field, ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";
import { Shimmer } from "../../ui/parts";
import { isRecord } from "../grid/bands";
import { Card } from "../grid/Card";
import { useColumns } from "../grid/columns";
import { Grid } from "../grid/Grid";
import { useSelection } from "../grid/selection";
import { useWrites } from "../save";
import { chosenFigures, type Figure, withFigure } from "./figures";
import { groupable, useGroups } from "./groups";
import { HEIGHTS, type Layout, useDensity } from "./layout";
import { Failed, Nothing } from "./Nothing";
import { useRows, useSums } from "./rows";
import { asked, type ListState, type Search, type Sort } from "./state";

const Bulk = lazy(() => import("./Bulk"));

interface Props {
  object: ObjectDef;
  state: ListState;
  names: string[];
  /** How the table is laid out, as the address says it. */
  layout: Layout;
  peeked: string | null;
  onState: (change: Partial<ListState>) => void;
  onLayout: (change: Search) => void;
  onPeek: (row: Row | null) => void;
  onOpen: (row: Row) => void;
  onNew: (() => void) | null;
  onImport: (() => void) | null;
}

export function Table(props: Props) {
  const { object, state, layout } = props;
  const narrow = useNarrow();
  const group = object.fields.get(layout.group ?? "");
  const clear = () => props.onState({ words: "", filters: [], view: null });
  const filtered = state.words !== "" || state.filters.length > 0 || state.view !== null;
  const nothing = (
    <Nothing object={object} filtered={filtered} onClear={clear} onNew={props.onNew} onImport={props.onImport} />
  );
  return !narrow && groupable(group) ? (
    <Grouped key={group.name} {...props} group={group} nothing={nothing} />
  ) : (
    <Plain {...props} narrow={narrow} nothing={nothing} />
  );
}

function Plain(props: Props & { narrow: boolean; nothing: ReactNode }) {
  const { object, state } = props;
  const shared = useShared(props);
  const { fields } = shared;
  const found = useRows(object, state, fields);
  const sums = useSums(object, state, fields, shared.chosen);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [isFetchingNextPage, fetchNextPage]);
  const rows = found.data?.pages.flatMap((page) => page.data) ?? [];
  // The list's own count is the planner's guess; the sums count, and so does having seen the last row.
  const exact = found.hasNextPage ? sums.count : rows.length;
  const total = exact ?? found.data?.pages[0]?.total ?? null;
  if (found.isError && rows.length === 0) return <Failed error={found.error} onAgain={() => void found.refetch()} />;
  if (found.isPending) return <Skeleton />;
  if (rows.length === 0) return props.nothing;
  if (props.narrow)
    return <Cards object={object} rows={rows} fields={fields} more={hasNextPage} onMore={more} onOpen={props.onOpen} />;
  return (
    <>
      <Grid
        {...shared.grid}
        rows={rows}
        total={total}
        about={exact === null}
        sums={sums}
        more={hasNextPage}
        onMore={more}
      />
      {shared.bulk(total, rows.length)}
    </>
  );
}

const NO_MORE = () => {};

function Grouped(props: Props & { group: Field; nothing: ReactNode }) {
  const { object, state, group } = props;
  const shared = useShared(props);
  const groups = useGroups(object, state, group, shared.fields, shared.chosen);
  const sums = useSums(object, state, shared.fields, shared.chosen);
  const { counted } = groups;
  if (counted.isError) return <Failed error={counted.error} onAgain={() => void counted.refetch()} />;
  if (counted.isPending) return <Skeleton />;
  if (groups.lines.length === 0) return props.nothing;
  return (
    <>
      <Grid
        {...shared.grid}
        rows={groups.lines}
        total={groups.count}
        about={false}
        sums={sums}
        more={false}
        onMore={NO_MORE}
        onBand={groups.toggle}
      />
      {shared.bulk(groups.count, groups.lines.filter(isRecord).length)}
    </>
  );
}

/** What a table has, in groups or not. */
function useShared(props: Props) {
  const { object, state, names, layout } = props;
  const { columns, resize } = useColumns(object, names, layout.pins);
  const fields = columns.map((c) => c.field);
  const chosen = chosenFigures(layout.foot, fields);
  const selection = useSelection();
  const writes = useWrites(object);
  const grid = {
    object,
    columns,
    chosen,
    selection,
    writes,
    height: HEIGHTS[useDensity()],
    sort: state.sort,
    peeked: props.peeked,
    onFigure: (name: string, figure: Figure | "none") =>
      props.onLayout({ _foot: withFigure(layout.foot, name, figure) }),
    onSort: (sort: Sort[]) => props.onState({ sort }),
    onColumns: (next: string[]) => props.onState({ columns: next }),
    onResize: resize,
    onOpen: props.onOpen,
    onPeek: props.onPeek,
  };
  const bulk = (total: number | null, loaded: number) =>
    selection.ids.size > 0 ? (
      <Suspense>
        <Bulk
          object={object}
          selection={selection}
          writes={writes}
          columns={fields}
          filter={asked(object, state)}
          total={total}
          loaded={loaded}
        />
      </Suspense>
    ) : null;
  return { columns, fields, chosen, grid, bulk };
}

function Cards(props: {
  object: ObjectDef;
  rows: Row[];
  fields: Field[];
  more: boolean;
  onMore: () => void;
  onOpen: (row: Row) => void;
}) {
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: props.rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 72,
    overscan: 8,
  });
  const seen = virtual.getVirtualItems();
  if (props.more && (seen.at(-1)?.index ?? 0) >= props.rows.length - 20) queueMicrotask(props.onMore);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the buttons inside are what is pressed
    // biome-ignore lint/a11y/useKeyWithClickEvents: buttons have their keys
    <div
      ref={scroll}
      className="scroll"
      onClick={(event) => {
        const at = (event.target as HTMLElement).closest<HTMLElement>("[data-row]")?.dataset.row;
        const row = at === undefined ? undefined : props.rows[Number(at)];
        if (row) props.onOpen(row);
      }}
    >
      <ul className="cards" style={{ height: virtual.getTotalSize() }} aria-label={props.object.labelPlural}>
        {seen.map((item) => {
          const row = props.rows[item.index];
          return row ? (
            <Card
              key={row.id}
              object={props.object}
              row={row}
              columns={props.fields}
              top={item.start}
              index={item.index}
            />
          ) : null;
        })}
      </ul>
    </div>
  );
}

export function Skeleton() {
  return (
    <div aria-busy="true" className="skeleton-rows">
      {Array.from({ length: 14 }, (_, at) => (
        <div key={at}>
          <Shimmer width={`${24 + ((at * 7) % 12)}%`} />
          <Shimmer width="12%" />
          <Shimmer width="9%" />
          <Shimmer width="14%" />
        </div>
      ))}
    </div>
  );
}

const query = () => matchMedia("(max-width: 639px)");

function useNarrow(): boolean {
  return useSyncExternalStore(
    (tell) => {
      const media = query();
      media.addEventListener("change", tell);
      return () => media.removeEventListener("change", tell);
    },
    () => query().matches,
  );
}
