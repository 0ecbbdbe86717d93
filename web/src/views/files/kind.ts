// What a file is, for the screen: by its type, which the server found out.
import { formatNumber } from "../../ui/format";

export type Drawn = "image" | "pdf" | "other";

export const drawnAs = (mime: unknown): Drawn =>
  typeof mime === "string" && mime.startsWith("image/") ? "image" : mime === "application/pdf" ? "pdf" : "other";

const UNITS = ["B", "kB", "MB", "GB"];

/** "1.4 MB", as file managers say it. */
export function sizeOf(bytes: unknown): string {
  let size = Number(bytes ?? 0);
  let at = 0;
  while (size >= 1000 && at < UNITS.length - 1) {
    size /= 1000;
    at += 1;
  }
  return `${formatNumber(size < 10 && at > 0 ? Math.round(size * 10) / 10 : Math.round(size))} ${UNITS[at]}`;
}

/** The name without its ending, to be chosen when it is renamed. */
export const stemOf = (name: string): number => {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? dot : name.length;
};
