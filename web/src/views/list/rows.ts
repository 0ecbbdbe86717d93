// The rows of a list, by windows that the API gives one after the other, and what stands under them.
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Reply } from "../../api/http";
import type { Field, ObjectDef } from "../../api/model";
import { aggregate, list, type Row, selectOf } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { type Chosen, countOf, figureSelect, figureValues, type Value } from "./figures";
import { asked, askedSums, type ListState, ordered } from "./state";

const WINDOW = 100;

export function useRows(
  object: ObjectDef,
  state: ListState,
  columns: Field[],
  enabled = true,
  more: string | null = null,
) {
  const { model } = useSurroundings();
  const query = asked(object, state);
  query.set("select", selectOf(model, object, columns) + (more ? `,${more}` : ""));
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
  /** By column, one a currency. */
  of: Map<string, Value[]>;
  /** How many rows there are, counted together with the sums; `null` while they are not there. */
  count: number | null;
}

/** The figures under the columns, over the whole filter. */
export function useSums(object: ObjectDef, state: ListState, columns: Field[], chosen: Chosen): Sums {
  const query = askedSums(object, state);
  query.set("select", figureSelect(object, columns, chosen).join(","));
  const found = useQuery({
    queryKey: ["sums", object.name, query.toString()],
    enabled: chosen.size > 0,
    queryFn: () => aggregate(object, query),
  });
  return { of: figureValues(found.data ?? [], columns, chosen), count: found.data ? countOf(found.data) : null };
}
