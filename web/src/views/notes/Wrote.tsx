// A note or an activity in the timeline of a record: who, when, and what they wrote.
import { Archive, CalendarClock, MoreHorizontal, Pin, StickyNote } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { referred, referredMany } from "../../fields/reference/named";
import { formatAgo, formatMoment } from "../../ui/format";
import { Button, DropdownMenu } from "../../ui/kumo";
import { useWrites } from "../save";
import { Markdown } from "./markdown";

export default function Wrote({ object, row, at, now }: { object: ObjectDef; row: Row; at: string; now: number }) {
  const { t } = useTranslation();
  const { model, kitOf, go } = useSurroundings();
  const writes = useWrites(object);
  const author = object.fields.get("created_by");
  const mentions = object.fields.get("mention_ids");
  const who = author ? referred(model, author, row)?.title : undefined;
  const people = mentions ? referredMany(mentions, row).map((p) => p.title) : [];
  const isNote = object.name === "note";
  const hue = isNote ? "amber" : "purple";
  const about = ["type", "status"]
    .map((name) => object.fields.get(name))
    .filter((f) => f !== undefined)
    .map((f) => kitOf(f).text(row[f.name], f, row))
    .filter(Boolean);
  const title = String(row[object.title] ?? "");
  const path = `/${object.plural}/${row.id}`;
  return (
    <li className="wrote">
      <span className="sign" style={{ background: `var(--${hue}-soft)`, color: `var(--${hue}-text)` }}>
        {isNote ? <StickyNote aria-hidden="true" /> : <CalendarClock aria-hidden="true" />}
      </span>
      <div>
        <div className="row">
          <p className="grow">
            <b>{who || t("record.nobody")}</b> {isNote ? t("did.note") : [object.label, ...about].join(" · ")} ·{" "}
            <time dateTime={at} title={formatMoment(at)}>
              {formatAgo(at, now)}
            </time>
            {row.is_pinned ? <Pin className="pin" aria-label={t("notes.pinned")} /> : null}
          </p>
          <DropdownMenu>
            <DropdownMenu.Trigger
              render={
                <Button
                  size="sm"
                  shape="square"
                  variant="ghost"
                  aria-label={t("notes.more", { label: object.label })}
                  icon={<MoreHorizontal aria-hidden="true" />}
                />
              }
            />
            <DropdownMenu.Content>
              <DropdownMenu.Item onClick={() => go(path)}>{t("peek.open")}</DropdownMenu.Item>
              {object.archivable && object.rights.archive !== "none" ? (
                <DropdownMenu.Item icon={<Archive aria-hidden="true" />} onClick={() => void writes.archive([row.id])}>
                  {t("archive")}
                </DropdownMenu.Item>
              ) : null}
            </DropdownMenu.Content>
          </DropdownMenu>
        </div>
        {title || row.body ? (
          <div className="said">
            {title && object.title !== "id" ? <b>{title}</b> : null}
            {row.body ? <Markdown text={String(row.body)} people={people} /> : null}
          </div>
        ) : null}
      </div>
    </li>
  );
}
