// Small pieces that every screen is made of.
import type { ReactNode } from "react";

const WHO = ["#4f46c8", "#1f5fb0", "#9a3f8f", "#a8480a", "#0f766e", "#7c3aad", "#9f2a2f", "#2f6b2f", "#7a5a00"];

export function Avatar({ name, size = "" }: { name: string; size?: "" | "lg" | "xl" }) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  const style = { "--who": WHO[sum % WHO.length] } as React.CSSProperties;
  return <span className={`avatar ${size}`} style={style} data-initials={initials(name)} aria-hidden="true" />;
}

export function initials(name: string): string {
  const said = name.split(/[\s.@_-]+/).filter((word) => /\p{L}|\d/u.test(word));
  return ((said[0]?.[0] ?? "?") + (said.length > 1 ? (said.at(-1)?.[0] ?? "") : "")).toUpperCase();
}

export function Chip({ hue, children }: { hue: string; children: ReactNode }) {
  const style = { "--soft": `var(--${hue}-soft)`, "--text": `var(--${hue}-text)`, "--dot": `var(--${hue}-dot)` };
  return (
    <span className="chip" style={style as React.CSSProperties}>
      <span>{children}</span>
    </span>
  );
}

export function Keys({ keys }: { keys: string }) {
  const mac = /Mac|iPhone|iPad/.test(navigator.userAgent);
  const said = keys.split(/[+ ]/).map((k) => (k === "Mod" ? (mac ? "⌘" : "Ctrl") : k));
  return (
    <span className="row" style={{ gap: 2 }}>
      {said.map((key) => (
        <kbd className="kbd" key={key}>
          {key}
        </kbd>
      ))}
    </span>
  );
}

export function Empty(props: { icon: ReactNode; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty" role="status">
      {props.icon}
      <h2>{props.title}</h2>
      {props.children ? <p>{props.children}</p> : null}
      {props.action}
    </div>
  );
}

export function Shimmer({ width }: { width: string }) {
  return <span className="shimmer" style={{ width }} aria-hidden="true" />;
}

/** How far something is; `total` may not be known yet. */
export function Progress({ label, done, total }: { label: string; done: number; total: number | null }) {
  const known = total !== null && total > 0;
  return (
    <progress
      className="progress"
      aria-label={label}
      {...(known ? { max: total, value: Math.min(done, total) } : {})}
    />
  );
}
