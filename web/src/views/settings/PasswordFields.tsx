// A new password, twice, with the rules ticked off while one types.
import { Check, Circle } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Problem } from "../../api/http";
import { TextField } from "../../ui/fields";
import { kept, RULES } from "./password";

export interface NewPasswords {
  password: string;
  confirmation: string;
}

interface Props {
  value: NewPasswords;
  refusal: Problem | null;
  onValue: (value: NewPasswords) => void;
}

export function PasswordFields({ value, refusal, onValue }: Props) {
  const { t } = useTranslation();
  const held = kept(value.password, value.confirmation);
  return (
    <>
      <TextField
        label={t("settings.password.new")}
        type="password"
        autoComplete="new-password"
        fault={refusal?.at("password")}
        value={value.password}
        onValue={(password) => onValue({ ...value, password })}
      />
      <TextField
        label={t("settings.password.again")}
        type="password"
        autoComplete="new-password"
        fault={refusal?.at("confirmation")}
        value={value.confirmation}
        onValue={(confirmation) => onValue({ ...value, confirmation })}
      />
      <ul className="rules" aria-label={t("settings.password.rules")} aria-live="polite">
        {RULES.map((rule) => (
          <li key={rule} data-kept={held.has(rule)}>
            {held.has(rule) ? <Check aria-hidden="true" /> : <Circle aria-hidden="true" />}
            <span>{t(`settings.password.rule.${rule}`)}</span>
            <span className="hidden-text">
              {t(held.has(rule) ? "settings.password.kept" : "settings.password.missing")}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
