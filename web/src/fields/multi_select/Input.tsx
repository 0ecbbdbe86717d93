import { useState } from "react";
import { Picker } from "../../ui/Picker";
import { Chip } from "../../ui/parts";
import type { InputProps } from "../kit";
import { shared } from "../select/Input";

/** Options that are known, or words that are typed (tags). */
export function MultiSelectInput(props: InputProps) {
  const { field } = props;
  const [values, setValues] = useState<string[]>(Array.isArray(props.value) ? props.value : []);
  const free = field.options.length === 0;
  const options = free ? values.map((v) => ({ value: v, label: v, color: "gray" })) : field.options;
  const set = (next: string[]) => {
    setValues(next);
    props.onChange(next.length > 0 ? next : null);
  };
  const labels = values.map((v) => options.find((o) => o.value === v)?.label ?? v);
  return (
    <Picker
      id={props.id}
      label={field.label}
      choices={options.map((o) => ({ value: o.value, label: o.label, show: <Chip hue={o.color}>{o.label}</Chip> }))}
      selected={values}
      text={labels.join(", ")}
      onPick={({ value }) => set(values.includes(value) ? values.filter((v) => v !== value) : [...values, value])}
      onClear={() => set(values.slice(0, -1))}
      {...(free ? { onNew: (typed: string) => set([...values, typed]) } : {})}
      {...shared(props)}
    />
  );
}
