import { useTranslation } from "react-i18next";
import type { FilterValueProps } from "../kit";

/** A day, or how many days. */
export function DateFilter({ id, values, onChange }: FilterValueProps) {
  const { t } = useTranslation();
  const days = /^\d{1,4}$/.test(values[0] ?? "");
  return (
    <input
      id={id}
      className="field-input"
      type={days ? "number" : "date"}
      min={days ? 1 : undefined}
      aria-label={days ? t("filters.days") : t("filters.value")}
      value={(values[0] ?? "").slice(0, 10)}
      onChange={(event) => onChange([event.target.value])}
    />
  );
}
