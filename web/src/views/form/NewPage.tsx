// A new record on a page of its own; its address may say what it begins with (`?client_id=…`), or which it is like.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Field, Model, ObjectDef } from "../../api/model";
import { embedKey, type Row, read, selectOf, type Written } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { tell } from "../../ui/toast";
import { refresh } from "../cache";
import type { Search } from "../list/state";
import { useWrites } from "../save";
import { likeness } from "./draft";
import { RecordForm } from "./RecordForm";

interface Start {
  values: Record<string, unknown>;
  shown: Record<string, unknown>;
}

export default function NewPage({ object, search }: { object: ObjectDef; search: Search }) {
  const { t } = useTranslation();
  const { model, go } = useSurroundings();
  const cache = useQueryClient();
  const writes = useWrites(object);
  const [round, setRound] = useState(0);
  const asked = JSON.stringify(search);
  const start = useQuery({
    queryKey: ["start", object.name, asked],
    queryFn: () => startOf(model, object, search),
    staleTime: 0,
    gcTime: 0,
  });
  const key = `kontor.draft.${object.name}${Object.keys(search).length > 0 ? `.${asked}` : ""}`;
  const done = ({ row, changeSet }: Written, another: boolean) => {
    void refresh(cache, object.name);
    const name = String(row[object.title] ?? "");
    tell(t("created", { label: object.label, name }), writes.wayBack(changeSet));
    if (another) setRound(round + 1);
    else go(`/${object.plural}/${row.id}`);
  };
  const title = t("new.one", { label: object.label });
  const begin = useMemo(() => start.data ?? null, [start.data]);
  return (
    <div className="form-page">
      <div style={{ maxWidth: 720, margin: "0 auto", padding: "20px 16px 0" }}>
        <h1>{title}</h1>
      </div>
      {begin ? (
        <RecordForm
          key={round}
          object={object}
          draftKey={key}
          start={begin}
          onDone={done}
          onCancel={() => history.back()}
        />
      ) : null}
    </div>
  );
}

async function startOf(model: Model, object: ObjectDef, search: Search): Promise<Start> {
  if (search._like)
    return likeness(object, await read(object, search._like, selectOf(model, object, [...object.fields.values()])));
  const start: Start = { values: {}, shown: {} };
  for (const [name, value] of Object.entries(search)) {
    const field = object.fields.get(name);
    if (!field?.given) continue;
    start.values[name] = value;
    if (field.embed) start.shown[embedKey(field)] = await titled(model, field, value);
  }
  return start;
}

async function titled(model: Model, field: Field, id: string): Promise<Row | null> {
  const to = model.objects.get(field.to ?? "");
  return to ? read(to, id, [...new Set(["id", to.title])].join(",")) : null;
}
