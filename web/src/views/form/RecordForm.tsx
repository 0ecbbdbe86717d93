// The form for a new record: what is required first, the rest behind one button; every fault at its field and on top.
import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/http";
import type { Field, ObjectDef } from "../../api/model";
import { create, selectOf, type Written } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { Button } from "../../ui/kumo";
import { said } from "../save";
import { sendable, useDraft } from "./draft";

interface Props {
  object: ObjectDef;
  /** Where the draft is kept. */
  draftKey: string;
  start: { values: Record<string, unknown>; shown: Record<string, unknown> };
  short?: boolean;
  onDone: (made: Written, another: boolean) => void;
  onCancel: () => void;
}

const WIDE = new Set(["long_text", "rich_text", "address", "parts", "json"]);

export function RecordForm({ object, draftKey, start, short, onDone, onCancel }: Props) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const id = useId();
  const { draft, set, clear } = useDraft(draftKey, start);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  const [all, setAll] = useState(!short);
  const key = useRef(crypto.randomUUID());
  const form = useRef<HTMLFormElement>(null);
  const fields = formFields(object);
  const first = fields.filter(
    (f) => f.required || f.name === object.title || start.values[f.name] !== undefined || problem?.at(f.name),
  );
  const shown = all ? fields : first.length > 0 ? first : fields.slice(0, 3);
  const faultOf = (field: Field): string | undefined => draft.bad[field.name] ?? problem?.at(field.name);
  const loose = problem?.faults.filter((f) => !fields.some((field) => f.field?.split(".")[0] === field.name)) ?? [];
  const faulty = fields.filter((f) => faultOf(f));

  const submit = async (another: boolean) => {
    if (sending || Object.keys(draft.bad).length > 0) return;
    setSending(true);
    setFailure(null);
    try {
      const made = await create(
        object,
        sendable(object, draft.values),
        key.current,
        selectOf(model, object, [...object.fields.values()]),
      );
      clear();
      onDone(made, another);
    } catch (error) {
      // Another body needs another key; the same request again after a lost answer keeps it.
      if (error instanceof Problem) key.current = crypto.randomUUID();
      if (error instanceof Problem && error.faults.length > 0) setProblem(error);
      else setFailure(said(error, t));
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"], .summary')?.focus());
    } finally {
      setSending(false);
    }
  };
  const pressed = (event: React.KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void submit(event.shiftKey);
  };
  return (
    <form
      ref={form}
      noValidate
      onKeyDown={pressed}
      onSubmit={(event) => {
        event.preventDefault();
        void submit(false);
      }}
    >
      {failure || faulty.length > 0 || loose.length > 0 ? (
        <div className="summary" role="alert" tabIndex={-1}>
          {failure ?? t("form.faults", { count: faulty.length + loose.length })}
          <ul>
            {faulty.map((field) => (
              <li key={field.name}>
                <a href={`#${id}-${field.name}`}>{field.label}</a>: {faultOf(field)}
              </li>
            ))}
            {loose.map((fault) => (
              <li key={fault.detail}>{fault.detail}</li>
            ))}
          </ul>
        </div>
      ) : null}
      <div className={`form-grid ${short ? "" : "two"}`}>
        {shown.map((field) => (
          <FormField
            key={field.name}
            id={`${id}-${field.name}`}
            field={field}
            draft={draft}
            fault={faultOf(field)}
            onChange={(value, bad, show) => set(field, value, bad, show)}
          />
        ))}
      </div>
      <div className="form-foot">
        {all ? null : (
          <Button variant="ghost" onClick={() => setAll(true)}>
            {t("form.more")}
          </Button>
        )}
        <span className="grow" />
        <Button onClick={() => (clear(), onCancel())}>{t("cancel")}</Button>
        {short ? null : (
          <Button onClick={() => void submit(true)} disabled={sending}>
            {t("form.another")}
          </Button>
        )}
        <Button type="submit" variant="primary" loading={sending}>
          {t("form.create", { label: object.label.toLowerCase() })}
        </Button>
      </div>
    </form>
  );
}

function FormField(props: {
  id: string;
  field: Field;
  draft: ReturnType<typeof useDraft>["draft"];
  fault: string | undefined;
  onChange: (value: unknown, fault?: string, show?: unknown) => void;
}) {
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  const { id, field, draft, fault } = props;
  const { Input } = kitOf(field);
  const about = [field.help ? `${id}-help` : "", fault ? `${id}-fault` : ""].filter(Boolean).join(" ") || undefined;
  return (
    <div className={`labelled ${WIDE.has(field.kind) ? "wide" : ""}`}>
      <label htmlFor={field.kind === "parts" ? undefined : id}>
        {field.label}{" "}
        {field.required ? (
          <span className="required" title={t("form.required")}>
            *
          </span>
        ) : null}
      </label>
      <Input
        id={id}
        field={field}
        value={draft.values[field.name] ?? null}
        row={{ ...draft.values, ...draft.shown }}
        invalid={fault !== undefined}
        describedBy={about}
        onChange={props.onChange}
      />
      {field.help ? (
        <p className="help" id={`${id}-help`}>
          {field.help}
        </p>
      ) : null}
      {fault ? (
        <p className="fault" id={`${id}-fault`}>
          {fault}
        </p>
      ) : null}
    </div>
  );
}

/** What people may write, required first, long things last. */
export function formFields(object: ObjectDef): Field[] {
  const own = [...object.fields.values()].filter((f) => f.given && !f.system);
  const rank = (f: Field) =>
    f.name === object.title ? 0 : f.required && !WIDE.has(f.kind) ? 1 : WIDE.has(f.kind) ? 3 : 2;
  return own
    .map((f, at) => ({ f, at }))
    .sort((a, b) => rank(a.f) - rank(b.f) || a.at - b.at)
    .map(({ f }) => f);
}
