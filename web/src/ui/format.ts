// Numbers, money, days and moments as people write them, by language. Formatters are dear to make, so they are kept.
import { spoken } from "../i18n";

const kept = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>();

function keep<T extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(
  key: string,
  make: (locale: string) => T,
): T {
  const locale = localeOf();
  const full = `${locale} ${key}`;
  let found = kept.get(full) as T | undefined;
  if (!found) {
    found = make(locale);
    kept.set(full, found);
  }
  return found;
}

/** The browser's own variant of the spoken language, for its dates: en-GB rather than en. */
function localeOf(): string {
  const language = spoken();
  return (
    navigator.languages.find((l) => l.startsWith(language.slice(0, 2)) && l.length > 2) ??
    (language === "en" ? "en-GB" : language)
  );
}

export function formatNumber(value: string | number, digits?: number): string {
  const options =
    digits === undefined
      ? { maximumFractionDigits: 10 }
      : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  // A string keeps every digit: Intl reads decimals as exact text.
  return keep(`n${digits ?? ""}`, (l) => new Intl.NumberFormat(l, options)).format(value as number);
}

export function formatMoney(value: string | number, currency: string | null): string {
  if (!currency) return formatNumber(value, 2);
  const make = (l: string) => new Intl.NumberFormat(l, { style: "currency", currency, maximumFractionDigits: 2 });
  return keep(`m${currency}`, make).format(value as number);
}

export function formatShort(value: number, currency: string | null): string {
  const style = currency ? { style: "currency" as const, currency } : {};
  const make = (l: string) => new Intl.NumberFormat(l, { ...style, notation: "compact", maximumFractionDigits: 1 });
  return keep(`s${currency ?? ""}`, make).format(value);
}

/** A day has no time zone: it is shown as it stands. */
export function formatDay(value: string): string {
  const make = (l: string) =>
    new Intl.DateTimeFormat(l, { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "UTC" });
  const at = new Date(`${value}T00:00:00Z`);
  return Number.isNaN(at.getTime()) ? value : keep("d", make).format(at);
}

/** `2026-11` in words. */
export function formatMonth(value: string): string {
  const make = (l: string) => new Intl.DateTimeFormat(l, { month: "long", year: "numeric", timeZone: "UTC" });
  const at = new Date(`${value}-01T00:00:00Z`);
  return Number.isNaN(at.getTime()) ? value : keep("y", make).format(at);
}

export function formatMoment(value: string): string {
  const make = (l: string) => new Intl.DateTimeFormat(l, { dateStyle: "short", timeStyle: "short" });
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? value : keep("t", make).format(at);
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** "2h ago" within thirty days, then the date. */
export function formatAgo(value: string, now = Date.now()): string {
  const seconds = (new Date(value).getTime() - now) / 1000;
  if (Math.abs(seconds) > 30 * 86_400) return formatDay(value.slice(0, 10));
  const make = (l: string) => new Intl.RelativeTimeFormat(l, { numeric: "auto", style: "narrow" });
  const step = STEPS.find(([, size]) => Math.abs(seconds) >= size);
  return keep("r", make).format(step ? Math.trunc(seconds / step[1]) : 0, step?.[0] ?? "minute");
}

/** Seconds as hours and minutes: 5400 is 1:30. */
export function formatDuration(seconds: number): string {
  const minutes = Math.round(Math.abs(seconds) / 60);
  return `${seconds < 0 ? "−" : ""}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}
