// Roles and locations by name, for whoever manages members.
import { useQuery } from "@tanstack/react-query";
import { type Role, roles } from "../../api/members";
import { list } from "../../api/records";
import { useSurroundings } from "../../fields/context";

export function useRoles() {
  const found = useQuery({ queryKey: ["roles"], queryFn: ({ signal }) => roles(signal), staleTime: 300_000 });
  const all: Role[] = found.data ?? [];
  return { found, all, labelOf: (name: string) => all.find((role) => role.name === name)?.label ?? name };
}

export interface Place {
  id: string;
  name: string;
}

/** The first two hundred, by name: more locations than a firm has. */
export function usePlaces() {
  const { model } = useSurroundings();
  const object = model.objects.get("location");
  const found = useQuery({
    queryKey: ["places"],
    enabled: object !== undefined,
    staleTime: 300_000,
    queryFn: async ({ signal }) => {
      if (!object) return [];
      const query = new URLSearchParams({ select: `id,${object.title}`, order: `${object.title},id`, limit: "200" });
      return (await list(object, query, { signal })).data.map(
        (row): Place => ({ id: row.id, name: String(row[object.title] ?? "") }),
      );
    },
  });
  const all = found.data ?? [];
  return { all, label: object?.label ?? "", nameOf: (id: string) => all.find((place) => place.id === id)?.name ?? id };
}
