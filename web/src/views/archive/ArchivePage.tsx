// What was put away of an object: looked through, brought back, or deleted for good.
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Archive, ArchiveRestore, Search as Glass, SearchX, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Reply } from "../../api/http";
import type { ObjectDef } from "../../api/model";
import { list, type Row, selectOf } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { useLater } from "../../fields/reference/ask";
import { formatAgo, formatMoment } from "../../ui/format";
import { useKeys } from "../../ui/keys";
import { Button } from "../../ui/kumo";
import { Modal } from "../../ui/Modal";
import { Empty, Shimmer } from "../../ui/parts";
import { Failed } from "../list/Nothing";
import { useWrites } from "../save";
import { factsOf, putAway } from "./asked";

const WINDOW = 100;

export default function ArchivePage({ object }: { object: ObjectDef }) {
  const { t } = useTranslation();
  const { go } = useSurroundings();
  const [typed, setTyped] = useState("");
  const words = useLater(typed.trim(), 250);
  const box = useRef<HTMLInputElement>(null);
  const found = useArchived(object, words);
  const writes = useWrites(object);
  const rows = found.data?.pages.flatMap((page) => page.data) ?? [];
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [deleting, setDeleting] = useState<string[] | null>(null);
  // What is not shown any more is not chosen any more.
  const chosen = rows.filter((row) => picked.has(row.id)).map((row) => row.id);
  const pick = (id: string) =>
    setPicked((now) => (now.has(id) ? new Set([...now].filter((n) => n !== id)) : new Set([...now, id])));
  const mayRestore = object.rights.archive !== "none";
  const mayDelete = object.writable && object.rights.delete !== "none";
  const all = rows.length > 0 && chosen.length === rows.length;
  useKeys([{ keys: "/", label: t("keys.search"), run: () => box.current?.focus() }]);
  return (
    <div className="admin">
      <header className="row wrap">
        <h1 className="grow">{t("put_away.title", { label: object.labelPlural })}</h1>
        <div className="search-field">
          <Glass aria-hidden="true" />
          <input
            ref={box}
            className="field-input"
            type="search"
            placeholder={t("search.short")}
            aria-label={t("search.in", { label: t("put_away.title", { label: object.labelPlural }) })}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
      </header>
      {found.isPending ? <Shimmer width="60%" /> : null}
      {found.isError && rows.length === 0 ? <Failed error={found.error} onAgain={() => void found.refetch()} /> : null}
      {found.data && rows.length === 0 ? (
        <Nothing object={object} words={words} onClear={() => setTyped("")} onList={() => go(`/${object.plural}`)} />
      ) : null}
      {rows.length > 0 ? (
        <>
          {mayRestore || mayDelete ? (
            <div className="row wrap" role="toolbar" aria-label={t("bulk.title")}>
              <label className="option pick">
                <input
                  type="checkbox"
                  checked={all}
                  onChange={() => setPicked(all ? new Set() : new Set(rows.map((row) => row.id)))}
                />
                <span aria-live="polite">
                  {chosen.length > 0 ? t("bulk.selected", { count: chosen.length }) : t("grid.all")}
                </span>
              </label>
              {mayRestore ? (
                <Button
                  size="sm"
                  disabled={chosen.length === 0}
                  icon={<ArchiveRestore aria-hidden="true" />}
                  onClick={() => void writes.archive(chosen, false)}
                >
                  {t("restore")}
                </Button>
              ) : null}
              {mayDelete ? (
                <Button
                  size="sm"
                  variant="secondary-destructive"
                  disabled={chosen.length === 0}
                  icon={<Trash2 aria-hidden="true" />}
                  onClick={() => setDeleting(chosen)}
                >
                  {t("delete")}
                </Button>
              ) : null}
            </div>
          ) : null}
          <ul className="admin-list" aria-label={t("put_away.title", { label: object.labelPlural })}>
            {rows.map((row) => (
              <Line
                key={row.id}
                object={object}
                row={row}
                picked={picked.has(row.id)}
                onPick={mayRestore || mayDelete ? () => pick(row.id) : null}
                onRestore={mayRestore ? () => void writes.archive([row.id], false) : null}
                onDelete={mayDelete ? () => setDeleting([row.id]) : null}
              />
            ))}
          </ul>
        </>
      ) : null}
      {found.hasNextPage ? (
        <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("record.older")}
        </Button>
      ) : null}
      {deleting ? (
        <Modal
          title={t("bulk.delete_title", { count: deleting.length, label: object.labelPlural.toLowerCase() })}
          onClose={() => setDeleting(null)}
        >
          <p className="muted">{t("bulk.delete_about")}</p>
          <footer>
            <Button onClick={() => setDeleting(null)}>{t("cancel")}</Button>
            <Button variant="destructive" onClick={() => void writes.remove(deleting).then(() => setDeleting(null))}>
              {t("bulk.delete_do", { count: deleting.length })}
            </Button>
          </footer>
        </Modal>
      ) : null}
    </div>
  );
}

