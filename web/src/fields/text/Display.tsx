import type { Shown } from "../kit";

const LINK: Partial<Record<string, (value: string) => string>> = {
  email: (v) => `mailto:${v}`,
  phone: (v) => `tel:${v.replace(/[^+\d]/g, "")}`,
  url: (v) => (/^https?:\/\//.test(v) ? v : "#"),
};

export function TextDisplay({ field, value, dense }: Shown) {
  const text = String(value ?? "");
  const link = LINK[field.kind];
  if (!link || dense || !text) return <>{text}</>;
  const outside = field.kind === "url" ? { target: "_blank", rel: "noreferrer" } : {};
  return (
    <a href={link(text)} {...outside}>
      {field.kind === "url" ? text.replace(/^https?:\/\//, "") : text}
    </a>
  );
}
