// One record, with everything that its page shows of it.
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { ObjectDef, Relation } from "../../api/model";
import { aggregate, type History, history, list, type Row, read, selectOf } from "../../api/records";
import { useSurroundings } from "../../fields/context";

export function useRecord(object: ObjectDef, id: string) {
  const { model } = useSurroundings();
  const fields = [...object.fields.values()];
  return useQuery({
    queryKey: ["record", object.name, id],
    queryFn: () => read(object, id, selectOf(model, object, fields)),
    placeholderData: keepPreviousData,
  });
}

export function useHistory(object: ObjectDef, id: string) {
  return useInfiniteQuery({
    queryKey: ["history", object.name, id],
    enabled: object.writable,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }): Promise<History> => history(object, id, pageParam),
    getNextPageParam: (page: History) => page.cursor ?? undefined,
  });
}

export interface Related {
  object: ObjectDef;
  field: string;
  count: number;
}

/** How many records of each kind refer to this one: one question for all of them. */
export function useRelated(object: ObjectDef, id: string) {
  const { model } = useSurroundings();
  const all = object.relations
    .map((relation) => ({ relation, object: model.objects.get(relation.object) }))
    .filter((r): r is { relation: Relation; object: ObjectDef } => r.object !== undefined)
    .slice(0, 30);
  const asked = all.map(({ relation: r }, at) => `r${at}:${r.name}!${r.field}(${r.one ? "id" : "count()"})`);
  return useQuery({
    queryKey: ["related", object.name, id],
    enabled: all.length > 0,
    queryFn: async (): Promise<Related[]> => {
      const select = ["id", ...asked].join(",");
      const [row] = await aggregate(object, new URLSearchParams({ id: `eq.${id}`, select }));
      return all.map((r, at) => ({ object: r.object, field: r.relation.field, count: countOf(row?.[`r${at}`]) }));
    },
  });
}

/** A count, or the one record that there can be. */
const countOf = (told: unknown): number =>
  Array.isArray(told) ? Number((told[0] as { count?: number } | undefined)?.count ?? 0) : told ? 1 : 0;

export function useRelatedRows(related: Related, id: string, columns: string[]) {
  const { model } = useSurroundings();
  const { object, field } = related;
  const fields = columns.map((c) => object.fields.get(c)).filter((f) => f !== undefined);
  return useQuery({
    queryKey: ["rows", object.name, "related", field, id],
    queryFn: async (): Promise<Row[]> => {
      const query = new URLSearchParams({
        [field]: `eq.${id}`,
        select: selectOf(model, object, fields),
        order: "created_at.desc",
        limit: "25",
      });
      return (await list(object, query)).data;
    },
  });
}
