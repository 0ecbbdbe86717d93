import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSurroundings } from "../context";
import type { FilterValueProps } from "../kit";
import { useCandidates } from "./ask";
import { useNames } from "./names";

export function ReferenceFilter({ id, field, values, onChange }: FilterValueProps) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const [typed, setTyped] = useState("");
  const to = model.objects.get(field.to ?? "");
  const found = useCandidates(to, typed);
  const names = useNames(field, values);
  const me = field.kind === "user" ? [{ value: "me", label: t("filters.me") }] : [];
  const chosen = values.filter((v) => v !== "me").map((value) => ({ value, label: names.get(value) ?? "…" }));
  const rest = (found.data ?? []).filter((c) => !values.includes(c.value));
  const toggle = (value: string) =>
    onChange(values.includes(value) ? values.filter((v) => v !== value) : [...values, value]);
  return (
    <fieldset className="checks">
      <legend className="hidden-text">{field.label}</legend>
      <input
        id={id}
        className="field-input"
        placeholder={t("search.short")}
        aria-label={t("search.short")}
        value={typed}
        onChange={(e) => setTyped(e.target.value)}
      />
      {[...me, ...chosen, ...rest].map((choice) => (
        <label key={choice.value} className="option">
          <input type="checkbox" checked={values.includes(choice.value)} onChange={() => toggle(choice.value)} />
          <span className="cut">{choice.label}</span>
        </label>
      ))}
    </fieldset>
  );
}
