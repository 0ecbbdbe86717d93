// What people wrote about a record: notes, and activities that were planned or done.
import { useQuery } from "@tanstack/react-query";
import type { Model, ObjectDef } from "../../api/model";
import { list, type Row, selectOf } from "../../api/records";
import { useSurroundings } from "../../fields/context";

/** An object whose records belong to this one, and the field that says so. */
export interface Belonging {
  object: ObjectDef;
  field: string;
}

const MOST = 100;

/** By the name that the blueprints give it; nothing where this object has none, or the member sees none. */
export function belonging(model: Model, object: ObjectDef, name: string): Belonging | undefined {
  const relation = object.name === name ? undefined : object.relations.find((r) => r.object === name);
  const other = model.objects.get(name);
  return relation && other && other.rights.read !== "none" ? { object: other, field: relation.field } : undefined;
}

const FIELDS = [
  "type",
  "status",
  "subject",
  "body",
  "is_pinned",
  "mention_ids",
  "starts_at",
  "created_at",
  "created_by",
];

export function useBelonging(of: Belonging | undefined, id: string) {
  const { model } = useSurroundings();
  return useQuery({
    queryKey: ["rows", of?.object.name, "related", of?.field, id, "written"],
    enabled: of !== undefined,
    queryFn: async (): Promise<Row[]> => {
      if (!of) return [];
      const fields = FIELDS.map((name) => of.object.fields.get(name)).filter((f) => f !== undefined);
      const select = selectOf(model, of.object, fields);
      const query = new URLSearchParams({
        [of.field]: `eq.${id}`,
        select,
        order: "created_at.desc,id",
        limit: `${MOST}`,
      });
      return (await list(of.object, query)).data;
    },
  });
}
