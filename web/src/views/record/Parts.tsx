// The lines of a document on its page: read as a table, written as a whole.
import { Pencil } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/http";
import type { Field, ObjectDef } from "../../api/model";
import type { Patch, Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { Button } from "../../ui/kumo";
import { warn } from "../../ui/toast";
import type { useWrites } from "../save";

export function Parts({
  object,
  field,
  row,
  writes,
}: {
  object: ObjectDef;
  field: Field;
  row: Row;
  writes: ReturnType<typeof useWrites>;
}) {
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  const { Display, Input } = kitOf(field);
  const [draft, setDraft] = useState<{ value: unknown; fault?: string | undefined } | null>(null);
  const [faults, setFaults] = useState<string[]>([]);
  const may = !field.readOnly && object.rights.update !== "none" && !row.archived_at;
  const count = Array.isArray(row[field.name]) ? (row[field.name] as unknown[]).length : 0;
  const save = async () => {
    if (!draft || draft.fault) return;
    try {
      const lines = (draft.value as Patch[]).map((line, at) => ({ id: `new-${at}`, ...line }));
      await writes.save(row, { patch: { [field.name]: draft.value }, shown: { [field.name]: lines } });
      setDraft(null);
      setFaults([]);
    } catch (error) {
      if (error instanceof Problem && error.status === 422)
        setFaults(error.faults.map((f) => sentence(f.field, f.detail)));
      else warn(t("refused.title"), writes.sentence(error));
    }
  };
  const sentence = (at: string | null, detail: string): string => {
    const line = at?.split(".")[1];
    return line === undefined ? detail : t("parts.fault", { row: Number(line) + 1, detail });
  };
  return (
    <section className="card" aria-label={field.label}>
      <header className="row">
        <h2 className="grow">
          {field.label} <span className="muted num">{count}</span>
        </h2>
        {may && !draft ? (
          <Button
            size="sm"
            variant="ghost"
            icon={<Pencil aria-hidden="true" />}
            onClick={() => setDraft({ value: row[field.name] })}
          >
            {t("edit")}
          </Button>
        ) : null}
      </header>
      {draft ? (
        <>
          <Input
            id={`parts-${field.name}`}
            field={field}
            value={row[field.name]}
            row={row}
            onChange={(value, fault) => setDraft({ value, fault })}
          />
          {[draft.fault, ...faults].filter(Boolean).map((fault) => (
            <p key={fault} className="fault" role="alert">
              {fault}
            </p>
          ))}
          <footer className="row end-row">
            <Button size="sm" onClick={() => (setDraft(null), setFaults([]))}>
              {t("cancel")}
            </Button>
            <Button size="sm" variant="primary" disabled={draft.fault !== undefined} onClick={() => void save()}>
              {t("save")}
            </Button>
          </footer>
        </>
      ) : count > 0 ? (
        <Display field={field} value={row[field.name]} row={row} />
      ) : (
        <p className="muted">{t("parts.none")}</p>
      )}
    </section>
  );
}
