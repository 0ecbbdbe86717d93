// The list of any object: as a table or a board, with its search, filters, columns and selection in the address.
import { Archive, Download, FileUp, Search as Glass, Plus } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { useLater } from "../../fields/reference/ask";
import { useKeys } from "../../ui/keys";
import { Button } from "../../ui/kumo";
import { Chips } from "../filters/Chips";
import { importable } from "../imports/draft";
import { mayImport, usePermissions } from "../permissions";
import { useViews } from "../saved/useViews";
import { ViewBar } from "../saved/ViewBar";
import { addressOf, differs, shapeOf, shownBy, type View } from "../saved/view";
import { ColumnMenu } from "./ColumnMenu";
import { LayoutMenu } from "./LayoutMenu";
import { layoutOf } from "./layout";
import { Shown } from "./Shown";
import { shapesOf } from "./shapes";
import { asked, type ListState, ordered, readState, type Search, usualColumns, writeState } from "./state";
import { Skeleton } from "./Table";

const Peek = lazy(() => import("../record/Peek").then(({ Peek: shown }) => ({ default: shown })));
/** What one opens from a list next: it is there before it is asked for. */
const loadNext = () => Promise.all([import("../record/Peek"), import("../record/RecordPage")]);
const ExportDialog = lazy(() => import("../exports/ExportDialog"));

interface Props {
  object: ObjectDef;
  search: Search;
  /** `replace`: no step of the browser's history. */
  onSearch: (search: Search, replace?: boolean) => void;
}

/** What the address says stands over what its view says; an address that says nothing opens the standard view. */
export default function ListPage({ object, search, onSearch }: Props) {
  const views = useViews(object);
  const bare = Object.keys(search).every((name) => name === "_peek");
  const named = views.all.find((v) => v.key === search._view) ?? null;
  const view = bare ? views.standard : named;
  // Which view is meant is not known before those that people saved are there.
  if (!views.complete && (bare || (search._view && !named))) return <Skeleton />;
  return <List object={object} views={views.all} view={view} address={search} onSearch={onSearch} />;
}

