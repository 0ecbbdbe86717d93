// What a computed field is computed from: a formula, related records, or a series of numbers.
import { useTranslation } from "react-i18next";
import type { ObjectDefinition, Rollup } from "../../api/definitions";
import type { Problem } from "../../api/http";
import type { Kind } from "../../api/model";
import { useSurroundings } from "../../fields/context";
import { Labelled, Select, TextField } from "../../ui/fields";
import type { FieldDraft } from "./define";

const RESULTS: readonly Kind[] = ["text", "integer", "decimal", "money", "percent", "boolean", "date", "date_time"];
const FUNCTIONS = ["count", "sum", "min", "max", "last"] as const;

interface Props {
  object: ObjectDefinition;
  draft: FieldDraft;
  problem: Problem | null;
  onDraft: (change: Partial<FieldDraft>) => void;
}

export function Computed({ object, draft, problem, onDraft }: Props) {
  const { t } = useTranslation();
  const result = (
    <Select
      label={t("settings.fields.result")}
      fault={problem?.at("result")}
      value={draft.result}
      onValue={(next) => onDraft({ result: next as Kind })}
    >
      {RESULTS.map((each) => (
        <option key={each} value={each}>
          {t(`settings.kind.${each}`)}
        </option>
      ))}
    </Select>
  );
  if (draft.kind === "auto_number")
    return (
      <TextField
        label={t("settings.fields.format")}
        about={t("settings.fields.format_about")}
        fault={problem?.at("format")}
        value={draft.format}
        onValue={(format) => onDraft({ format })}
      />
    );
  if (draft.kind === "formula")
    return (
      <>
        <Labelled
          label={t("settings.fields.formula")}
          about={t("settings.fields.formula_about", {
            fields: object.fields
              .filter((f) => !f.archived)
              .map((f) => f.name)
              .join(", "),
          })}
          fault={problem?.at("formula")}
        >
          {(ties) => (
            <textarea
              className="field-input"
              spellCheck={false}
              {...ties}
              value={draft.formula}
              onChange={(event) => onDraft({ formula: event.target.value })}
            />
          )}
        </Labelled>
        {result}
      </>
    );
  if (draft.kind !== "rollup") return null;
  return (
    <>
      <RollupFields
        object={object}
        rollup={draft.rollup}
        problem={problem}
        onRollup={(rollup) => onDraft({ rollup })}
      />
      {result}
    </>
  );
}

interface RollupProps {
  object: ObjectDefinition;
  rollup: Rollup;
  problem: Problem | null;
  onRollup: (rollup: Rollup) => void;
}

function RollupFields({ object, rollup, problem, onRollup }: RollupProps) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const relations = model.objects.get(object.name)?.relations ?? [];
  const of = relations.find((r) => r.name === rollup.of);
  const fields = [...(model.objects.get(of?.object ?? "")?.fields.values() ?? [])];
  return (
    <div className="form-grid two">
      <Select
        label={t("settings.fields.rollup_of")}
        fault={problem?.at("rollup")}
        value={rollup.of}
        onValue={(next) => onRollup({ ...rollup, of: next })}
      >
        <option value="" disabled>
          {t("imports.choose_object")}
        </option>
        {relations.map((relation) => (
          <option key={relation.name} value={relation.name}>
            {model.objects.get(relation.object)?.labelPlural ?? relation.name} ({relation.name})
          </option>
        ))}
      </Select>
      <Select
        label={t("settings.fields.rollup_function")}
        value={rollup.function}
        onValue={(next) => onRollup({ ...rollup, function: next as Rollup["function"] })}
      >
        {FUNCTIONS.map((each) => (
          <option key={each} value={each}>
            {t(`settings.fields.functions.${each}`)}
          </option>
        ))}
      </Select>
      {rollup.function === "count" ? null : (
        <Select
          label={t("settings.fields.rollup_field")}
          value={rollup.field ?? ""}
          onValue={(field) => onRollup({ ...rollup, field })}
        >
          <option value="" disabled>
            {t("imports.choose_object")}
          </option>
          {fields.map((field) => (
            <option key={field.name} value={field.name}>
              {field.label}
            </option>
          ))}
        </Select>
      )}
      <TextField
        label={t("settings.fields.rollup_where")}
        about={t("settings.fields.rollup_where_about")}
        value={rollup.where ?? ""}
        onValue={(where) => onRollup({ ...rollup, where })}
      />
    </div>
  );
}
