import { useTranslation } from "react-i18next";
import type { InputProps } from "../kit";

export function BooleanInput(props: InputProps) {
  const { t } = useTranslation();
  return (
    <select
      id={props.id}
      className="field-input"
      value={props.value === true ? "true" : props.value === false ? "false" : ""}
      autoFocus={props.autoFocus}
      aria-invalid={props.invalid || undefined}
      aria-describedby={props.describedBy}
      onChange={(event) => {
        props.onChange(event.target.value === "" ? null : event.target.value === "true");
        props.onDone?.();
      }}
    >
      {props.field.required ? null : <option value="" />}
      <option value="true">{t("yes")}</option>
      <option value="false">{t("no")}</option>
    </select>
  );
}
