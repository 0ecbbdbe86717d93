// Pieces that several pages of the settings are made of.
import { Copy } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useSurroundings } from "../../fields/context";
import { Button } from "../../ui/kumo";
import { Modal } from "../../ui/Modal";
import { tell } from "../../ui/toast";

/** A question before something that cannot be taken back: the button names what it does. */
export function Sure(props: {
  title: string;
  about: ReactNode;
  act: string;
  disabled?: boolean;
  onSure: () => void;
  onClose: () => void;
  children?: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <Modal title={props.title} onClose={props.onClose}>
      <p className="muted">{props.about}</p>
      {props.children}
      <footer>
        <Button onClick={props.onClose}>{t("cancel")}</Button>
        <Button variant="destructive" disabled={props.disabled ?? false} onClick={props.onSure}>
          {props.act}
        </Button>
      </footer>
    </Modal>
  );
}

/** Something that is told once. */
export function Secret({ label, about, value }: { label: string; about: string; value: string }) {
  const { t } = useTranslation();
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    tell(t("settings.copied"));
  };
  return (
    <div className="secret" role="status">
      <p className="label">{label}</p>
      <div className="row">
        <code className="grow">{value}</code>
        <Button size="sm" icon={<Copy aria-hidden="true" />} onClick={() => void copy()}>
          {t("settings.copy")}
        </Button>
      </div>
      <p className="about">{about}</p>
    </div>
  );
}

/** A link inside the app that can be opened in another tab. */
export function Go({ path, children, className }: { path: string; children: ReactNode; className?: string }) {
  const { go } = useSurroundings();
  const follow = (event: React.MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(path);
  };
  return (
    <a className={className} href={path} onClick={follow}>
      {children}
    </a>
  );
}

export function Fault({ text }: { text: string | null }) {
  return text ? (
    <p className="fault" role="alert">
      {text}
    </p>
  ) : null;
}
