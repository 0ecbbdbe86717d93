// What people type, as the server reads it. `undefined`: it cannot be read.
import { spoken } from "../i18n";

/** "1.234,5" and "1,234.5" are both 1234.5. One separator alone before three digits is read as the language writes it. */
export function parseNumber(typed: string, decimal = decimalSign()): string | null | undefined {
  const text = typed.replace(/[\s'’%€$£]|[A-Z]{3}/g, "").replace("−", "-");
  if (text === "") return null;
  const at = Math.max(text.lastIndexOf("."), text.lastIndexOf(","));
  const sign = text[at] ?? "";
  const mixed = text.includes(".") && text.includes(",");
  const repeated = at >= 0 && text.indexOf(sign) !== at;
  const thousands =
    /^[.,]\d{3}$/.test(text.slice(at)) && sign !== decimal && /^-?[1-9]\d{0,2}$/.test(text.slice(0, at));
  const whole =
    at < 0 || (!mixed && (repeated || thousands))
      ? text.replace(/[.,]/g, "")
      : `${text.slice(0, at).replace(/[.,]/g, "")}.${text.slice(at + 1)}`;
  return /^-?\d+(\.\d+)?$/.test(whole) ? whole : undefined;
}

function decimalSign(): string {
  return spoken() === "en" ? "." : ",";
}

const DAYS = ["su", "mo", "tu", "we", "th", "fr", "sa"];

/** ISO days, 21.11.2026, 21/11/26, 21.11., and "today", "tomorrow", "+7", "next fri". */
export function parseDay(typed: string, today = new Date()): string | null | undefined {
  const text = typed.trim().toLowerCase();
  if (text === "") return null;
  const near = nearDay(text);
  if (near !== undefined) return iso(new Date(today.getFullYear(), today.getMonth(), today.getDate() + near));
  const named = /^(?:next )?(su|mo|tu|we|th|fr|sa)[a-z]*$/.exec(text);
  if (named) {
    const ahead = (DAYS.indexOf(named[1] ?? "") - today.getDay() + 7) % 7 || 7;
    return iso(new Date(today.getFullYear(), today.getMonth(), today.getDate() + ahead));
  }
  const written = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (written) return checked(Number(written[1]), Number(written[2]), Number(written[3]));
  const spoken = /^(\d{1,2})[./](\d{1,2})(?:[./](\d{2}|\d{4})?)?$/.exec(text);
  if (!spoken) return undefined;
  const year = spoken[3] ? Number(spoken[3]) + (spoken[3].length === 2 ? 2000 : 0) : today.getFullYear();
  return checked(year, Number(spoken[2]), Number(spoken[1]));
}

function nearDay(text: string): number | undefined {
  if (/^(today|heute|danas)$/.test(text)) return 0;
  if (/^(tomorrow|morgen|sutra)$/.test(text)) return 1;
  if (/^(yesterday|gestern|juče|juce)$/.test(text)) return -1;
  return /^[+-]\d{1,4}$/.test(text) ? Number(text) : undefined;
}

function checked(year: number, month: number, day: number): string | undefined {
  const at = new Date(year, month - 1, day);
  return at.getMonth() === month - 1 && at.getDate() === day ? iso(at) : undefined;
}

export function iso(at: Date): string {
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, "0")}-${String(at.getDate()).padStart(2, "0")}`;
}

/** "1:30", "1.5h", "90m" and "90" (minutes) as seconds. */
export function parseDuration(typed: string): number | null | undefined {
  const text = typed.trim().toLowerCase();
  if (text === "") return null;
  const clock = /^(\d+):([0-5]\d)$/.exec(text);
  if (clock) return Number(clock[1]) * 3600 + Number(clock[2]) * 60;
  const said = /^(\d+(?:[.,]\d+)?)\s*(h|m|min)?$/.exec(text);
  if (!said) return undefined;
  const amount = Number((said[1] ?? "").replace(",", "."));
  return Math.round(amount * (said[2] === "h" ? 3600 : 60));
}
