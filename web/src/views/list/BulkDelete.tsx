// Deleting many asks first; of a whole filter it says how many there really are.
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { ObjectDef } from "../../api/model";
import { removeAll } from "../../api/records";
import { Button } from "../../ui/kumo";
import { Modal } from "../../ui/Modal";
import { said } from "../save";

interface Props {
  object: ObjectDef;
  count: number;
  /** `null`: only the chosen ones. */
  filter: URLSearchParams | null;
  onClose: () => void;
  onDelete: (most: number) => void;
}

export default function BulkDelete({ object, count, filter, onClose, onDelete }: Props) {
  const { t } = useTranslation();
  const told = useQuery({
    queryKey: ["rehearsal", object.name, "delete", filter?.toString() ?? ""],
    queryFn: () => removeAll(object, { query: filter ?? new URLSearchParams(), most: null }),
    enabled: filter !== null,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  const many = filter === null ? count : (told.data?.count ?? count);
  return (
    <Modal title={t("bulk.delete_title", { count: many, label: object.labelPlural.toLowerCase() })} onClose={onClose}>
      <p className="muted">{t("bulk.delete_about")}</p>
      {told.isError ? <p className="fault">{said(told.error, t)}</p> : null}
      <footer>
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button
          variant="destructive"
          loading={filter !== null && told.isPending}
          disabled={told.isError}
          onClick={() => onDelete(many)}
        >
          {t("bulk.delete_do", { count: many })}
        </Button>
      </footer>
    </Modal>
  );
}
