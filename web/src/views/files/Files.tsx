// The files of a record: dropped, pasted or chosen, several at once; looked at, renamed, put away.
import { useQuery } from "@tanstack/react-query";
import { RotateCcw, Upload, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { TYPES } from "../../api/files";
import type { ObjectDef } from "../../api/model";
import { list, type Row, selectOf } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { Button } from "../../ui/kumo";
import { Progress, Shimmer } from "../../ui/parts";
import { said, useWrites } from "../save";
import { FileLine } from "./FileLine";
import { Preview } from "./Preview";
import { type Coming, pasted, type Uploads } from "./uploads";

const FIELDS = ["name", "mime_type", "size", "width", "height", "created_at"];
const MOST = 100;

interface Props {
  /** The object whose records are files, and the field by which they refer to this record. */
  files: ObjectDef;
  field: string;
  id: string;
  /** Whether this record takes more of them. */
  open: boolean;
  uploads: Uploads;
}

export function Files({ files, field, id, open, uploads }: Props) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const writes = useWrites(files);
  const [shown, setShown] = useState<Row | null>(null);
  const [over, setOver] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const { coming, add } = uploads;
  const may = open && files.writable && files.rights.create !== "none";
  const found = useQuery({
    queryKey: ["rows", files.name, "related", field, id, "files"],
    queryFn: async () => {
      const fields = FIELDS.map((name) => files.fields.get(name)).filter((f) => f !== undefined);
      const select = selectOf(model, files, fields);
      const query = new URLSearchParams({ [field]: `eq.${id}`, select, order: "created_at.desc,id", limit: `${MOST}` });
      return (await list(files, query)).data;
    },
  });
  usePasted(may, add);
  const rows = found.data ?? [];
  const empty = found.isSuccess && rows.length === 0 && coming.length === 0;
  if (!may && empty) return null;
  return (
    <section
      className="card files"
      aria-label={files.labelPlural}
      data-over={over}
      onDragOver={(event) => {
        if (!may || !event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => !event.currentTarget.contains(event.relatedTarget as Node | null) && setOver(false)}
      onDrop={(event) => {
        if (!may) return;
        event.preventDefault();
        setOver(false);
        add(event.dataTransfer.files);
      }}
    >
      <header className="row">
        <h2 className="grow">
          {files.labelPlural} <span className="muted num">{rows.length || ""}</span>
        </h2>
        {may ? (
          <>
            <Button
              size="sm"
              variant="ghost"
              icon={<Upload aria-hidden="true" />}
              onClick={() => picker.current?.click()}
            >
              {t("files.choose")}
            </Button>
            <input
              ref={picker}
              type="file"
              hidden
              multiple
              accept={TYPES.join(",")}
              aria-label={t("files.choose")}
              onChange={(event) => {
                add(event.target.files ?? []);
                // The same file, mended, may be chosen again.
                event.target.value = "";
              }}
            />
          </>
        ) : null}
      </header>
      {coming.length > 0 ? (
        <ul className="file-list">
          {coming.map((each) => (
            <OnItsWay key={each.key} each={each} uploads={uploads} />
          ))}
        </ul>
      ) : null}
      {found.isPending ? <Shimmer width="60%" /> : null}
      {found.isError ? (
        <p className="row">
          <span className="fault grow">{said(found.error, t)}</span>
          <Button size="sm" onClick={() => void found.refetch()}>
            {t("failed.again")}
          </Button>
        </p>
      ) : null}
      {empty ? <p className="muted">{t("files.empty")}</p> : null}
      <ul className="file-list">
        {rows.map((file) => (
          <FileLine key={file.id} object={files} file={file} writes={writes} onShow={() => setShown(file)} />
        ))}
      </ul>
      {shown ? <Preview file={shown} onClose={() => setShown(null)} /> : null}
    </section>
  );
}

function OnItsWay({ each, uploads }: { each: Coming; uploads: Uploads }) {
  const { t } = useTranslation();
  const { name } = each.file;
  return (
    <li className="file">
      <span className="stamp" aria-hidden="true">
        <Upload />
      </span>
      <div className="grow cut">
        <span className="cut">{name}</span>
        {each.fault ? (
          <p className="fault" role="alert">
            {each.fault}
          </p>
        ) : each.waiting ? (
          <p className="muted">{t("files.waiting")}</p>
        ) : (
          <Progress label={t("files.sending", { name })} done={each.share * 100} total={100} />
        )}
      </div>
      {each.fault ? (
        <button
          type="button"
          className="icon-button"
          aria-label={t("files.again", { name })}
          onClick={() => uploads.again(each)}
        >
          <RotateCcw aria-hidden="true" />
        </button>
      ) : null}
      <button
        type="button"
        className="icon-button"
        aria-label={t("files.drop", { name })}
        onClick={() => uploads.drop(each)}
      >
        <X aria-hidden="true" />
      </button>
    </li>
  );
}

/** Pasted anywhere on the page but where somebody writes. */
function usePasted(may: boolean, add: (files: File[]) => void) {
  const latest = useRef(add);
  latest.current = add;
  useEffect(() => {
    if (!may) return;
    const taken = (event: ClipboardEvent) => {
      const at = event.target as HTMLElement | null;
      if (event.defaultPrevented || at?.closest?.("input, textarea, [contenteditable], dialog")) return;
      const some = pasted(event.clipboardData);
      if (some.length === 0) return;
      event.preventDefault();
      latest.current(some);
    };
    document.addEventListener("paste", taken);
    return () => document.removeEventListener("paste", taken);
  }, [may]);
}
