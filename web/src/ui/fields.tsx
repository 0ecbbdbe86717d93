// A control with its label, what it is about and what is wrong with it: for forms that no model describes.
import { type ReactNode, useId } from "react";

interface Around {
  label: string;
  about?: ReactNode;
  fault?: string | undefined;
}

interface Ties {
  id: string;
  "aria-invalid": boolean | undefined;
  "aria-describedby": string | undefined;
}

export function Labelled({ label, about, fault, children }: Around & { children: (ties: Ties) => ReactNode }) {
  const id = useId();
  const said = about || fault;
  return (
    <div className="labelled">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        "aria-invalid": fault === undefined ? undefined : true,
        "aria-describedby": said ? `${id}-said` : undefined,
      })}
      {said ? (
        <div id={`${id}-said`}>
          {about ? <p className="about">{about}</p> : null}
          {fault ? <p className="fault">{fault}</p> : null}
        </div>
      ) : null}
    </div>
  );
}

type Input = Omit<React.ComponentProps<"input">, "value" | "onChange" | "id">;

export function TextField({
  label,
  about,
  fault,
  value,
  onValue,
  ...input
}: Around & Input & { value: string; onValue: (value: string) => void }) {
  return (
    <Labelled label={label} about={about} fault={fault}>
      {(ties) => (
        <input
          className="field-input"
          {...input}
          {...ties}
          value={value}
          onChange={(event) => onValue(event.target.value)}
        />
      )}
    </Labelled>
  );
}

export function Select({
  label,
  about,
  fault,
  value,
  onValue,
  children,
  disabled = false,
}: Around & { value: string; onValue: (value: string) => void; children: ReactNode; disabled?: boolean }) {
  return (
    <Labelled label={label} about={about} fault={fault}>
      {(ties) => (
        <select
          className="field-input"
          {...ties}
          disabled={disabled}
          value={value}
          onChange={(event) => onValue(event.target.value)}
        >
          {children}
        </select>
      )}
    </Labelled>
  );
}

export function Check(props: {
  label: ReactNode;
  checked: boolean;
  onCheck: (checked: boolean) => void;
  disabled?: boolean;
}) {
  return (
    <label className="check-line">
      <input
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled}
        onChange={(event) => props.onCheck(event.target.checked)}
      />
      <span>{props.label}</span>
    </label>
  );
}
