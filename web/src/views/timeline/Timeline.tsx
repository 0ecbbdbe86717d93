// Records from start to end, one under the other: what waits for what, what decides the end, and where today is.
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronLeft, ChevronRight, X } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { formatDay } from "../../ui/format";
import { Button } from "../../ui/kumo";
import { warn } from "../../ui/toast";
import { groupable } from "../list/groups";
import { Failed } from "../list/Nothing";
import type { Span } from "../list/shapes";
import { addDays, colourField, hueOfRow, MOST, moved, today, useSpanRows, within } from "../list/spans";
import type { ListState, Search } from "../list/state";
import { useWrites } from "../save";
import { useMe } from "../saved/useViews";
import { Arrows, type Box } from "./Arrows";
import { BAR, Bar, type Drag } from "./Bar";
import { HEAD, Head } from "./Head";
import { critical, linkOf, linkSelect, linksIn, shifts } from "./links";
import { type Line, linesOf, placeOf, placesOf } from "./places";
import { beside, minors, type Scale, scaleOf, ZOOMS, type Zoom } from "./scale";
import "./timeline.css";

interface Props {
  object: ObjectDef;
  state: ListState;
  span: Span;
  search: Search;
  onShow: (change: Search) => void;
  onOpen: (row: Row) => void;
}

const LINE = 32;

