import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { InputProps } from "../kit";
import { type Address, addressOf, PARTS } from "./lines";

export function AddressInput(props: InputProps) {
  const { t } = useTranslation();
  const [address, setAddress] = useState(() => addressOf(props.value));
  const set = (part: keyof Address, text: string) => {
    const { [part]: _, ...rest } = address;
    const next = text ? { ...rest, [part]: text } : rest;
    setAddress(next);
    props.onChange(Object.keys(next).length > 0 ? next : null);
  };
  return (
    <span className="address-input">
      {PARTS.map((part, index) => (
        <input
          key={part}
          id={index === 0 ? props.id : `${props.id}-${part}`}
          className={`field-input ${part}`}
          aria-label={t(`address.${part}`)}
          placeholder={t(`address.${part}`)}
          value={address[part] ?? ""}
          autoFocus={props.autoFocus && index === 0}
          aria-invalid={props.invalid || undefined}
          aria-describedby={props.describedBy}
          onChange={(event) => set(part, event.target.value)}
        />
      ))}
    </span>
  );
}
