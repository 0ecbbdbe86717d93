// Any record as a card, with its picture where it has one; as many beside each other as there is room for.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Field, ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { initials } from "../../ui/parts";
import { Failed, Nothing } from "../list/Nothing";
import { useRows } from "../list/rows";
import type { ListState } from "../list/state";
import { type Picture, pictureOf } from "./picture";
import "./cards.css";

interface Props {
  object: ObjectDef;
  state: ListState;
  names: string[];
  onClear: () => void;
  onOpen: (row: Row) => void;
  onNew: (() => void) | null;
}

const WIDTH = 250;
/** Under the title stand so many fields. */
const LINES = 4;

export default function Cards({ object, state, names, onClear, onOpen, onNew }: Props) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const picture = pictureOf(model, object);
  const fields = names.map((n) => object.fields.get(n)).filter((f): f is Field => f !== undefined);
  const found = useRows(object, state, fields, true, picture?.select ?? null);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const scroll = useRef<HTMLDivElement>(null);
  const width = useWidth(scroll, found.isPending);
  const beside = Math.max(1, Math.floor((width - 32) / WIDTH));
  const rows = found.data?.pages.flatMap((page) => page.data) ?? [];
  const shown = fields.filter((f) => f.name !== object.title && f.kind !== "parts").slice(0, LINES);
  const height = 54 + shown.length * 22 + (picture ? 140 : 0);
  const virtual = useVirtualizer({
    count: Math.ceil(rows.length / beside),
    getScrollElement: () => scroll.current,
    estimateSize: () => height + 12,
    overscan: 3,
  });
  useEffect(() => {
    if (height) virtual.measure();
  }, [height, virtual]);
  const seen = virtual.getVirtualItems();
  const end = ((seen.at(-1)?.index ?? 0) + 1) * beside;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && end >= rows.length - 20) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, end, rows.length]);
  if (found.isError && rows.length === 0) return <Failed error={found.error} onAgain={() => void found.refetch()} />;
  if (!found.isPending && rows.length === 0) {
    const filtered = state.words !== "" || state.filters.length > 0 || state.view !== null;
    return <Nothing object={object} filtered={filtered} onClear={onClear} onNew={onNew} onImport={null} />;
  }
  return (
    <section
      ref={scroll}
      className="scroll gallery"
      aria-label={t("cards.title", { label: object.labelPlural })}
      aria-busy={found.isPending}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <ul style={{ height: virtual.getTotalSize() }}>
        {seen.flatMap((item) =>
          rows.slice(item.index * beside, (item.index + 1) * beside).map((row, at) => (
            <li
              key={row.id}
              style={{
                height,
                width: `calc((100% - ${(beside - 1) * 12}px) / ${beside})`,
                left: `calc((100% + 12px) / ${beside} * ${at})`,
                transform: `translateY(${item.start}px)`,
              }}
            >
              <GalleryCard object={object} row={row} fields={shown} picture={picture} onOpen={onOpen} />
            </li>
          )),
        )}
      </ul>
    </section>
  );
}

function GalleryCard(props: {
  object: ObjectDef;
  row: Row;
  fields: Field[];
  picture: Picture | null;
  onOpen: (row: Row) => void;
}) {
  const { object, row, fields, picture } = props;
  const { kitOf } = useSurroundings();
  const [broken, setBroken] = useState(false);
  const name = String(row[object.title] ?? "") || object.label;
  const src = broken ? null : (picture?.of(row) ?? null);
  return (
    <article className="gallery-card" data-record={row.id}>
      {picture ? (
        <div className="gallery-picture" aria-hidden="true">
          {src ? (
            <img src={src} alt="" loading="lazy" onError={() => setBroken(true)} />
          ) : (
            <span>{initials(name)}</span>
          )}
        </div>
      ) : null}
      <h2>
        <button type="button" className="cut" onClick={() => props.onOpen(row)}>
          {name}
        </button>
      </h2>
      <dl>
        {fields.map((field) => {
          const { Display } = kitOf(field);
          return (
            <div key={field.name}>
              <dt className="cut">{field.label}</dt>
              <dd className="cut">
                <Display field={field} value={row[field.name]} row={row} dense />
              </dd>
            </div>
          );
        })}
      </dl>
    </article>
  );
}

function useWidth(box: React.RefObject<HTMLElement | null>, again: boolean): number {
  const [width, setWidth] = useState(1000);
  useEffect(() => {
    const element = box.current;
    if (!element || again) return;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    setWidth(element.clientWidth);
    return () => watch.disconnect();
  }, [box, again]);
  return width;
}
