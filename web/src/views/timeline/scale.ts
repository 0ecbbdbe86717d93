// How days become places: by zoom, with the marks of the head.
import { formatMonth } from "../../ui/format";
import { addDays, daysBetween } from "../list/spans";

export const ZOOMS = ["day", "week", "month", "quarter"] as const;
export type Zoom = (typeof ZOOMS)[number];

/** Pixels a day, and how many days the timeline holds at once. */
const SIZES: Record<Zoom, { width: number; days: number; back: number }> = {
  day: { width: 32, days: 70, back: 14 },
  week: { width: 12, days: 182, back: 28 },
  month: { width: 4, days: 548, back: 91 },
  quarter: { width: 1.5, days: 1461, back: 365 },
};

export interface Mark {
  x: number;
  width: number;
  text: string;
}

export interface Scale {
  zoom: Zoom;
  from: string;
  to: string;
  /** Pixels a day. */
  day: number;
  width: number;
  /** How far the arrow keys move. */
  step: number;
  at: (moment: string) => number;
}

export function scaleOf(zoom: Zoom, date: string): Scale {
  const { width, days, back } = SIZES[zoom];
  const from = startOfWeek(addDays(date, -back));
  const base = Date.parse(`${from}T00:00:00Z`);
  return {
    zoom,
    from,
    to: addDays(from, days),
    day: width,
    width: days * width,
    step: zoom === "day" || zoom === "week" ? 1 : 7,
    at: (moment) => ((Date.parse(moment.length === 10 ? `${moment}T00:00:00Z` : moment) - base) / 86_400_000) * width,
  };
}

/** The same stretch, earlier or later by three quarters of what it holds. */
export const beside = (scale: Scale, date: string, sign: 1 | -1): string =>
  addDays(date, sign * Math.round((SIZES[scale.zoom].days - SIZES[scale.zoom].back) * 0.6));

function startOfWeek(day: string): string {
  const at = new Date(`${day}T00:00:00Z`).getUTCDay();
  return addDays(day, -((at + 6) % 7));
}

/** The upper line of the head: months, or years where months are too narrow. */
export function majors(scale: Scale): Mark[] {
  const wide = scale.zoom === "month" || scale.zoom === "quarter";
  return marks(scale, wide ? 12 : 1, (day) => (wide ? day.slice(0, 4) : formatMonth(day.slice(0, 7))));
}

/** The lower line: days, Mondays, months or quarters. */
export function minors(scale: Scale): Mark[] {
  if (scale.zoom === "month") return marks(scale, 1, (day) => String(Number(day.slice(5, 7))));
  if (scale.zoom === "quarter")
    return marks(scale, 3, (day) => `Q${Math.floor((Number(day.slice(5, 7)) - 1) / 3) + 1}`);
  const step = scale.zoom === "day" ? 1 : 7;
  return Array.from({ length: Math.ceil(daysBetween(scale.from, scale.to) / step) }, (_, at) => {
    const day = addDays(scale.from, at * step);
    return { x: scale.at(day), width: step * scale.day, text: String(Number(day.slice(8))) };
  });
}

function marks(scale: Scale, months: number, text: (day: string) => string): Mark[] {
  const found: Mark[] = [];
  const [year = 0, month = 1] = scale.from.split("-").map(Number);
  let at = Date.UTC(year, Math.floor((month - 1) / months) * months, 1);
  while (true) {
    const day = new Date(at).toISOString().slice(0, 10);
    if (day >= scale.to) return found;
    const now = new Date(at);
    at = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1);
    const x = Math.max(0, scale.at(day));
    const end = Math.min(scale.width, scale.at(new Date(at).toISOString().slice(0, 10)));
    found.push({ x, width: end - x, text: text(day) });
  }
}