/** What was put away last comes first. */
function useArchived(object: ObjectDef, words: string) {
  const { model } = useSurroundings();
  const query = putAway(words);
  query.set("select", selectOf(model, object, factsOf(object)));
  query.set("limit", String(WINDOW));
  return useInfiniteQuery({
    queryKey: ["rows", object.name, query.toString()],
    initialPageParam: null as string | null,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam, signal }): Promise<Reply<Row[]>> => {
      const page = new URLSearchParams(query);
      if (pageParam) page.set("cursor", pageParam);
      return list(object, page, { signal });
    },
    getNextPageParam: (page: Reply<Row[]>) => (page.data.length < WINDOW ? null : page.cursor),
  });
}

interface LineProps {
  object: ObjectDef;
  row: Row;
  picked: boolean;
  onPick: (() => void) | null;
  onRestore: (() => void) | null;
  onDelete: (() => void) | null;
}

function Line({ object, row, picked, onPick, onRestore, onDelete }: LineProps) {
  const { t } = useTranslation();
  const { kitOf, go } = useSurroundings();
  const name = String(row[object.title] ?? "") || object.label;
  const at = String(row.archived_at ?? "");
  const path = `/${object.plural}/${row.id}`;
  const follow = (event: React.MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(path);
  };
  const facts = factsOf(object).map((field) => kitOf(field).text(row[field.name], field, row));
  return (
    <li>
      {onPick ? (
        <label className="option pick">
          <input type="checkbox" checked={picked} onChange={onPick} aria-label={t("put_away.pick", { name })} />
        </label>
      ) : null}
      <div className="grow">
        <a className="cut" href={path} onClick={follow}>
          {name}
        </a>
        <p className="about">{facts.filter(Boolean).join(" · ")}</p>
      </div>
      <time className="muted num" dateTime={at} title={formatMoment(at)}>
        {at ? formatAgo(at) : ""}
      </time>
      {onRestore ? (
        <Button
          size="sm"
          icon={<ArchiveRestore aria-hidden="true" />}
          aria-label={t("put_away.restore", { name })}
          onClick={onRestore}
        >
          {t("restore")}
        </Button>
      ) : null}
      {onDelete ? (
        <button type="button" className="icon-button" aria-label={t("put_away.delete", { name })} onClick={onDelete}>
          <Trash2 aria-hidden="true" />
        </button>
      ) : null}
    </li>
  );
}

function Nothing(props: { object: ObjectDef; words: string; onClear: () => void; onList: () => void }) {
  const { t } = useTranslation();
  const { object, words } = props;
  if (words)
    return (
      <Empty
        icon={<SearchX aria-hidden="true" />}
        title={t("nothing.fits", { label: object.labelPlural.toLowerCase() })}
        action={<Button onClick={props.onClear}>{t("put_away.clear")}</Button>}
      />
    );
  return (
    <Empty
      icon={<Archive aria-hidden="true" />}
      title={t("put_away.none")}
      action={<Button onClick={props.onList}>{t("imports.look", { label: object.labelPlural })}</Button>}
    >
      {t("put_away.none_about")}
    </Empty>
  );
}
