// The fields of a record in sections, each edited in its place; what is empty is folded away.
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Field, ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { useFlashing } from "../../ui/flash";
import { Editor, type Refused } from "../grid/Editor";
import type { useWrites } from "../save";

interface Props {
  object: ObjectDef;
  row: Row;
  writes: ReturnType<typeof useWrites>;
}

const LONG = new Set(["long_text", "rich_text"]);

export function Details({ object, row, writes }: Props) {
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  const [open, setOpen] = useState(false);
  const fields = [...object.fields.values()].filter(
    (f) => f.kind !== "parts" && f.kind !== "id" && f.kind !== "counter",
  );
  const filled = (f: Field) => !isEmpty(row[f.name]);
  const own = fields.filter((f) => !f.system);
  const main = own.filter((f) => !LONG.has(f.kind) && (filled(f) || f.required || f.name === object.title));
  const texts = own.filter((f) => LONG.has(f.kind) && filled(f));
  const empty = own.filter((f) => !main.includes(f) && !texts.includes(f));
  const system = fields.filter((f) => f.system && filled(f) && kitOf(f).text(row[f.name], f, row) !== "");
  const draw = (list: Field[]) =>
    list.map((field) => <Line key={field.name} object={object} field={field} row={row} writes={writes} />);
  return (
    <div className="details">
      <section>
        <h2>{t("record.details")}</h2>
        <dl>{draw(main)}</dl>
      </section>
      {texts.length > 0 ? (
        <section>
          <h2>{t("record.texts")}</h2>
          <dl>{draw(texts)}</dl>
        </section>
      ) : null}
      {empty.length > 0 ? (
        <section>
          <button type="button" className="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
            <ChevronDown aria-hidden="true" /> {t("record.empty", { count: empty.length })}
          </button>
          {open ? <dl>{draw(empty)}</dl> : null}
        </section>
      ) : null}
      <section>
        <h2>{t("record.system")}</h2>
        <dl>{draw(system)}</dl>
      </section>
    </div>
  );
}

function Line({ object, field, row, writes }: Props & { field: Field }) {
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  const [editing, setEditing] = useState(false);
  const [refused, setRefused] = useState<Refused>();
  const { Display } = kitOf(field);
  const flashing = useFlashing(row.id)?.has(field.name);
  const may = !field.readOnly && object.writable && object.rights.update !== "none" && !row.archived_at;
  const value = <Display field={field} value={row[field.name]} row={row} />;
  return (
    <div className="line" data-flash={flashing || undefined} title={field.help || undefined}>
      <dt>{field.label}</dt>
      <dd>
        {editing ? (
          <Editor
            key={refused ? "refused" : "fresh"}
            field={field}
            row={row}
            refused={refused}
            sentence={writes.sentence}
            onSave={(save) => writes.save(row, save)}
            onClose={() => {
              setEditing(false);
              setRefused(undefined);
            }}
            onRefused={(why) => {
              setRefused(why);
              setEditing(true);
            }}
          />
        ) : may ? (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the button beside it is for keys
          // biome-ignore lint/a11y/noStaticElementInteractions: the button beside it is for keys
          <div
            className="value"
            data-may=""
            onClick={(event) => !(event.target as HTMLElement).closest("a") && setEditing(true)}
          >
            {value}
            <button
              type="button"
              className="edit"
              aria-label={t("record.edit", { label: field.label })}
              onClick={() => setEditing(true)}
            >
              {isEmpty(row[field.name]) ? t("record.add") : t("record.change")}
            </button>
          </div>
        ) : (
          <div className="value">{value}</div>
        )}
      </dd>
    </div>
  );
}

export const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
