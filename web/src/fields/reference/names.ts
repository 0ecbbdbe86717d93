import { useQuery } from "@tanstack/react-query";
import type { Field, ObjectDef } from "../../api/model";
import { list } from "../../api/records";
import { useSurroundings } from "../context";

/** Titles of records that a filter names by id. */
export function useNames(field: Field, ids: string[]): Map<string, string> {
  const { model } = useSurroundings();
  return useTitles(model.objects.get(field.to ?? ""), ids);
}

/** What records are called, as far as the member reads them. */
export function useTitles(to: ObjectDef | undefined, ids: string[]): Map<string, string> {
  const asked = ids.filter((id) => /^[0-9a-f-]{36}$/.test(id)).sort();
  const names = useQuery({
    queryKey: ["names", to?.name, asked],
    enabled: to !== undefined && asked.length > 0,
    staleTime: 300_000,
    queryFn: async () => {
      if (!to) return [];
      const query = new URLSearchParams({
        id: `in.(${asked.join(",")})`,
        select: [...new Set(["id", to.title])].join(","),
      });
      return (await list(to, query)).data.map((row): [string, string] => [row.id, String(row[to.title] ?? "")]);
    },
  });
  return new Map(names.data);
}
