// How a view is called, who sees it, and whether it opens first.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { SAVED_VIEW, type ViewDraft } from "../../api/views";
import { useSurroundings } from "../../fields/context";
import { Button } from "../../ui/kumo";
import { Modal } from "../../ui/Modal";
import { useMe } from "./useViews";
import type { View } from "./view";

interface Props {
  /** `null`: a new one. */
  view: View | null;
  onClose: () => void;
  onSave: (draft: ViewDraft) => Promise<void>;
}

const SEEN = ["private", "shared", "role"] as const;

export default function SaveView({ view, onClose, onSave }: Props) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const me = useMe();
  const roles = [...new Set((me?.roles ?? []).map((r) => r.role))];
  const [name, setName] = useState(view?.label ?? "");
  const [seen, setSeen] = useState<(typeof SEEN)[number]>(view?.record?.visibility ?? "private");
  const [role, setRole] = useState(view?.record?.role ?? roles[0] ?? "");
  const [standard, setStandard] = useState(view?.record?.is_default ?? false);
  const [sending, setSending] = useState(false);
  const may = model.objects.get(SAVED_VIEW)?.fields;
  const kinds = SEEN.filter((each) => each !== "role" || (roles.length > 0 && may?.has("role")));
  return (
    <Modal title={t(view ? "saved_views.rename" : "saved_views.save_as")} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!name.trim() || sending) return;
          setSending(true);
          const draft = {
            name: name.trim(),
            visibility: seen,
            role: seen === "role" ? role : null,
            is_default: standard,
          };
          void onSave(draft).finally(() => setSending(false));
        }}
      >
        <div className="labelled">
          <label htmlFor="view-name">{t("saved_views.name")}</label>
          <input
            id="view-name"
            className="field-input"
            required
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </div>
        <fieldset className="checks view-seen">
          <legend>{t("saved_views.seen")}</legend>
          {kinds.map((each) => (
            <label key={each} className="option">
              <input type="radio" name="seen" checked={seen === each} onChange={() => setSeen(each)} />
              {t(`saved_views.seen_${each}`)}
            </label>
          ))}
        </fieldset>
        {seen === "role" && roles.length > 1 ? (
          <div className="labelled">
            <label htmlFor="view-role">{t("saved_views.role")}</label>
            <select
              id="view-role"
              className="field-input"
              value={role}
              onChange={(event) => setRole(event.target.value)}
            >
              {roles.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </div>
        ) : null}
        <label className="option">
          <input type="checkbox" checked={standard} onChange={(event) => setStandard(event.target.checked)} />
          {t(`saved_views.standard_${seen}`)}
        </label>
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" loading={sending}>
            {t("save")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
