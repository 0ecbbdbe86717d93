// What an import did or would do, in numbers, and what is wrong in which row.
import { useTranslation } from "react-i18next";
import type { Import, RowError } from "../../api/imports";
import type { ObjectDef } from "../../api/model";
import { formatNumber } from "../../ui/format";

const COUNTS = ["created", "updated", "unchanged", "skipped", "refused", "duplicates"] as const;

export function Tally({ it }: { it: Import }) {
  const { t } = useTranslation();
  const said = COUNTS.filter((name) => it[name] > 0 || name === "created");
  return (
    <dl className="tally">
      {said.map((name) => (
        <div key={name} data-bad={name === "refused"}>
          <dt>{t(`imports.${it.dry_run ? "would" : "counts"}.${name}`)}</dt>
          <dd className="num">{formatNumber(it[name])}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Errors({ errors, object }: { errors: RowError[]; object: ObjectDef | undefined }) {
  const { t } = useTranslation();
  const label = (error: RowError) => {
    const field = object?.fields.get(error.field ?? "")?.label ?? error.field ?? "";
    return error.column && error.column !== field ? `${error.column}${field ? ` → ${field}` : ""}` : field;
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div className="parts-scroll" tabIndex={0} role="group" aria-label={t("imports.wrong_rows")}>
      <table className="parts">
        <thead>
          <tr>
            <th scope="col" className="end">
              {t("imports.row")}
            </th>
            <th scope="col">{t("imports.column")}</th>
            <th scope="col">{t("filters.value")}</th>
            <th scope="col">{t("imports.why")}</th>
          </tr>
        </thead>
        <tbody>
          {errors.map((error, at) => (
            <tr key={at}>
              <td className="end num">{error.row}</td>
              <td>{label(error)}</td>
              <td className="wrong-value">{error.value ?? ""}</td>
              <td>{error.reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
