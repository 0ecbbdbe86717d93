// One field of many records: which, and what it becomes. A whole filter is rehearsed first, so that one sees how many change.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ObjectDef } from "../../api/model";
import { changeAll } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { Button } from "../../ui/kumo";
import { Modal } from "../../ui/Modal";
import { said } from "../save";

interface Props {
  object: ObjectDef;
  count: number;
  /** The field that is likeliest meant. */
  first: string | null;
  /** `null`: only the chosen ones. */
  filter: URLSearchParams | null;
  onClose: () => void;
  onSave: (patch: Record<string, unknown>, most: number) => void;
}

export default function BulkEdit(props: Props) {
  const { object, filter } = props;
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  const fields = [...object.fields.values()].filter((f) => !f.readOnly && !f.system && f.kind !== "parts");
  const [name, setName] = useState(
    fields.some((f) => f.name === props.first) ? (props.first ?? "") : (fields[0]?.name ?? ""),
  );
  const [draft, setDraft] = useState<{ value: unknown; fault?: string | undefined }>({ value: null });
  const [told, setTold] = useState<{ count: number } | { refusal: string } | null>(null);
  const [asking, setAsking] = useState(false);
  const field = fields.find((f) => f.name === name);
  if (!field) return null;
  const { Input } = kitOf(field);
  const patch = { [name]: draft.value };
  const rehearse = async (query: URLSearchParams) => {
    setAsking(true);
    try {
      setTold({ count: (await changeAll(object, { query, most: null }, patch)).count });
    } catch (error) {
      setTold({ refusal: said(error, t) });
    }
    setAsking(false);
  };
  const known = told && "count" in told ? told.count : null;
  const submit = () => {
    if (draft.fault || asking) return;
    if (filter === null) return props.onSave(patch, props.count);
    return known === null ? void rehearse(filter) : props.onSave(patch, known);
  };
  return (
    <Modal title={t("bulk.edit_title", { count: props.count })} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
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
              setTold(null);
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
            onChange={(value, fault) => {
              setDraft({ value, fault });
              setTold(null);
            }}
          />
          {draft.fault ? <p className="fault">{draft.fault}</p> : null}
        </div>
        <p role="status" className={told && "refusal" in told ? "fault" : "muted"}>
          {told === null ? "" : "refusal" in told ? told.refusal : t("bulk.would", { count: told.count })}
        </p>
        <footer>
          <Button onClick={props.onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" loading={asking} disabled={known === 0}>
            {filter !== null && known === null ? t("bulk.check") : t("bulk.edit_do", { count: known ?? props.count })}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
