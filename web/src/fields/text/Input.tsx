import type { InputProps } from "../kit";

const TYPES: Partial<Record<string, string>> = { email: "email", phone: "tel", url: "url" };

export function TextInput(props: InputProps) {
  const { field } = props;
  return (
    <input
      id={props.id}
      className="field-input"
      type={TYPES[field.kind] ?? "text"}
      value={String(props.value ?? "")}
      maxLength={field.maxLength ?? undefined}
      autoFocus={props.autoFocus}
      aria-invalid={props.invalid || undefined}
      aria-describedby={props.describedBy}
      onChange={(event) => props.onChange(event.target.value === "" ? null : event.target.value)}
    />
  );
}
