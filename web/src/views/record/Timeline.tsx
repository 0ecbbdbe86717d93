// What happened to a record: who, when, each field before and after; the changes of one save are one entry.
import { Archive, Pencil, Plus, RotateCcw, Trash2 } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Field, ObjectDef } from "../../api/model";
import type { ChangeSet, Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { formatAgo, formatMoment } from "../../ui/format";
import { Button } from "../../ui/kumo";
import { Failed } from "../list/Nothing";
import { useHistory } from "./data";
import { type Moved, movesOf, periodOf } from "./moves";

const ICONS: Record<string, ReactNode> = {
  create: <Plus aria-hidden="true" />,
  update: <Pencil aria-hidden="true" />,
  derive: <Pencil aria-hidden="true" />,
  archive: <Archive aria-hidden="true" />,
  restore: <RotateCcw aria-hidden="true" />,
  revert: <RotateCcw aria-hidden="true" />,
  delete: <Trash2 aria-hidden="true" />,
};

const HUE: Record<string, string> = { create: "green", update: "amber", derive: "gray", delete: "red" };

export function Timeline({ object, row }: { object: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const found = useHistory(object, row.id);
  const now = useNow(30_000);
  if (found.isError) return <Failed error={found.error} onAgain={() => void found.refetch()} />;
  const sets = found.data?.pages.flatMap((page) => page.changes) ?? [];
  const groups = Map.groupBy(sets, (set) => periodOf(set.at, now));
  return (
    <section className="timeline" aria-label={t("record.timeline")}>
      {[...groups].map(([period, all]) => (
        <section key={period}>
          <h2>{t(`period.${period}`)}</h2>
          <ol>
            {all.map((set) => (
              <Entry key={set.id} set={set} object={object} row={row} now={now} />
            ))}
          </ol>
        </section>
      ))}
      {found.hasNextPage ? (
        <Button size="sm" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("record.older")}
        </Button>
      ) : null}
    </section>
  );
}

function Entry({ set, object, row, now }: { set: ChangeSet; object: ObjectDef; row: Row; now: number }) {
  const { t } = useTranslation();
  const entry = set.entries.find((e) => e.record_id === row.id) ?? set.entries[0];
  if (!entry) return null;
  const action = set.undo_of ? "revert" : entry.action;
  const hue = HUE[action] ?? "blue";
  const moves = entry.action === "update" || entry.action === "revert" ? movesOf(object, entry) : [];
  return (
    <li>
      <span className="sign" style={{ background: `var(--${hue}-soft)`, color: `var(--${hue}-text)` }}>
        {ICONS[action] ?? ICONS.update}
      </span>
      <div>
        <p>
          <b>{set.actor_name || t("record.nobody")}</b> {t(`did.${action}`)} ·{" "}
          <time dateTime={set.at} title={formatMoment(set.at)}>
            {formatAgo(set.at, now)}
          </time>
        </p>
        {moves.length > 0 ? (
          <ul className="moves">
            {moves.map((move) => (
              <Move key={move.field.name} move={move} />
            ))}
          </ul>
        ) : null}
      </div>
    </li>
  );
}

export function Move({ move }: { move: Moved }) {
  const { t } = useTranslation();
  return (
    <li>
      <span className="muted">{move.field.label}</span> <Said field={move.field} value={move.before} />{" "}
      <span aria-hidden="true">→</span> <span className="hidden-text">{t("record.to")}</span>{" "}
      <Said field={move.field} value={move.after} />
    </li>
  );
}

/** References stand in the log as ids: what they were called then is not in it. */
function Said({ field, value }: { field: Field; value: unknown }) {
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  if (value === null || value === undefined || value === "") return <i className="muted">{t("empty")}</i>;
  if (field.embed) return <span>{t("record.another")}</span>;
  if (field.kind === "parts") return <span>{t("record.lines")}</span>;
  return <span>{kitOf(field).text(value, field, { id: "", version: 0 }) || String(value)}</span>;
}

function useNow(every: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
