// A file in the list of a record: its picture, its name, and what can be done with it.
import { Archive, Download, FileSpreadsheet, FileText, MoreHorizontal, Pencil } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { contentUrl } from "../../api/files";
import type { ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";
import { formatAgo, formatMoment } from "../../ui/format";
import { Button, DropdownMenu } from "../../ui/kumo";
import { warn } from "../../ui/toast";
import type { useWrites } from "../save";
import { drawnAs, sizeOf, stemOf } from "./kind";

/** Larger pictures are not fetched to be drawn as small as a stamp. */
const LARGEST_STAMP = 5_000_000;

interface Props {
  object: ObjectDef;
  file: Row;
  writes: ReturnType<typeof useWrites>;
  onShow: () => void;
}

export function FileLine({ object, file, writes, onShow }: Props) {
  const { t } = useTranslation();
  const [renaming, setRenaming] = useState(false);
  const name = String(file.name ?? "");
  const { rights } = object;
  const rename = (next: string) => {
    setRenaming(false);
    if (next === "" || next === name) return;
    writes
      .save(file, { patch: { name: next } })
      .catch((error: unknown) => warn(t("refused.title"), writes.sentence(error)));
  };
  return (
    <li className="file">
      <Stamp file={file} />
      <div className="grow cut">
        {renaming ? (
          <Rename name={name} onDone={rename} onLeave={() => setRenaming(false)} />
        ) : drawnAs(file.mime_type) === "other" ? (
          <a className="cut" href={contentUrl(file.id)} download>
            {name}
          </a>
        ) : (
          <button type="button" className="link cut" onClick={onShow}>
            {name}
          </button>
        )}
        <p className="muted cut">
          {sizeOf(file.size)} ·{" "}
          <time dateTime={String(file.created_at)} title={formatMoment(String(file.created_at))}>
            {formatAgo(String(file.created_at))}
          </time>
        </p>
      </div>
      <DropdownMenu>
        <DropdownMenu.Trigger
          render={
            <Button
              size="sm"
              shape="square"
              variant="ghost"
              aria-label={t("files.more", { name })}
              icon={<MoreHorizontal aria-hidden="true" />}
            />
          }
        />
        <DropdownMenu.Content>
          <DropdownMenu.Item
            icon={<Download aria-hidden="true" />}
            onClick={() => window.location.assign(contentUrl(file.id))}
          >
            {t("files.download")}
          </DropdownMenu.Item>
          {rights.update !== "none" && !object.fields.get("name")?.readOnly ? (
            <DropdownMenu.Item icon={<Pencil aria-hidden="true" />} onClick={() => setRenaming(true)}>
              {t("files.rename")}
            </DropdownMenu.Item>
          ) : null}
          {object.archivable && rights.archive !== "none" ? (
            <DropdownMenu.Item icon={<Archive aria-hidden="true" />} onClick={() => void writes.archive([file.id])}>
              {t("archive")}
            </DropdownMenu.Item>
          ) : null}
        </DropdownMenu.Content>
      </DropdownMenu>
    </li>
  );
}

function Rename({ name, onDone, onLeave }: { name: string; onDone: (name: string) => void; onLeave: () => void }) {
  const { t } = useTranslation();
  return (
    <input
      className="field-input"
      aria-label={t("files.name")}
      defaultValue={name}
      maxLength={255}
      autoFocus
      onFocus={(event) => event.target.setSelectionRange(0, stemOf(name))}
      onKeyDown={(event) => {
        if (event.key === "Enter") onDone(event.currentTarget.value.trim());
        if (event.key === "Escape") {
          event.stopPropagation();
          onLeave();
        }
      }}
      onBlur={(event) => onDone(event.target.value.trim())}
    />
  );
}

function Stamp({ file }: { file: Row }) {
  const mime = String(file.mime_type ?? "");
  if (drawnAs(mime) === "image" && Number(file.size ?? 0) <= LARGEST_STAMP)
    return <img className="stamp" src={contentUrl(file.id, true)} alt="" loading="lazy" />;
  const Sign = mime.includes("sheet") || mime.includes("excel") ? FileSpreadsheet : FileText;
  return (
    <span className="stamp" aria-hidden="true">
      <Sign />
    </span>
  );
}