export default function Timeline({ object, state, span, search, onShow, onOpen }: Props) {
  const { t } = useTranslation();
  const { model, kitOf } = useSurroundings();
  const now = today(useMe()?.timezone ?? model.timezone);
  const zoom: Zoom = ZOOMS.find((z) => z === search._zoom) ?? "week";
  const date = search._date ?? now;
  const scale = useMemo(() => scaleOf(zoom, date), [zoom, date]);
  const link = useMemo(() => linkOf(model, object), [model, object]);
  const chosen = object.fields.get(search._group ?? "");
  const group = groupable(chosen) && chosen.kind !== "date" && chosen.kind !== "date_time" ? chosen : null;
  const progress = [...object.fields.values()].find(
    (f) => f.kind === "percent" && /progress|done|complete/.test(f.name),
  );
  const { found, rows } = useSpanRows(object, state, span, within(span, scale.from, scale.to), {
    fields: [group, progress, colourField(object)].filter((f) => !!f),
    ...(link ? { select: linkSelect(link) } : {}),
  });
  const writes = useWrites(object);
  const [drag, setDrag] = useState<Drag | null>(null);
  const [behind, setBehind] = useState<{ name: string; by: Map<string, number> } | null>(null);
  const [spoken, setSpoken] = useState("");
  const scroll = useRef<HTMLElement>(null);
  const text = (row: Row) => (group ? kitOf(group).text(row[group.name], group, row) : "");
  const none = group ? t("groups.none", { label: group.label }) : "";
  const lines = linesOf(rows, group ? (row) => text(row) || none : null);
  const links = useMemo(() => (link ? linksIn(rows, link) : []), [rows, link]);
  const places = useMemo(() => placesOf(rows, span), [rows, span]);
  const tense = useMemo(() => critical(links, places), [links, places]);
  const colour = colourField(object);
  const may = object.writable && object.rights.update !== "none" && !span.start.readOnly && !span.end?.readOnly;

  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => LINE,
    overscan: 10,
    scrollPaddingStart: HEAD,
  });
  const seen = virtual.getVirtualItems();
  const boxes = new Map<string, Box>();
  lines.forEach((line, at) => {
    const place = line.row && placeOf(line.row, span, drag?.id === line.row.id ? drag : null);
    if (!line.row || !place) return;
    const x = scale.at(place.from);
    boxes.set(line.row.id, {
      x,
      y: at * LINE + (LINE - BAR) / 2,
      width: place.single ? 0 : Math.max(scale.at(place.to) - x, 3),
    });
  });

  const drop = (row: Row, by: Drag) => {
    const change = (name: string | undefined, days: number) => {
      const field = object.fields.get(name ?? "");
      const value = row[name ?? ""];
      return field && days !== 0 && typeof value === "string" ? { [field.name]: moved(field, value, days) } : {};
    };
    const patch = { ...change(span.start.name, by.start), ...change(span.end?.name, by.end) };
    const next = placeOf(row, span, by);
    if (Object.keys(patch).length === 0 || !next || next.to < next.from) return;
    const name = String(row[object.title] ?? "");
    setSpoken(
      t("timeline.moved", { name, from: formatDay(next.from.slice(0, 10)), to: formatDay(addDays(next.last, 0)) }),
    );
    const later = new Map(places);
    const place = later.get(row.id);
    if (place) later.set(row.id, { start: place.start + by.start, end: place.end + by.end });
    const needed = shifts(links, later, [row.id]);
    setBehind(needed.size > 0 ? { name, by: needed } : null);
    writes.save(row, { patch }).catch((error: unknown) => {
      setBehind(null);
      warn(t("refused.title"), writes.sentence(error));
    });
  };
  const shift = async () => {
    if (!behind) return;
    const changes = rows.flatMap((row) => {
      const days = behind.by.get(row.id);
      if (!days) return [];
      const own = [span.start, span.end].flatMap((field) => {
        const value = field ? row[field.name] : null;
        return field && typeof value === "string" ? [[field.name, moved(field, value, days)]] : [];
      });
      return [{ id: row.id, ...Object.fromEntries(own) }];
    });
    if (await writes.saveEach(changes)) setBehind(null);
  };
  const pressed = (key: React.KeyboardEvent) => {
    const id = (key.target as HTMLElement).closest<HTMLElement>("[data-record]")?.dataset.record;
    const at = lines.findIndex((line) => line.row?.id === id);
    const row = lines[at]?.row;
    if (!id || !row) return;
    const side = key.key === "ArrowLeft" ? -1 : key.key === "ArrowRight" ? 1 : 0;
    if (key.key === "Enter") onOpen(row);
    else if (key.altKey && side !== 0 && may)
      drop(row, { id, start: key.shiftKey ? 0 : side * scale.step, end: side * scale.step });
    else if (!key.altKey && (key.key === "ArrowDown" || key.key === "ArrowUp")) {
      const others = key.key === "ArrowDown" ? lines.slice(at + 1) : lines.slice(0, at).reverse();
      const next = others.find((line) => line.row)?.row;
      if (next) {
        virtual.scrollToIndex(lines.findIndex((line) => line.row === next));
        requestAnimationFrame(() =>
          scroll.current?.querySelector<HTMLElement>(`.bar[data-record="${next.id}"]`)?.focus(),
        );
      }
    } else return;
    key.preventDefault();
  };
  if (found.isError && rows.length === 0) return <Failed error={found.error} onAgain={() => void found.refetch()} />;
  const shown = new Set(seen.map((item) => lines[item.index]?.row?.id));
  const height = virtual.getTotalSize();
  return (
    <div className="calendar gantt">
      <TimelineBar
        {...{ object, span, zoom, date, scale, search, tense: tense.size > 0, full: rows.length >= MOST, onShow }}
      />
      <section
        ref={scroll}
        className="timeline-scroll"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label={t("timeline.title", { label: object.labelPlural })}
        onKeyDown={pressed}
      >
        <div className="timeline-top" style={{ width: `calc(var(--names) + ${scale.width}px)` }}>
          <div className="timeline-corner">{object.label}</div>
          <Head scale={scale} />
        </div>
        <div className="timeline-body" style={{ height, width: `calc(var(--names) + ${scale.width}px)` }}>
          <div className="timeline-names">
            {seen.map((item) => (
              <Name key={item.key} line={lines[item.index]} top={item.start} title={object.title} onOpen={onOpen} />
            ))}
          </div>
          <svg
            width={scale.width}
            height={height}
            role="group"
            aria-label={t("timeline.title", { label: object.labelPlural })}
          >
            <Ground scale={scale} height={height} today={now} rows={seen.map((item) => item.start)} />
            <Arrows
              links={links.filter((l) => shown.has(l.before) || shown.has(l.after))}
              boxes={boxes}
              critical={tense}
            />
            {seen.map((item) => {
              const row = lines[item.index]?.row;
              const box = row && boxes.get(row.id);
              const place = row && placeOf(row, span, drag?.id === row.id ? drag : null);
              if (!row || !box || !place) return null;
              const name = String(row[object.title] ?? "") || object.label;
              const days = place.single
                ? formatDay(place.last)
                : `${formatDay(place.from.slice(0, 10))} – ${formatDay(place.last)}`;
              return (
                <Bar
                  key={row.id}
                  row={row}
                  name={name}
                  says={`${name}, ${days}${tense.has(row.id) ? `, ${t("timeline.critical")}` : ""}`}
                  hue={hueOfRow(colour, row)}
                  x={box.x}
                  y={box.y}
                  width={box.width}
                  done={progress && row[progress.name] !== null ? Number(row[progress.name]) : null}
                  critical={tense.has(row.id)}
                  movable={may}
                  day={scale.day}
                  onDrag={setDrag}
                  onDrop={drop}
                  onOpen={onOpen}
                />
              );
            })}
          </svg>
        </div>
        {lines.length === 0 && !found.isPending ? <p className="muted lane-empty">{t("timeline.nothing")}</p> : null}
      </section>
      {behind ? (
        <div className="timeline-ask" role="status">
          <span>{t("timeline.behind", { count: behind.by.size, name: behind.name })}</span>
          <Button size="sm" variant="primary" onClick={() => void shift()}>
            {t("timeline.shift", { count: behind.by.size })}
          </Button>
          <button type="button" className="icon-button" aria-label={t("close")} onClick={() => setBehind(null)}>
            <X aria-hidden="true" />
          </button>
        </div>
      ) : null}
      <p className="hidden-text" aria-live="assertive">
        {spoken}
      </p>
    </div>
  );
}

