// The head of a record: what it is, its key facts, its stage, and what can be done with it.
import { Archive, ArchiveRestore, Copy, Link2, MoreHorizontal, Printer, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Field, ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { Button, DropdownMenu } from "../../ui/kumo";
import { Modal } from "../../ui/Modal";
import { Avatar } from "../../ui/parts";
import { tell } from "../../ui/toast";
import type { useWrites } from "../save";
import { GapForm, Stages, useMove } from "./Stages";

interface Props {
  object: ObjectDef;
  row: Row;
  writes: ReturnType<typeof useWrites>;
  onGone: () => void;
  level?: 1 | 2;
}

export function Head({ object, row, writes, onGone, level = 1 }: Props) {
  const { t } = useTranslation();
  const { go } = useSurroundings();
  const [deleting, setDeleting] = useState(false);
  const { move, gap, close } = useMove(object, writes);
  const name = String(row[object.title] ?? "") || object.label;
  const Title = level === 1 ? "h1" : "h2";
  const { rights } = object;
  const away = Boolean(row.archived_at);
  const copyLink = () => {
    void navigator.clipboard.writeText(`${location.origin}/${object.plural}/${row.id}`);
    tell(t("record.link_copied"));
  };
  return (
    <header className="record-head">
      <div className="row" style={{ gap: 12 }}>
        <Avatar name={name} size="xl" />
        <div className="grow">
          <Title className="cut">{name}</Title>
          <p className="facts cut">
            <Facts object={object} row={row} />
          </p>
        </div>
        <DropdownMenu>
          <DropdownMenu.Trigger
            render={
              <Button
                shape="square"
                variant="ghost"
                aria-label={t("record.more")}
                icon={<MoreHorizontal aria-hidden="true" />}
              />
            }
          />
          <DropdownMenu.Content>
            <DropdownMenu.Item icon={<Link2 aria-hidden="true" />} onClick={copyLink}>
              {t("record.copy_link")}
            </DropdownMenu.Item>
            {object.writable && rights.create !== "none" ? (
              <DropdownMenu.Item
                icon={<Copy aria-hidden="true" />}
                onClick={() => go(`/${object.plural}/new?_like=${row.id}`)}
              >
                {t("record.duplicate")}
              </DropdownMenu.Item>
            ) : null}
            <DropdownMenu.Item icon={<Printer aria-hidden="true" />} onClick={() => window.print()}>
              {t("record.print")}
            </DropdownMenu.Item>
            {object.archivable && rights.archive !== "none" ? (
              <DropdownMenu.Item
                icon={away ? <ArchiveRestore aria-hidden="true" /> : <Archive aria-hidden="true" />}
                onClick={() => void writes.archive([row.id], !away)}
              >
                {t(away ? "restore" : "archive")}
              </DropdownMenu.Item>
            ) : null}
            {object.writable && rights.delete !== "none" ? (
              <DropdownMenu.Item
                variant="danger"
                icon={<Trash2 aria-hidden="true" />}
                onClick={() => setDeleting(true)}
              >
                {t("delete")}
              </DropdownMenu.Item>
            ) : null}
          </DropdownMenu.Content>
        </DropdownMenu>
      </div>
      {away ? (
        <p className="banner">{t("record.is_archived")}</p>
      ) : (
        <Stages object={object} row={row} onMove={(to) => void move(row, to)} />
      )}
      {gap ? <GapForm object={object} gap={gap} writes={writes} onClose={close} /> : null}
      {deleting ? (
        <Modal title={t("record.delete_title", { name })} onClose={() => setDeleting(false)}>
          <p className="muted">{t("bulk.delete_about")}</p>
          <footer>
            <Button onClick={() => setDeleting(false)}>{t("cancel")}</Button>
            <Button
              variant="destructive"
              onClick={() => void writes.remove([row.id]).then((good) => (setDeleting(false), good && onGone()))}
            >
              {t("record.delete_do", { label: object.label.toLowerCase() })}
            </Button>
          </footer>
        </Modal>
      ) : null}
    </header>
  );
}

/** What a document with lines comes to at the end, or the first amount that says something. */
function amountOf(object: ObjectDef, filled: Field[], row: Row): Field | undefined {
  const amounts = filled.filter((f) => f.kind === "money" && Number(row[f.name]) !== 0);
  const lines = [...object.fields.values()].some((f) => f.kind === "parts");
  return lines ? (amounts.filter((f) => f.readOnly).at(-1) ?? amounts[0]) : amounts[0];
}

/** Whose it is, how much, until when. */
function Facts({ object, row }: { object: ObjectDef; row: Row }) {
  const { kitOf } = useSurroundings();
  const all = [...object.fields.values()].filter(
    (f) => !f.system && f.name !== object.title && (kitOf(f).text(row[f.name], f, row) ?? "") !== "",
  );
  const of = (...kinds: string[]) => all.find((f) => kinds.includes(f.kind));
  const facts = [of("reference"), amountOf(object, all, row), of("auto_number") ?? of("email"), of("user")].filter(
    (f) => f !== undefined,
  );
  return <>{[object.label, ...facts.map((f) => kitOf(f).text(row[f.name], f, row))].join(" · ")}</>;
}
