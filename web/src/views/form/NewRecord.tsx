// A new record in front of another screen: what is required, no more.
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { NewRecordProps } from "../../fields/kit";
import { Modal } from "../../ui/Modal";
import { RecordForm } from "./RecordForm";

export default function NewRecord({ object, name, onClose, onMade }: NewRecordProps) {
  const { t } = useTranslation();
  const title = object.fields.get(object.title);
  const start = useMemo(() => ({ values: title?.given ? { [title.name]: name } : {}, shown: {} }), [title, name]);
  return (
    <Modal title={t("new.one", { label: object.label })} onClose={onClose}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: what happens in this form is not for the form that it was asked from */}
      <div
        onKeyDown={(event) => event.stopPropagation()}
        onSubmit={(event) => event.stopPropagation()}
        onBlur={(event) => event.stopPropagation()}
      >
        <RecordForm
          object={object}
          draftKey={`kontor.draft.beside.${object.name}.${name}`}
          start={start}
          short
          onCancel={onClose}
          onDone={({ row }) => onMade(row.id, String(row[object.title] ?? ""))}
        />
      </div>
    </Modal>
  );
}
