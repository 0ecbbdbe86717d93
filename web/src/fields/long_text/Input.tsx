import type { InputProps } from "../kit";

export function LongTextInput(props: InputProps) {
  return (
    <textarea
      id={props.id}
      className="field-input"
      rows={4}
      value={String(props.value ?? "")}
      maxLength={props.field.maxLength ?? undefined}
      autoFocus={props.autoFocus}
      aria-invalid={props.invalid || undefined}
      aria-describedby={props.describedBy}
      onChange={(event) => props.onChange(event.target.value === "" ? null : event.target.value)}
    />
  );
}
