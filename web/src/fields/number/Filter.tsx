import { useTranslation } from "react-i18next";
import { parseNumber } from "../../ui/parse";
import type { FilterValueProps } from "../kit";

export function NumberFilter({ id, values, onChange }: FilterValueProps) {
  const { t } = useTranslation();
  return (
    <input
      id={id}
      className="field-input num"
      inputMode="decimal"
      aria-label={t("filters.value")}
      defaultValue={values[0] ?? ""}
      onChange={(event) => onChange([parseNumber(event.target.value) ?? ""])}
    />
  );
}
