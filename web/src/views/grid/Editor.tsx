// The editor over a cell: it commits with Enter and Tab, gives up with Esc, and stays open with its message when refused.
import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/http";
import type { Field } from "../../api/model";
import { embedKey, type Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import type { Save } from "../save";

export type After = "stay" | "down" | "right" | "left";

/** A value that the server refused: the editor opens again with it. */
export interface Refused {
  value: unknown;
  show?: unknown;
  fault: string;
  /** What somebody else wrote into the field meanwhile. */
  theirs?: string;
  /** The record as it was when the writing began. */
  began?: Row;
}

interface Props {
  field: Field;
  row: Row;
  refused?: Refused | undefined;
  onSave: (save: Save) => Promise<unknown>;
  onClose: (after: After) => void;
  onRefused: (refused: Refused) => void;
  sentence: (error: unknown) => string;
}

export function Editor({ field, row, refused, onSave, onClose, onRefused, sentence }: Props) {
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  const { Input } = kitOf(field);
  const id = useId();
  const [fault, setFault] = useState<string | null>(refused?.fault ?? null);
  const [theirs, setTheirs] = useState(refused?.theirs);
  // What was there when the writing began: others may change the row meanwhile, and that must not be written over unseen.
  const began = useRef(refused?.began ?? row);
  const start: Draft = refused ?? { value: began.current[field.name] ?? null };
  const draft = useRef(start);
  const changed = refused === undefined && !same(row[field.name], began.current[field.name]);
  const meanwhile = changed ? kitOf(field).text(row[field.name], field, row) : undefined;
  const other = theirs ?? meanwhile;
  const closed = useRef(false);

  const commit = (after: After, force = false) => {
    if (closed.current) return;
    const { value, bad, show } = draft.current;
    if (bad) return setFault(bad);
    leave(after);
    if (!force && same(value, began.current[field.name])) return;
    const shown = field.embed && show !== undefined ? { [embedKey(field)]: show } : {};
    onSave({ patch: { [field.name]: value }, shown, seen: began.current.version, ...(force ? { force } : {}) }).catch(
      (error: unknown) => {
        const problem = error instanceof Problem ? error : null;
        const found = problem?.conflicts[field.name];
        const other = found && kitOf(field).text(found.current, field, { ...row, [field.name]: found.current });
        onRefused({
          ...draft.current,
          began: began.current,
          fault: problem?.at(field.name) ?? sentence(error),
          ...(other === undefined ? {} : { theirs: other }),
        });
      },
    );
  };
  const leave = (after: After) => {
    closed.current = true;
    onClose(after);
  };
  const pressed = (event: React.KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") leave("stay");
    else if (event.key === "Tab") commit(event.shiftKey ? "left" : "right");
    else if (event.key === "Enter" && !(event.shiftKey && event.target instanceof HTMLTextAreaElement)) commit("down");
    else return;
    event.preventDefault();
  };
  return (
    <fieldset
      className="cell-editor"
      onKeyDown={pressed}
      onBlur={(event) => {
        const to = event.relatedTarget;
        // A record that is made meanwhile is made in a dialog.
        const near = to instanceof Element && (event.currentTarget.contains(to) || to.closest("dialog") !== null);
        if (!near && !fault) commit("stay");
      }}
    >
      <legend className="hidden-text">{field.label}</legend>
      <label className="hidden-text" htmlFor={id}>
        {field.label}
      </label>
      <Input
        id={id}
        field={field}
        value={start.value}
        row={row}
        autoFocus
        invalid={fault !== null}
        describedBy={fault || meanwhile !== undefined ? `${id}-fault` : undefined}
        onChange={(value, bad, show) => {
          draft.current = { value, ...(bad ? { bad } : {}), ...(show === undefined ? {} : { show }) };
          setFault(null);
          setTheirs(undefined);
        }}
        onDone={() => setTimeout(() => commit("stay"))}
      />
      {fault || meanwhile !== undefined ? (
        <div className="cell-fault" id={`${id}-fault`} role="alert">
          {other === undefined ? fault : t("conflict.is", { value: other || t("empty") })}
          {other === undefined ? null : (
            <span className="row">
              <button type="button" onClick={() => leave("stay")}>
                {t("conflict.theirs")}
              </button>
              <button type="button" onClick={() => commit("stay", true)}>
                {t("conflict.mine")}
              </button>
            </span>
          )}
        </div>
      ) : null}
    </fieldset>
  );
}

interface Draft {
  value: unknown;
  /** Why what was typed is no value. */
  bad?: string;
  show?: unknown;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
