// The heads of groups stand among the rows as lines of their own, so that the keys of the table reach them, too.
import type { Hue } from "../../api/model";
import type { Row } from "../../api/records";
import type { Value } from "../list/figures";

export interface Band {
  key: string;
  label: string;
  hue: Hue | null;
  count: number;
  values: Map<string, Value[]>;
  open: boolean;
  /** So many of its rows are not there yet: the line at its end that brings them. */
  more: number | null;
}

const BAND = "_band";

export const bandRow = (band: Band): Row => ({
  id: `${band.more === null ? "band" : "more"}:${band.key}`,
  version: 0,
  [BAND]: band,
});

export const bandOf = (row: Row | undefined): Band | null => (row?.[BAND] as Band | undefined) ?? null;

export const isRecord = (row: Row): boolean => !(BAND in row);
