// A question in front of everything: the browser's own dialog, which keeps the focus and closes with Esc.
import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";

export function Modal(props: { title: string; onClose?: () => void; wide?: boolean; children: ReactNode }) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  const before = useRef(document.activeElement);
  useEffect(() => {
    const opened = dialog.current;
    if (opened && !opened.open) opened.showModal();
    const back = before.current;
    return () => {
      if (back instanceof HTMLElement) back.focus();
    };
  }, []);
  // Outside of whatever it was asked from: a form in a form is none.
  return createPortal(
    <dialog
      ref={dialog}
      className={`modal ${props.wide ? "wide" : ""}`}
      aria-labelledby={title}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose?.();
      }}
    >
      <header className="row">
        <h2 id={title} className="grow">
          {props.title}
        </h2>
        {props.onClose ? (
          <button type="button" className="icon-button" aria-label={t("close")} onClick={props.onClose}>
            <X aria-hidden="true" />
          </button>
        ) : null}
      </header>
      {props.children}
    </dialog>,
    document.body,
  );
}
