// All notifications of a member, filtered by what they are about and by whether they were read.
import { useTranslation } from "react-i18next";
import type { ObjectDef } from "../../api/model";
import type { Search } from "../list/state";
import { NoticeList } from "./NoticeList";

interface Props {
  object: ObjectDef;
  search: Search;
  onSearch: (search: Search) => void;
}

export default function NoticesPage({ object, search, onSearch }: Props) {
  const { t } = useTranslation();
  const types = object.fields.get("type")?.options ?? [];
  const type = types.some((o) => o.value === search.type) ? (search.type ?? null) : null;
  const unread = search._unread === "1";
  const set = (change: Search) => onSearch({ ...search, ...change });
  return (
    <>
      <nav className="tabs" aria-label={t("notices.filter")}>
        <button type="button" aria-current={unread ? undefined : "page"} onClick={() => set({ _unread: "" })}>
          {t("notices.all")}
        </button>
        <button type="button" aria-current={unread ? "page" : undefined} onClick={() => set({ _unread: "1" })}>
          {t("notices.unread")}
        </button>
      </nav>
      <div className="admin">
        <h1>{t("notices.title")}</h1>
        <label className="labelled notice-types">
          {t("notices.type")}
          <select className="field-input" value={type ?? ""} onChange={(event) => set({ type: event.target.value })}>
            <option value="">{t("notices.every_type")}</option>
            {types.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ))}
          </select>
        </label>
        <NoticeList object={object} shown={{ unread, type }} />
      </div>
    </>
  );
}
