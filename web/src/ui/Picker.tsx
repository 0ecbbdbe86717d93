// Choosing from a list by typing: a combobox as WAI-ARIA describes it, for options, records, people and tags.
import { Check } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Floating } from "./Floating";

export interface Choice {
  value: string;
  label: string;
  show?: ReactNode;
}

interface Props {
  id?: string;
  label: string;
  choices: Choice[];
  selected: string[];
  /** What stands in the box while nobody types. */
  text: string;
  onPick: (choice: Choice) => void;
  onClear?: () => void;
  /** Typing asks the server; otherwise the choices are filtered here. */
  onAsk?: (typed: string) => void;
  /** Makes something new of what was typed. */
  onNew?: (typed: string) => void;
  newLabel?: (typed: string) => string;
  onLeave?: () => void;
  onKey?: (event: React.KeyboardEvent) => void;
  autoFocus?: boolean;
  invalid?: boolean;
  describedBy?: string;
  busy?: boolean;
}

export function Picker(props: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(props.autoFocus ?? false);
  const [typed, setTyped] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const box = useRef<HTMLInputElement>(null);
  const list = useId();
  const shown = found(props, typed);
  const makes =
    props.onNew && typed?.trim() && !shown.some((c) => c.label.toLowerCase() === typed.trim().toLowerCase());
  const last = shown.length - (makes ? 0 : 1);

  useEffect(() => {
    document.getElementById(`${list}-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [at, list]);

  const done = () => {
    setTyped(null);
    setOpen(false);
  };
  const pick = (index: number) => {
    const choice = shown[index];
    if (choice) props.onPick(choice);
    else if (makes && typed) props.onNew?.(typed.trim());
    else return;
    done();
  };
  const pressed = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) setOpen(true);
      else setAt(Math.min(last, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1))));
    } else if (event.key === "Enter" && open && last >= 0) {
      event.preventDefault();
      event.stopPropagation();
      pick(at);
    } else if (event.key === "Escape" && open && !props.onLeave) {
      event.stopPropagation();
      done();
    } else if ((event.key === "Backspace" || event.key === "Delete") && (typed ?? "") === "" && props.onClear) {
      props.onClear();
    } else props.onKey?.(event);
  };

  return (
    <>
      <input
        ref={box}
        id={props.id}
        className="field-input"
        role="combobox"
        aria-label={props.id ? undefined : props.label}
        aria-expanded={open}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={open && last >= 0 ? `${list}-${at}` : undefined}
        aria-invalid={props.invalid || undefined}
        aria-describedby={props.describedBy}
        autoComplete="off"
        autoFocus={props.autoFocus}
        value={typed ?? props.text}
        onFocus={(e) => e.target.select()}
        onClick={() => setOpen(true)}
        onChange={(e) => {
          setTyped(e.target.value);
          setAt(0);
          setOpen(true);
          props.onAsk?.(e.target.value);
        }}
        onBlur={() => {
          done();
          props.onLeave?.();
        }}
        onKeyDown={pressed}
      />
      {open ? (
        <Floating anchor={box}>
          <div role="listbox" id={list} aria-label={props.label}>
            {shown.map((choice, index) => (
              <div
                key={choice.value}
                id={`${list}-${index}`}
                className="option"
                role="option"
                tabIndex={-1}
                aria-selected={props.selected.includes(choice.value)}
                data-active={index === at}
                onMouseEnter={() => setAt(index)}
                onMouseDown={(e) => {
                  e.preventDefault();
                  pick(index);
                }}
              >
                {choice.show ?? <span className="cut">{choice.label}</span>}
                {props.selected.includes(choice.value) ? <Check className="check" aria-hidden="true" /> : null}
              </div>
            ))}
            {makes && typed ? (
              <div
                id={`${list}-${shown.length}`}
                className="option"
                role="option"
                tabIndex={-1}
                aria-selected="false"
                data-active={at === shown.length}
                onMouseDown={(e) => {
                  e.preventDefault();
                  pick(shown.length);
                }}
              >
                {props.newLabel?.(typed.trim()) ?? typed.trim()}
              </div>
            ) : null}
            {!makes && shown.length === 0 ? (
              <div className="option muted" role="option" aria-selected="false" aria-disabled="true" tabIndex={-1}>
                {props.busy ? t("picker.asking") : t("picker.none")}
              </div>
            ) : null}
          </div>
        </Floating>
      ) : null}
    </>
  );
}

function found(props: Props, typed: string | null): Choice[] {
  if (props.onAsk || !typed) return props.choices;
  const wanted = typed.toLowerCase();
  return props.choices.filter((choice) => choice.label.toLowerCase().includes(wanted));
}
