import { Chip } from "../../ui/parts";
import type { FilterValueProps } from "../kit";

export function SelectFilter({ field, values, onChange }: FilterValueProps) {
  const toggle = (value: string) =>
    onChange(values.includes(value) ? values.filter((v) => v !== value) : [...values, value]);
  return (
    <fieldset className="checks">
      <legend className="hidden-text">{field.label}</legend>
      {field.options.map((option) => (
        <label key={option.value} className="option">
          <input type="checkbox" checked={values.includes(option.value)} onChange={() => toggle(option.value)} />
          <Chip hue={option.color}>{option.label}</Chip>
        </label>
      ))}
    </fieldset>
  );
}
