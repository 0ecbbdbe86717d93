import { Check, Minus } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Shown } from "../kit";

export function BooleanDisplay({ value }: Shown) {
  const { t } = useTranslation();
  if (value === null || value === undefined) return null;
  return (
    <span className="row" style={{ gap: 4 }}>
      {value ? <Check aria-hidden="true" /> : <Minus aria-hidden="true" />}
      {value ? t("yes") : t("no")}
    </span>
  );
}
