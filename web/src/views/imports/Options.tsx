// How the rows are written: which find their record again, what wrong ones stop, what becomes of those that are alike.
import { useTranslation } from "react-i18next";
import type { Problem } from "../../api/http";
import { CHOICES, type Choice, MODES, type Mode, type OnError } from "../../api/imports";
import type { ObjectDef } from "../../api/model";
import { Select } from "../../ui/fields";
import { type Draft, keysOf } from "./draft";

interface Props {
  object: ObjectDef;
  draft: Draft;
  /** What the server refused. */
  refusal: Problem | null;
  onDraft: (draft: Draft) => void;
}

export function Options({ object, draft, refusal, onDraft }: Props) {
  const { t } = useTranslation();
  const label = object.label;
  const set = (change: Partial<Draft>) => onDraft({ ...draft, ...change });
  return (
    <div className="card options">
      <h2>{t("imports.options")}</h2>
      <Select
        label={t("imports.key")}
        about={t("imports.key_about")}
        fault={refusal?.at("key")}
        value={draft.key}
        onValue={(key) => set({ key })}
      >
        <option value="">{t("imports.key_none")}</option>
        {keysOf(draft, object).map((field) => (
          <option key={field.name} value={field.name}>
            {field.label}
          </option>
        ))}
      </Select>
      {draft.key ? (
        <Select
          label={t("imports.mode")}
          fault={refusal?.at("mode")}
          value={draft.mode}
          onValue={(mode) => set({ mode: mode as Mode })}
        >
          {MODES.map((mode) => (
            <option key={mode} value={mode}>
              {t(`imports.modes.${mode}`)}
            </option>
          ))}
        </Select>
      ) : null}
      <Select
        label={t("imports.on_error")}
        fault={refusal?.at("on_error")}
        value={draft.onError}
        onValue={(onError) => set({ onError: onError as OnError })}
      >
        <option value="nothing">{t("imports.on_errors.nothing")}</option>
        <option value="skip">{t("imports.on_errors.skip")}</option>
      </Select>
      <Select
        label={t("imports.duplicates")}
        about={t("imports.duplicates_about", { label })}
        fault={refusal?.at("duplicates")}
        value={draft.duplicates}
        onValue={(duplicates) => set({ duplicates: duplicates as Choice })}
      >
        {CHOICES.map((choice) => (
          <option key={choice} value={choice}>
            {t(`imports.choices.${choice}`)}
          </option>
        ))}
      </Select>
      <label className="option">
        <input
          type="checkbox"
          checked={draft.automations}
          onChange={(event) => set({ automations: event.target.checked })}
        />
        <span>{t("imports.automations")}</span>
      </label>
    </div>
  );
}
