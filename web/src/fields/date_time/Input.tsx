import type { InputProps } from "../kit";

export function DateTimeInput(props: InputProps) {
  return (
    <input
      id={props.id}
      className="field-input num"
      type="datetime-local"
      defaultValue={local(props.value)}
      autoFocus={props.autoFocus}
      aria-invalid={props.invalid || undefined}
      aria-describedby={props.describedBy}
      onChange={(event) => props.onChange(event.target.value ? new Date(event.target.value).toISOString() : null)}
    />
  );
}

/** The moment on the clock of whoever looks at it, as the browser's input takes it. */
export function local(value: unknown): string {
  if (typeof value !== "string") return "";
  const at = new Date(value);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