function List({
  object,
  views,
  view,
  address,
  onSearch,
}: {
  object: ObjectDef;
  views: View[];
  view: View | null;
  address: Search;
  onSearch: (search: Search, replace?: boolean) => void;
}) {
  const { t } = useTranslation();
  const { go } = useSurroundings();
  const search = shownBy(view, address);
  const state = readState(search);
  const shapes = shapesOf(object, search);
  const wanted = shapeOf(search);
  const shape = shapes.includes(wanted) ? wanted : "table";
  const names = state.columns?.filter((n) => object.fields.has(n)) ?? usualColumns(object);
  const layout = layoutOf(search);
  const [exporting, setExporting] = useState(false);
  const [filtering, setFiltering] = useState(false);
  const box = useRef<HTMLInputElement>(null);
  const show = (next: Search, replace = false) => onSearch(addressOf(view, next), replace);
  const set = (change: Partial<ListState>) => show(writeState({ ...state, ...change }, search), true);
  const only = (change: Search, replace = false) => show({ ...search, ...change }, replace);
  const peek = (row: Row | null) => only({ _peek: row?.id ?? "" }, true);
  const mayCreate = object.writable && object.rights.create !== "none";
  const create = () => go(`/${object.plural}/new`);
  const importing = mayImport(usePermissions()) && importable(object);
  const title = object.labelPlural;
  useEffect(() => {
    const timer = setTimeout(() => void loadNext(), 1200);
    return () => clearTimeout(timer);
  }, []);
  useKeys([
    { keys: "/", label: t("keys.search"), run: () => box.current?.focus() },
    { keys: "f", label: t("keys.filter"), run: () => setFiltering(true) },
    { keys: "Shift+f", label: t("keys.clear"), run: () => set({ filters: [], words: "", view: null }) },
    ...(mayCreate ? [{ keys: "c", label: t("new.one", { label: object.label }), run: create }] : []),
  ]);
  const file = asked(object, state);
  const order = ordered(object, state.sort);
  if (order) file.set("order", order);
  file.set("select", names.join(","));

  return (
    <>
      <h1 className="hidden-text">{title}</h1>
      <ViewBar
        object={object}
        views={views}
        view={view}
        dirty={differs(address)}
        shown={search}
        shape={shape}
        shapes={shapes}
        onView={(next) => onSearch({ _view: next?.key ?? "-" })}
        onReset={() => onSearch(view ? { _view: view.key } : {})}
        onShape={(next) => only({ _as: next === "table" ? "" : next })}
      />
      <div className="toolbar">
        <div className="search">
          <Glass aria-hidden="true" />
          <SearchBox
            key={object.name}
            box={box}
            label={t("search.in", { label: title.toLowerCase() })}
            words={state.words}
            onWords={(words) => set({ words })}
          />
        </div>
        <Chips
          object={object}
          filters={state.filters}
          onFilters={(filters) => set({ filters })}
          open={filtering}
          onOpen={setFiltering}
        />
        {shape !== "table" && shape !== "cards" ? null : (
          <span className="wide-only row">
            <ColumnMenu
              object={object}
              names={names}
              pins={layout.pins}
              onColumns={(columns) => set({ columns })}
              onPins={(pins) => only({ _pins: pins > 1 ? String(pins) : "" }, true)}
            />
            {shape === "table" ? (
              <LayoutMenu object={object} group={layout.group} onGroup={(group) => only({ _group: group })} />
            ) : null}
          </span>
        )}
        {object.archivable ? (
          <Button
            variant="ghost"
            size="sm"
            icon={<Archive aria-hidden="true" />}
            onClick={() => go(`/${object.plural}/archive`)}
          >
            <span className="narrow-hidden">{t("put_away.short")}</span>
          </Button>
        ) : null}
        <span className="grow" />
        {importing ? (
          <button
            type="button"
            className="icon-button wide-only"
            aria-label={t("imports.into", { label: title })}
            title={t("imports.into", { label: title })}
            onClick={() => go(`/imports/new?_object=${object.name}`)}
          >
            <FileUp aria-hidden="true" />
          </button>
        ) : null}
        <button
          type="button"
          className="icon-button wide-only"
          aria-label={t("export")}
          title={t("export")}
          onClick={() => setExporting(true)}
        >
          <Download aria-hidden="true" />
        </button>
        {mayCreate ? (
          <Button variant="primary" size="sm" icon={<Plus aria-hidden="true" />} onClick={create}>
            {t("new.one", { label: object.label })}
          </Button>
        ) : null}
      </div>
      {exporting ? (
        <Suspense>
          <ExportDialog object={object} query={file} onClose={() => setExporting(false)} />
        </Suspense>
      ) : null}
      <div className="with-peek">
        <div className="main">
          <Shown
            object={object}
            shape={shape}
            state={state}
            search={search}
            names={names}
            onState={set}
            onShow={only}
            onPeek={peek}
            onCreate={
              mayCreate ? (start) => go(`/${object.plural}/new${start ? `?${new URLSearchParams(start)}` : ""}`) : null
            }
            onImport={importing ? () => go(`/imports/new?_object=${object.name}`) : null}
          />
        </div>
        {search._peek && shape === "table" ? (
          <Suspense>
            <Peek key={object.name} object={object} id={search._peek} onClose={() => peek(null)} />
          </Suspense>
        ) : null}
      </div>
    </>
  );
}

/** What is typed stands at once; the list and the address follow when the typing pauses. */
function SearchBox(props: {
  box: React.RefObject<HTMLInputElement | null>;
  label: string;
  words: string;
  onWords: (words: string) => void;
}) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(props.words);
  const later = useLater(typed, 250);
  const tell = useRef(props.onWords);
  tell.current = props.onWords;
  const told = useRef(props.words);
  useEffect(() => {
    if (later === told.current) return;
    told.current = later;
    tell.current(later);
  }, [later]);
  useEffect(() => {
    if (props.words === told.current) return;
    told.current = props.words;
    setTyped(props.words);
  }, [props.words]);
  return (
    <input
      ref={props.box}
      className="field-input"
      type="search"
      placeholder={t("search.short")}
      aria-label={props.label}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      onKeyDown={(event) => event.key === "Escape" && props.box.current?.blur()}
    />
  );
}