function Name({
  line,
  top,
  title,
  onOpen,
}: {
  line: Line | undefined;
  top: number;
  title: string;
  onOpen: (row: Row) => void;
}) {
  if (!line) return null;
  const { row } = line;
  return (
    <div className={row ? "" : "group"} style={{ transform: `translateY(${top}px)` }}>
      {row ? (
        <button type="button" className="cut" onClick={() => onOpen(row)}>
          {String(row[title] ?? "") || "–"}
        </button>
      ) : (
        <span className="cut">{line.group}</span>
      )}
    </div>
  );
}

function Ground({ scale, height, today: now, rows }: { scale: Scale; height: number; today: string; rows: number[] }) {
  const days = scale.zoom === "day" || scale.zoom === "week";
  const mondays = days ? minors({ ...scale, zoom: "week" }) : [];
  const x = scale.at(now);
  return (
    <g>
      {mondays.map((mark) => (
        <rect key={mark.x} className="weekend" x={mark.x + 5 * scale.day} width={2 * scale.day} height={height} />
      ))}
      {rows.map((top) => (
        <line key={top} className="rule" x1={0} x2={scale.width} y1={top + LINE - 0.5} y2={top + LINE - 0.5} />
      ))}
      {x >= 0 && x <= scale.width ? <line className="today" x1={x} x2={x} y1={0} y2={height} /> : null}
    </g>
  );
}

interface BarOptions extends Pick<Props, "object" | "span" | "search" | "onShow"> {
  zoom: Zoom;
  date: string;
  scale: Scale;
  tense: boolean;
  full: boolean;
}

function TimelineBar({ object, span, zoom, date, scale, search, tense, full, onShow }: BarOptions) {
  const { t } = useTranslation();
  const fields = [...object.fields.values()].filter(
    (f) => groupable(f) && !f.system && f.kind !== "date" && f.kind !== "date_time",
  );
  return (
    <div className="calendar-bar">
      <button
        type="button"
        className="icon-button"
        aria-label={t("calendar.before")}
        onClick={() => onShow({ _date: beside(scale, date, -1) })}
      >
        <ChevronLeft aria-hidden="true" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={t("calendar.after")}
        onClick={() => onShow({ _date: beside(scale, date, 1) })}
      >
        <ChevronRight aria-hidden="true" />
      </button>
      <Button size="sm" onClick={() => onShow({ _date: "" })}>
        {t("calendar.today")}
      </Button>
      <span className="muted narrow-hidden">
        {span.start.label} – {span.end?.label}
      </span>
      {tense ? (
        <span className="muted narrow-hidden">
          <i className="legend-line" />
          {t("timeline.critical")}
        </span>
      ) : null}
      {full ? <span className="muted">{t("calendar.most", { count: MOST })}</span> : null}
      <span className="grow" />
      <label className="row muted">
        <span className="narrow-hidden">{t("layout.group")}</span>
        <select
          className="field-input"
          aria-label={t("layout.group")}
          value={fields.some((f) => f.name === search._group) ? search._group : ""}
          onChange={(event) => onShow({ _group: event.target.value })}
        >
          <option value="">{t("layout.no_group")}</option>
          {fields.map((field) => (
            <option key={field.name} value={field.name}>
              {field.label}
            </option>
          ))}
        </select>
      </label>
      <fieldset className="shapes words">
        <legend className="hidden-text">{t("calendar.zoom")}</legend>
        {ZOOMS.map((each) => (
          <button key={each} type="button" aria-pressed={each === zoom} onClick={() => onShow({ _zoom: each })}>
            {t(`calendar.${each}`)}
          </button>
        ))}
      </fieldset>
    </div>
  );
}
