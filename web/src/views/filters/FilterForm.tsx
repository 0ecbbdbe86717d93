// One condition: how it is compared, and with what.
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Field } from "../../api/model";
import { useSurroundings } from "../../fields/context";
import { readCondition } from "../../fields/operators";
import { Button } from "../../ui/kumo";

export function FilterForm({
  field,
  condition,
  onDone,
}: {
  field: Field;
  condition: string;
  onDone: (condition: string) => void;
}) {
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  const id = useId();
  const { operators, Filter } = kitOf(field);
  const read = readCondition(operators, condition);
  const [operator, setOperator] = useState(read?.operator ?? operators[0]);
  const [values, setValues] = useState<string[]>(read?.values ?? []);
  if (!operator) return null;
  const days = operator.name === "last_days" || operator.name === "next_days";
  const given = days && values.length === 0 ? ["7"] : values;
  const needed = operator.takes === "many" ? 1 : operator.takes;
  const ready = given.filter((v) => v !== "").length >= needed;
  const value = (at: number) => (
    <Filter
      key={`${operator.name}${at}`}
      id={`${id}-${at}`}
      field={field}
      values={operator.takes === "many" ? given : [given[at] ?? (days ? "7" : "")]}
      many={operator.takes === "many"}
      onChange={(next) =>
        setValues(
          operator.takes === "many"
            ? next
            : at === 0
              ? [next[0] ?? "", ...given.slice(1)]
              : [given[0] ?? "", next[0] ?? ""],
        )
      }
    />
  );
  return (
    <form
      className="filter-box"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) onDone(operator.write(given));
      }}
    >
      <label className="label" htmlFor={id}>
        {field.label}
      </label>
      <select
        id={id}
        className="field-input"
        value={operator.name}
        onChange={(event) => {
          setOperator(operators.find((o) => o.name === event.target.value) ?? operator);
          setValues([]);
        }}
      >
        {operators.map((o) => (
          <option key={o.name} value={o.name}>
            {t(`filters.${o.name}`)}
          </option>
        ))}
      </select>
      {operator.takes === 0 ? null : value(0)}
      {operator.takes === 2 ? value(1) : null}
      <Button type="submit" variant="primary" size="sm" disabled={!ready}>
        {t("filters.apply")}
      </Button>
    </form>
  );
}
