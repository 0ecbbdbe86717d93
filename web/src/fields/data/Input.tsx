import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { InputProps } from "../kit";
import { dataText } from "./Display";

/** JSON, or "18.22, -63.05" for a place. */
export function DataInput(props: InputProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(() => dataText(props.value, props.field.kind));
  return (
    <textarea
      id={props.id}
      className="field-input num"
      rows={props.field.kind === "geo_point" ? 1 : 4}
      value={typed}
      autoFocus={props.autoFocus}
      aria-invalid={props.invalid || undefined}
      aria-describedby={props.describedBy}
      onChange={(event) => {
        setTyped(event.target.value);
        const value = readData(event.target.value, props.field.kind);
        props.onChange(value ?? null, value === undefined ? t(`faults.${props.field.kind}`) : undefined);
      }}
    />
  );
}

export function readData(text: string, kind: string): unknown {
  if (text.trim() === "") return null;
  if (kind === "geo_point") {
    const said = /^\s*(-?\d+(?:\.\d+)?)\s*[,;]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text);
    return said ? { lat: Number(said[1]), lon: Number(said[2]) } : undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
