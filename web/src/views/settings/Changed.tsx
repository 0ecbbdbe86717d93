// The records of a change set, each field from what to what. Names come in one question per object.
import { useTranslation } from "react-i18next";
import type { LoggedSet } from "../../api/log";
import type { Entry } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { useTitles } from "../../fields/reference/names";
import { formatNumber } from "../../ui/format";
import { movesOf } from "../record/moves";
import { Move } from "../record/Timeline";
import { Go } from "./parts";

/** An import touches thousands: these are told, the rest is counted. */
const SHOWN = 20;

export function Changed({ set }: { set: LoggedSet }) {
  const { t } = useTranslation();
  const shown = set.entries.slice(0, SHOWN);
  const rest = set.entries.length - shown.length;
  return (
    <div className="changed">
      {[...Map.groupBy(shown, (entry) => entry.object)].map(([object, entries]) =>
        object === "model" ? (
          <Definitions key={object} entries={entries} />
        ) : (
          <Records key={object} object={object} entries={entries} />
        ),
      )}
      {rest > 0 ? <p className="muted">{t("settings.log.rest", { count: rest, number: formatNumber(rest) })}</p> : null}
    </div>
  );
}

function Records({ object: name, entries }: { object: string; entries: Entry[] }) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const object = model.objects.get(name);
  const titles = useTitles(object?.part ? undefined : object, [...new Set(entries.map((entry) => entry.record_id))]);
  if (!object) return <p className="muted">{name}</p>;
  return (
    <ul>
      {entries.map((entry) => {
        const said = entry.after?.[object.title] ?? entry.before?.[object.title];
        const title = titles.get(entry.record_id) || (said ? String(said) : object.label);
        const there = !object.part && titles.has(entry.record_id);
        const moves = movesOf(object, entry);
        return (
          <li key={`${entry.record_id} ${entry.action}`}>
            <span className="muted">{t(`settings.log.did.${entry.action}`, { defaultValue: entry.action })}</span>{" "}
            {there ? <Go path={`/${object.plural}/${entry.record_id}`}>{title}</Go> : <b>{title}</b>}
            {moves.length > 0 ? (
              <ul className="moves">
                {moves.map((move) => (
                  <Move key={move.field.name} move={move} />
                ))}
              </ul>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}

interface Defined {
  object?: string;
  field?: string | null;
  definition?: Record<string, unknown> | null;
}

/** Changes of what exists: key by key. */
function Definitions({ entries }: { entries: Entry[] }) {
  const { t } = useTranslation();
  return (
    <ul>
      {entries.map((entry, at) => {
        const before = entry.before as Defined | null;
        const after = entry.after as Defined | null;
        const about = [after?.object ?? before?.object, after?.field ?? before?.field].filter(Boolean).join(".");
        const [old, now] = [before?.definition ?? {}, after?.definition ?? {}];
        const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
          (key) => JSON.stringify(old[key]) !== JSON.stringify(now[key]),
        );
        return (
          <li key={at}>
            <span className="muted">{t(`settings.log.did.${entry.action}`, { defaultValue: entry.action })}</span>{" "}
            <code>{about}</code>
            <ul className="moves">
              {keys.map((key) => (
                <li key={key}>
                  <span className="muted">{key}</span> {plain(old[key]) || <i className="muted">{t("empty")}</i>}{" "}
                  <span aria-hidden="true">→</span> <span className="hidden-text">{t("record.to")}</span>{" "}
                  {plain(now[key]) || <i className="muted">{t("empty")}</i>}
                </li>
              ))}
            </ul>
          </li>
        );
      })}
    </ul>
  );
}

function plain(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
