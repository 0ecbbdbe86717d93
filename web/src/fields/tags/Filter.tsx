import { useTranslation } from "react-i18next";
import type { FilterValueProps } from "../kit";

export function TagsFilter({ id, values, onChange }: FilterValueProps) {
  const { t } = useTranslation();
  return (
    <input
      id={id}
      className="field-input"
      aria-label={t("filters.tags")}
      placeholder={t("filters.tags")}
      defaultValue={values.join(", ")}
      onChange={(event) =>
        onChange(
          event.target.value
            .split(",")
            .map((w) => w.trim())
            .filter(Boolean),
        )
      }
    />
  );
}
