import { useTranslation } from "react-i18next";
import type { FilterValueProps } from "../kit";

export function TextFilter({ id, values, onChange }: FilterValueProps) {
  const { t } = useTranslation();
  return (
    <input
      id={id}
      className="field-input"
      aria-label={t("filters.value")}
      value={values[0] ?? ""}
      onChange={(event) => onChange([event.target.value])}
    />
  );
}
