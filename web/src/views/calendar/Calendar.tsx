// Records on their days, by day, week or month: dragged or moved by Alt and the arrows; a click on a free place makes one.
import FullCalendar, { type CalendarRef, type EventApi } from "@fullcalendar/react";
import dayGrid from "@fullcalendar/react/daygrid";
import interaction from "@fullcalendar/react/interaction";
import de from "@fullcalendar/react/locales/de";
import sr from "@fullcalendar/react/locales/sr";
import classic from "@fullcalendar/react/themes/classic";
import timeGrid from "@fullcalendar/react/timegrid";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import "@fullcalendar/react/skeleton.css";
import "@fullcalendar/react/themes/classic/theme.css";
import "@fullcalendar/react/themes/classic/palette.css";
import "./calendar.css";
import type { ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { spoken } from "../../i18n";
import { Button } from "../../ui/kumo";
import { warn } from "../../ui/toast";
import { Failed } from "../list/Nothing";
import type { Span } from "../list/shapes";
import { addDays, colourField, hueOfRow, MOST, today, useSpanRows, within } from "../list/spans";
import type { ListState, Search } from "../list/state";
import { useWrites } from "../save";
import { useMe } from "../saved/useViews";
import { eventOf, patchOf } from "./events";

interface Props {
  object: ObjectDef;
  state: ListState;
  span: Span;
  search: Search;
  onShow: (change: Search) => void;
  onOpen: (row: Row) => void;
  onNew: ((start: Record<string, string>) => void) | null;
}

const ZOOMS = ["day", "week", "month"] as const;
type Zoom = (typeof ZOOMS)[number];

const VIEWS = {
  date: { day: "dayGridDay", week: "dayGridWeek", month: "dayGridMonth" },
  date_time: { day: "timeGridDay", week: "timeGridWeek", month: "dayGridMonth" },
} as const;

const PLUGINS = [classic, dayGrid, timeGrid, interaction];
const NARROW = { threeDays: { type: "timeGrid", duration: { days: 3 } } };
const LOCALES = [de, sr];

export default function Calendar({ object, state, span, search, onShow, onOpen, onNew }: Props) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const timezone = useMe()?.timezone ?? model.timezone;
  const zoom: Zoom = ZOOMS.find((z) => z === search._zoom) ?? "month";
  const date = search._date ?? today(timezone);
  const calendar = useRef<CalendarRef>(null);
  const box = useRef<HTMLDivElement>(null);
  const [title, setTitle] = useState("");
  const [around, setAround] = useState(() => ({ from: addDays(date, -40), to: addDays(date, 40) }));
  const writes = useWrites(object);
  const { found, rows } = useSpanRows(object, state, span, within(span, around.from, around.to));
  const colour = colourField(object);
  const isDay = span.start.kind === "date";
  const may = object.writable && object.rights.update !== "none";
  const movable = may && !span.start.readOnly && !span.end?.readOnly;
  // Seven days of hours beside each other are too narrow to be touched on a phone.
  const narrow = matchMedia("(max-width: 639px)").matches && !isDay && zoom === "week";
  const view = narrow ? "threeDays" : VIEWS[isDay ? "date" : "date_time"][zoom];
  useEffect(() => {
    const api = calendar.current?.getApi();
    // After the paint: the calendar must not be told to draw while React draws.
    queueMicrotask(() => api?.changeView(view, date));
  }, [view, date]);

  const rowOf = (id: string | undefined) => rows.find((row) => row.id === id);
  const write = async (row: Row, patch: Record<string, string>): Promise<boolean> => {
    if (Object.keys(patch).length === 0) return true;
    try {
      await writes.save(row, { patch });
      return true;
    } catch (error) {
      warn(t("refused.title"), writes.sentence(error));
      return false;
    }
  };
  const dropped = (event: EventApi, revert: () => void, resized: boolean) => {
    const row = rowOf(event.id);
    if (!row) return revert();
    const now = { start: event.startStr, end: event.endStr || null };
    void write(row, patchOf(row, span, now, resized)).then((good) => good || revert());
  };
  const pressed = (key: React.KeyboardEvent) => {
    const row = rowOf((key.target as HTMLElement).closest<HTMLElement>("[data-record]")?.dataset.record);
    if (!row) return;
    if (key.key === "Enter") {
      key.preventDefault();
      return onOpen(row);
    }
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[key.key];
    const event = eventOf(row, span, "");
    if (!step || !key.altKey || !movable || !event) return;
    key.preventDefault();
    const by = (value: string) =>
      isDay ? addDays(value, step) : new Date(Date.parse(value) + step * 86_400_000).toISOString();
    const start = key.shiftKey ? event.start : by(event.start);
    const end = event.end ?? (key.shiftKey ? (isDay ? addDays(event.start, 1) : event.start) : null);
    const next = { start, end: end === null ? null : by(end) };
    if (next.end !== null && next.end <= next.start) return;
    const patch = patchOf(row, span, next, key.shiftKey);
    void write(row, patch).then(() =>
      requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-record="${row.id}"]`)?.focus()),
    );
  };
  const go = (way: "prev" | "next") => {
    const step = { day: 1, week: narrow ? 3 : 7, month: 0 }[zoom];
    const sign = way === "next" ? 1 : -1;
    onShow({ _date: step > 0 ? addDays(date, sign * step) : monthBeside(date, sign) });
  };
  const events = rows.flatMap((row) => {
    const event = eventOf(row, span, String(row[object.title] ?? "") || object.label);
    const hue = hueOfRow(colour, row);
    return event
      ? [{ ...event, color: `var(--${hue}-soft)`, contrastColor: `var(--${hue}-text)`, className: `hue-${hue}` }]
      : [];
  });
  if (found.isError && rows.length === 0) return <Failed error={found.error} onAgain={() => void found.refetch()} />;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the events inside have the focus; their keys are one list
    <div className="calendar" ref={box} onKeyDown={pressed} data-zoom={zoom}>
      <div className="calendar-bar">
        <button type="button" className="icon-button" aria-label={t("calendar.before")} onClick={() => go("prev")}>
          <ChevronLeft aria-hidden="true" />
        </button>
        <button type="button" className="icon-button" aria-label={t("calendar.after")} onClick={() => go("next")}>
          <ChevronRight aria-hidden="true" />
        </button>
        <Button size="sm" onClick={() => onShow({ _date: "" })}>
          {t("calendar.today")}
        </Button>
        <h2 aria-live="polite">{title}</h2>
        <span className="muted narrow-hidden">
          {span.end ? `${span.start.label} – ${span.end.label}` : span.start.label}
          {isDay ? "" : ` · ${timezone}`}
        </span>
        <span className="grow" />
        {rows.length >= MOST ? <span className="muted">{t("calendar.most", { count: MOST })}</span> : null}
        <fieldset className="shapes words">
          <legend className="hidden-text">{t("calendar.zoom")}</legend>
          {ZOOMS.map((each) => (
            <button key={each} type="button" aria-pressed={each === zoom} onClick={() => onShow({ _zoom: each })}>
              {t(`calendar.${each}`)}
            </button>
          ))}
        </fieldset>
      </div>
      <FullCalendar
        ref={calendar}
        plugins={PLUGINS}
        locales={LOCALES}
        locale={{ en: "en-gb", de: "de", "sr-Latn": "sr" }[spoken()]}
        views={NARROW}
        initialView={view}
        initialDate={date}
        timeZone={timezone}
        now={() => new Date()}
        firstDay={1}
        height="100%"
        headerToolbar={false}
        nowIndicator
        moreLinkClass="more-link"
        eventDisplay="block"
        slotEventOverlap={false}
        eventTimeFormat={{ hour: "2-digit", minute: "2-digit", hour12: false }}
        scrollTime="07:00:00"
        dayMaxEvents={zoom === "month"}
        events={events}
        eventInteractive
        editable={movable}
        eventDurationEditable={movable && span.end !== null}
        selectable={onNew !== null}
        selectMirror
        select={(info) => onNew?.(startOf(span, info.startStr, info.endStr, info.allDay))}
        eventAllow={(place) => place.allDay === isDay}
        eventDrop={(info) => dropped(info.event, info.revert, false)}
        eventResize={(info) => dropped(info.event, info.revert, true)}
        eventClick={(info) => {
          info.jsEvent.preventDefault();
          const row = rowOf(info.event.id);
          if (row) onOpen(row);
        }}
        eventDidMount={(info) => {
          info.el.dataset.record = info.event.id;
        }}
        datesSet={(info) => {
          setTitle(info.view.title);
          setAround({ from: addDays(info.startStr, -1), to: addDays(info.endStr, 1) });
        }}
      />
    </div>
  );
}

/** A record that is made on a place of the calendar begins there; several days or hours also end it. */
function startOf({ start, end }: Span, from: string, to: string, allDay: boolean): Record<string, string> {
  const day = start.kind === "date";
  const begin = day ? from.slice(0, 10) : allDay ? `${from.slice(0, 10)}T09:00:00Z` : new Date(from).toISOString();
  const values = { [start.name]: begin };
  if (!end) return values;
  return {
    ...values,
    [end.name]: day ? addDays(to, -1) : allDay ? `${from.slice(0, 10)}T10:00:00Z` : new Date(to).toISOString(),
  };
}

function monthBeside(date: string, step: number): string {
  const [year = 0, month = 1] = date.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 + step, 1)).toISOString().slice(0, 10);
}
