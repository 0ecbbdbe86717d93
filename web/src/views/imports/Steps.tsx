// How far one is on the way from a file to records.
import { Check } from "lucide-react";
import { useTranslation } from "react-i18next";

const STEPS = ["file", "columns", "check", "import"] as const;

export function Steps({ at }: { at: (typeof STEPS)[number] }) {
  const { t } = useTranslation();
  const now = STEPS.indexOf(at);
  return (
    <ol className="steps" aria-label={t("imports.steps")}>
      {STEPS.map((step, n) => (
        <li key={step} aria-current={n === now ? "step" : undefined} data-done={n < now}>
          <span className="step-mark" aria-hidden="true">
            {n < now ? <Check /> : n + 1}
          </span>
          <span>{t(`imports.step.${step}`)}</span>
        </li>
      ))}
    </ol>
  );
}
