// What can be done with the selected rows.
import { Archive, Pencil, Trash2, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Field, ObjectDef } from "../../api/model";
import { exportUrl } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { Button } from "../../ui/kumo";
import { Modal } from "../../ui/Modal";
import type { Selection } from "../grid/selection";
import type { useWrites } from "../save";

interface Props {
  object: ObjectDef;
  selection: Selection;
  writes: ReturnType<typeof useWrites>;
  columns: Field[];
}

export function Bulk({ object, selection, writes, columns }: Props) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState<"edit" | "delete" | null>(null);
  const ids = [...selection.ids];
  const may = object.rights;
  const done = (good: boolean) => {
    setAsking(null);
    if (good) selection.clear();
  };
  const query = new URLSearchParams({
    id: `in.(${ids.join(",")})`,
    select: [...new Set([object.title, ...columns.map((f) => f.name)])].join(","),
  });
  return (
    <div className="bulk" role="toolbar" aria-label={t("bulk.title")}>
      <b aria-live="polite">{t("bulk.selected", { count: ids.length })}</b>
      {may.update !== "none" ? (
        <Button size="sm" icon={<Pencil aria-hidden="true" />} onClick={() => setAsking("edit")}>
          {t("bulk.edit")}
        </Button>
      ) : null}
      <a className="plain-button" href={exportUrl(object, "xlsx", query)} download>
        {t("bulk.export")}
      </a>
      {object.archivable && may.archive !== "none" ? (
        <Button size="sm" icon={<Archive aria-hidden="true" />} onClick={() => void writes.archive(ids).then(done)}>
          {t("archive")}
        </Button>
      ) : null}
      {may.delete !== "none" ? (
        <Button
          size="sm"
          variant="secondary-destructive"
          icon={<Trash2 aria-hidden="true" />}
          onClick={() => setAsking("delete")}
        >
          {t("delete")}
        </Button>
      ) : null}
      <button type="button" className="icon-button" aria-label={t("bulk.clear")} onClick={selection.clear}>
        <X aria-hidden="true" />
      </button>
      {asking === "delete" ? (
        <Modal
          title={t("bulk.delete_title", { count: ids.length, label: object.labelPlural.toLowerCase() })}
          onClose={() => setAsking(null)}
        >
          <p className="muted">{t("bulk.delete_about")}</p>
          <footer>
            <Button onClick={() => setAsking(null)}>{t("cancel")}</Button>
            <Button variant="destructive" onClick={() => void writes.remove(ids).then(done)}>
              {t("bulk.delete_do", { count: ids.length })}
            </Button>
          </footer>
        </Modal>
      ) : null}
      {asking === "edit" ? (
        <EditMany
          object={object}
          count={ids.length}
          onClose={() => setAsking(null)}
          onSave={(patch) => void writes.saveMany(ids, patch).then(done)}
        />
      ) : null}
    </div>
  );
}

function EditMany(props: {
  object: ObjectDef;
  count: number;
  onClose: () => void;
  onSave: (patch: Record<string, unknown>) => void;
}) {
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  const fields = [...props.object.fields.values()].filter((f) => !f.readOnly && !f.system && f.kind !== "parts");
  const [name, setName] = useState(props.object.stage ?? fields[0]?.name ?? "");
  const [draft, setDraft] = useState<{ value: unknown; fault?: string | undefined }>({ value: null });
  const field = fields.find((f) => f.name === name);
  if (!field) return null;
  const { Input } = kitOf(field);
  return (
    <Modal title={t("bulk.edit_title", { count: props.count })} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!draft.fault) props.onSave({ [name]: draft.value });
        }}
      >
        <div className="labelled">
          <label htmlFor="bulk-field">{t("filters.field")}</label>
          <select
            id="bulk-field"
            className="field-input"
            value={name}
            onChange={(event) => {
              setName(event.target.value);
              setDraft({ value: null });
            }}
          >
            {fields.map((f) => (
              <option key={f.name} value={f.name}>
                {f.label}
              </option>
            ))}
          </select>
        </div>
        <div className="labelled" style={{ marginTop: 10 }}>
          <label htmlFor="bulk-value">{field.label}</label>
          <Input
            key={name}
            id="bulk-value"
            field={field}
            value={null}
            row={{}}
            onChange={(value, fault) => setDraft({ value, fault })}
          />
          {draft.fault ? <p className="fault">{draft.fault}</p> : null}
        </div>
        <footer>
          <Button onClick={props.onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary">
            {t("bulk.edit_do", { count: props.count })}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
