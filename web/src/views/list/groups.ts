// A list in groups: what there is of each by one aggregate, and the rows of those that are unfolded, window by window.
import { useQueries, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Field, ObjectDef } from "../../api/model";
import { aggregate, embedKey, list, type Row, selectOf } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { formatMonth } from "../../ui/format";
import { type Band, bandRow } from "../grid/bands";
import { type Chosen, countOf, figureSelect, figureValues } from "./figures";
import { asked, askedSums, type ListState, ordered } from "./state";

const GROUPED = new Set(["select", "boolean", "reference", "user", "date", "date_time"]);
const WINDOW = 50;
/** More groups than people look through; of days, almost three years. */
const MOST = 1000;

export const groupable = (field: Field | undefined): field is Field =>
  field !== undefined &&
  GROUPED.has(field.kind) &&
  !field.many &&
  (!field.to || field.embed !== null || field.kind === "user");

interface Found {
  key: string;
  label: string;
  condition: string;
  rows: Record<string, unknown>[];
}

export function useGroups(object: ObjectDef, state: ListState, group: Field, fields: Field[], chosen: Chosen) {
  const { t } = useTranslation();
  const { model, kitOf } = useSurroundings();
  const [opened, setOpened] = useState<Record<string, number>>({});
  const isDay = group.kind === "date" || group.kind === "date_time";
  const query = askedSums(object, state);
  const embed = group.embed
    ? [
        `${embedKey(group) === group.embed ? "" : `${embedKey(group)}:`}${group.embed}(${model.objects.get(group.to ?? "member")?.title ?? "name"})`,
      ]
    : [];
  const by = isDay ? `_day:${group.name}::date` : group.name;
  query.set(
    "select",
    [
      by,
      ...embed,
      ...figureSelect(
        object,
        fields.filter((f) => f !== group),
        without(chosen, group.name),
      ),
    ].join(","),
  );
  query.set("order", isDay ? "_day.desc.nullslast" : "n.desc");
  query.set("limit", String(MOST));
  const counted = useQuery({
    queryKey: ["groups", object.name, "bands", query.toString()],
    queryFn: () => aggregate(object, query),
  });
  const text = (row: Record<string, unknown>): string =>
    kitOf(group).text(row[group.name], group, row as Row) || String(row[group.name] ?? "");
  const groups: Found[] = [...Map.groupBy(counted.data ?? [], (row) => keyOf(row, group))].map(([key, rows]) => ({
    key,
    rows,
    label: key === "" ? t("groups.none", { label: group.label }) : isDay ? formatMonth(key) : text(rows[0] ?? {}),
    condition: conditionOf(group, key),
  }));
  const options = group.options.map((o) => o.value);
  if (options.length > 0) groups.sort((a, b) => rank(options, a.key) - rank(options, b.key));
  const pagesOf = (key: string, at: number): number => opened[key] ?? (at < 3 ? 1 : 0);
  const windows = groups.flatMap((each, at) =>
    Array.from({ length: pagesOf(each.key, at) }, (_, page) => ({ key: each.key, page, condition: each.condition })),
  );
  const pages = useQueries({
    queries: windows.map(({ page, condition }) => {
      const own = windowOf(object, state, group, condition);
      own.set("select", selectOf(model, object, fields));
      own.set("offset", String(page * WINDOW));
      return {
        queryKey: ["rows", object.name, "group", own.toString()],
        queryFn: async ({ signal }: { signal: AbortSignal }) => ({
          pages: [await list(object, own, { signal })],
          pageParams: [null],
        }),
      };
    }),
  });
  const rowsOf = (key: string): Row[] =>
    pages.flatMap((found, at) => (windows[at]?.key === key ? (found.data?.pages[0]?.data ?? []) : []));
  const lines = groups.flatMap((each, at): Row[] => {
    const open = pagesOf(each.key, at);
    const count = countOf(each.rows);
    const band: Band = {
      key: each.key,
      label: each.label,
      hue: group.options.find((o) => o.value === each.key)?.color ?? null,
      count,
      values: figureValues(each.rows, fields, without(chosen, group.name)),
      open: open > 0,
      more: null,
    };
    const rows = open > 0 ? rowsOf(each.key) : [];
    const left = count - open * WINDOW;
    const rest = open > 0 && left > 0 ? [bandRow({ ...band, more: left })] : [];
    return [bandRow(band), ...rows, ...rest];
  });
  const toggle = (band: Band): void => {
    const at = groups.findIndex((g) => g.key === band.key);
    const now = pagesOf(band.key, at);
    setOpened({ ...opened, [band.key]: band.more !== null ? now + 1 : now > 0 ? 0 : 1 });
  };
  const all = (open: boolean): void => setOpened(Object.fromEntries(groups.map((g) => [g.key, open ? 1 : 0])));
  return { lines, toggle, all, counted, count: counted.data ? countOf(counted.data) : null };
}

const without = (chosen: Chosen, name: string): Chosen => new Map([...chosen].filter(([field]) => field !== name));

const rank = (options: string[], key: string): number => (key === "" ? options.length : options.indexOf(key));

function keyOf(row: Record<string, unknown>, group: Field): string {
  if ("_day" in row) return String(row._day ?? "").slice(0, 7);
  const value = row[group.name];
  return value === null || value === undefined ? "" : String(value);
}

export function conditionOf(group: Field, key: string): string {
  if (key === "") return "is.null";
  if (group.kind === "boolean") return `is.${key}`;
  if (group.kind !== "date" && group.kind !== "date_time") return `eq.${key}`;
  const [year = 0, month = 1] = key.split("-").map(Number);
  const next = month === 12 ? `${year + 1}-01` : `${year}-${String(month + 1).padStart(2, "0")}`;
  return `gte.${key}-01;lt.${next}-01`;
}

/** The rows of one group: what is filtered of its field already holds as well. */
function windowOf(object: ObjectDef, state: ListState, group: Field, condition: string): URLSearchParams {
  const own = state.filters.find((f) => f.field === group.name);
  const both = own ? `${own.condition};${condition}` : condition;
  const filters = [...state.filters.filter((f) => f !== own), { field: group.name, condition: both }];
  const query = asked(object, { ...state, filters });
  const order = ordered(object, state.sort);
  if (order) query.set("order", order);
  query.set("limit", String(WINDOW));
  return query;
}
