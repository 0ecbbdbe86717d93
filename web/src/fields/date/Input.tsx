import { useState } from "react";
import { useTranslation } from "react-i18next";
import { formatDay } from "../../ui/format";
import { parseDay } from "../../ui/parse";
import type { InputProps } from "../kit";

/** A text box that reads what people type ("next fri", "+7"), beside it the calendar of the browser. */
export function DateInput(props: InputProps) {
  const { t } = useTranslation();
  const value = typeof props.value === "string" ? props.value : "";
  const [typed, setTyped] = useState(value ? formatDay(value) : "");
  const tell = (text: string) => {
    setTyped(text);
    const day = parseDay(text);
    props.onChange(day ?? null, day === undefined ? t("faults.date") : undefined);
  };
  return (
    <span className="date-input">
      <input
        id={props.id}
        className="field-input num"
        placeholder={t("date.hint")}
        value={typed}
        autoFocus={props.autoFocus}
        aria-invalid={props.invalid || undefined}
        aria-describedby={props.describedBy}
        onChange={(event) => tell(event.target.value)}
      />
      <input
        type="date"
        tabIndex={-1}
        aria-label={t("date.choose", { label: props.field.label })}
        value={value}
        onChange={(event) => {
          props.onChange(event.target.value || null);
          setTyped(event.target.value ? formatDay(event.target.value) : "");
        }}
      />
    </span>
  );
}
