import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { InputProps } from "../kit";
import { editable, readNumber } from "./format";

export function NumberInput(props: InputProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(() => editable(props.value, props.field));
  return (
    <input
      id={props.id}
      className="field-input num"
      inputMode="decimal"
      value={typed}
      autoFocus={props.autoFocus}
      aria-invalid={props.invalid || undefined}
      aria-describedby={props.describedBy}
      onChange={(event) => {
        setTyped(event.target.value);
        const value = readNumber(event.target.value, props.field);
        props.onChange(
          value ?? null,
          value === undefined ? t(`faults.${props.field.kind === "duration" ? "duration" : "number"}`) : undefined,
        );
      }}
    />
  );
}
