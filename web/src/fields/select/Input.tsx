import { Picker } from "../../ui/Picker";
import { Chip } from "../../ui/parts";
import type { InputProps } from "../kit";

export function SelectInput(props: InputProps) {
  const { field, value } = props;
  const choices = field.options.map((o) => ({
    value: o.value,
    label: o.label,
    show: <Chip hue={o.color}>{o.label}</Chip>,
  }));
  return (
    <Picker
      id={props.id}
      label={field.label}
      choices={choices}
      selected={typeof value === "string" ? [value] : []}
      text={field.options.find((o) => o.value === value)?.label ?? ""}
      onPick={(choice) => {
        props.onChange(choice.value);
        props.onDone?.();
      }}
      {...(field.required ? {} : { onClear: () => props.onChange(null) })}
      {...shared(props)}
    />
  );
}

export const shared = (props: InputProps) => ({
  ...(props.autoFocus ? { autoFocus: true } : {}),
  ...(props.invalid ? { invalid: true } : {}),
  ...(props.describedBy ? { describedBy: props.describedBy } : {}),
});
