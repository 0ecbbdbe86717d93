// The rows of a list, by windows that the API gives one after the other, and what stands under them.
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Reply } from "../../api/http";
import type { Field, ObjectDef } from "../../api/model";
import { aggregate, list, type Row, selectOf } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { asked, askedSums, type ListState, ordered } from "./state";

const WINDOW = 100;

export function useRows(object: ObjectDef, state: ListState, columns: Field[], enabled = true) {
  const { model } = useSurroundings();
  const query = asked(object, state);
  query.set("select", selectOf(model, object, columns));
  const order = ordered(object, state.sort);
  if (order) query.set("order", order);
  query.set("limit", String(WINDOW));
  return useInfiniteQuery({
    queryKey: ["rows", object.name, query.toString()],
    enabled,
    initialPageParam: null as string | null,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam, signal }): Promise<Reply<Row[]>> => {
      const page = new URLSearchParams(query);
      if (pageParam) page.set("cursor", pageParam);
      return list(object, page, { count: pageParam === null, signal });
    },
    getNextPageParam: (page: Reply<Row[]>) => (page.data.length < WINDOW ? null : page.cursor),
  });
}

export interface Sums {
  of: Map<string, { currency: string | null; sum: number }[]>;
  /** How many rows there are, counted together with the sums; `null` while they are not there. */
  count: number | null;
}

const summed = (field: Field): boolean =>
  ["money", "integer", "decimal", "duration"].includes(field.kind) && !field.system;

/** Sums over the whole filter, by currency where records have one. */
export function useSums(object: ObjectDef, state: ListState, columns: Field[]): Sums {
  const fields = columns.filter(summed);
  const currency = object.fields.has("currency") && fields.some((f) => f.kind === "money");
  const query = askedSums(object, state);
  query.set(
    "select",
    [...(currency ? ["currency"] : []), "n:count()", ...fields.map((f) => `${f.name}:${f.name}.sum()`)].join(","),
  );
  const found = useQuery({
    queryKey: ["sums", object.name, query.toString()],
    enabled: fields.length > 0,
    queryFn: () => aggregate(object, query),
  });
  const rows = found.data ?? [];
  const of = fields.map((f) => [f.name, rows.map((row) => sumOf(row, f.name)).filter((s) => s.sum !== 0)] as const);
  return { of: new Map(of), count: found.data ? rows.reduce((sum, row) => sum + Number(row.n ?? 0), 0) : null };
}

const sumOf = (row: Record<string, unknown>, name: string) => ({
  currency: typeof row.currency === "string" ? row.currency : null,
  sum: Number(row[name] ?? 0),
});
