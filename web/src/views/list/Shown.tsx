// The same rows in the shape that was chosen; every shape but the table comes when it is asked for.
import { lazy, Suspense } from "react";
import type { ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import type { Shape } from "../saved/view";
import { layoutOf } from "./layout";
import { spanOf } from "./shapes";
import type { ListState, Search } from "./state";
import { Skeleton, Table } from "./Table";

const Board = lazy(() => import("../board/Board"));
const Calendar = lazy(() => import("../calendar/Calendar"));
const Cards = lazy(() => import("../cards/Cards"));
const Timeline = lazy(() => import("../timeline/Timeline"));

interface Props {
  object: ObjectDef;
  shape: Shape;
  state: ListState;
  search: Search;
  names: string[];
  onState: (change: Partial<ListState>) => void;
  /** `replace`: no step of the browser's history. */
  onShow: (change: Search, replace?: boolean) => void;
  onPeek: (row: Row | null) => void;
  onCreate: ((start?: Record<string, string>) => void) | null;
  onImport: (() => void) | null;
}

export function Shown(props: Props) {
  const { object, shape, state, search, names, onState, onShow, onCreate } = props;
  const { go } = useSurroundings();
  const span = spanOf(object, search, shape === "timeline");
  const open = (row: Row) => go(`/${object.plural}/${row.id}`);
  const onNew = onCreate ? () => onCreate() : null;
  const shared = { object, state, onOpen: open };
  const drawn =
    shape === "calendar" && span ? (
      <Calendar {...shared} span={span} search={search} onShow={onShow} onNew={onCreate} />
    ) : shape === "timeline" && span ? (
      <Timeline {...shared} span={span} search={search} onShow={onShow} />
    ) : shape === "board" ? (
      <Board {...shared} />
    ) : shape === "cards" ? (
      <Cards {...shared} names={names} onClear={() => onState({ words: "", filters: [], view: null })} onNew={onNew} />
    ) : null;
  if (drawn) return <Suspense fallback={<Skeleton />}>{drawn}</Suspense>;
  return (
    <Table
      {...shared}
      key={object.name}
      names={names}
      layout={layoutOf(search)}
      onLayout={(change) => onShow(change, true)}
      peeked={search._peek ?? null}
      onState={onState}
      onPeek={props.onPeek}
      onNew={onNew}
      onImport={props.onImport}
    />
  );
}
