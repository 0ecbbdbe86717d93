// The first step: which records, and which file. It goes up as it is, and can be given up on the way.
import { FileUp } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Upload, uploadFile } from "../../api/imports";
import type { ObjectDef } from "../../api/model";
import { formatNumber } from "../../ui/format";
import { Button } from "../../ui/kumo";
import { Progress } from "../../ui/parts";
import { said } from "../save";

const KINDS = ".csv,.tsv,.txt,.xlsx,.xls,.xlsb,.ods,.json,.jsonl,.ndjson,.vcf";

interface Props {
  objects: ObjectDef[];
  object: ObjectDef | null;
  onObject: (name: string) => void;
  /** The file is up; throws when it cannot be read. */
  onReady: (upload: Upload) => Promise<void>;
}

export function ChooseFile({ objects, object, onObject, onReady }: Props) {
  const { t } = useTranslation();
  const [sending, setSending] = useState<{ name: string; share: number; stop: AbortController } | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [over, setOver] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const send = async (file: File | undefined) => {
    if (!file) return;
    if (!object) return setFault(t("imports.object_first"));
    const stop = new AbortController();
    setFault(null);
    setSending({ name: file.name, share: 0, stop });
    try {
      const upload = await uploadFile(file, stop.signal, (share) => setSending({ name: file.name, share, stop }));
      await onReady(upload);
    } catch (error) {
      if (!stop.signal.aborted) setFault(said(error, t));
    } finally {
      setSending(null);
      // The same file, mended, may be chosen again.
      if (picker.current) picker.current.value = "";
    }
  };
  return (
    <div className="card choose">
      <div className="labelled">
        <label htmlFor="import-object">{t("imports.object")}</label>
        <select
          id="import-object"
          className="field-input"
          value={object?.name ?? ""}
          disabled={sending !== null}
          onChange={(event) => onObject(event.target.value)}
        >
          <option value="" disabled>
            {t("imports.choose_object")}
          </option>
          {objects.map((each) => (
            <option key={each.name} value={each.name}>
              {each.labelPlural}
            </option>
          ))}
        </select>
      </div>
      {sending ? (
        <div className="sending" role="status">
          <p>{t(sending.share < 1 ? "imports.sending" : "imports.reading", { name: sending.name })}</p>
          <Progress label={t("imports.sending", { name: sending.name })} done={sending.share * 100} total={100} />
          <div className="row">
            <span className="muted num grow">{formatNumber(Math.round(sending.share * 100))} %</span>
            <Button size="sm" onClick={() => sending.stop.abort()}>
              {t("cancel")}
            </Button>
          </div>
        </div>
      ) : (
        <label
          className="drop"
          data-over={over}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => {
            event.preventDefault();
            setOver(false);
            void send(event.dataTransfer.files[0]);
          }}
        >
          <FileUp aria-hidden="true" />
          <b>{t("imports.drop")}</b>
          <span className="muted">{t("imports.kinds")}</span>
          <input
            ref={picker}
            type="file"
            accept={KINDS}
            aria-describedby={fault ? "import-fault" : undefined}
            onChange={(event) => void send(event.target.files?.[0])}
          />
        </label>
      )}
      {fault ? (
        <p id="import-fault" className="fault" role="alert">
          {fault}
        </p>
      ) : null}
    </div>
  );
}
