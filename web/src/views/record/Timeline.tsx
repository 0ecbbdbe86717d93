// What happened to a record: who, when, each field before and after; the changes of one save are one entry.
import { Archive, Pencil, Plus, RotateCcw, Trash2 } from "lucide-react";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Field, ObjectDef } from "../../api/model";
import type { ChangeSet, Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { formatAgo, formatMoment } from "../../ui/format";
import { Button } from "../../ui/kumo";
import { Failed } from "../list/Nothing";
import { belonging, useBelonging } from "../notes/data";
import { useHistory } from "./data";
import { type Moved, movesOf, periodOf } from "./moves";

const Wrote = lazy(() => import("../notes/Wrote"));

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

type Kind = "all" | "notes" | "activities" | "changes";

/** What stands in the timeline at one time. */
type Event =
  | { is: "change"; at: string; set: ChangeSet }
  | { is: "note" | "activity"; at: string; written: Row; of: ObjectDef };

export function Timeline({ object, row }: { object: ObjectDef; row: Row }) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const [kind, setKind] = useState<Kind>("all");
  const notes = belonging(model, object, "note");
  const activities = belonging(model, object, "activity");
  const found = useHistory(object, row.id);
  const noted = useBelonging(notes, row.id);
  const acted = useBelonging(activities, row.id);
  const now = useNow(30_000);
  const failed = [found, noted, acted].find((each) => each.isError);
  if (failed) return <Failed error={failed.error} onAgain={() => void failed.refetch()} />;
  const sets = found.data?.pages.flatMap((page) => page.changes) ?? [];
  const written: Event[] = [
    ...(noted.data ?? []).map((each) => of("note", notes?.object, each, each.created_at)),
    ...(acted.data ?? []).map((each) => of("activity", activities?.object, each, each.starts_at ?? each.created_at)),
  ].filter((event) => event !== null);
  const changes: Event[] = sets.map((set) => ({ is: "change", at: set.at, set }));
  const kinds: Record<Kind, Event[]> = {
    all: [...changes, ...written],
    notes: written.filter((event) => event.is === "note"),
    activities: written.filter((event) => event.is === "activity"),
    changes,
  };
  // Beyond the last change that was asked for others may stand between what was written.
  const last = found.hasNextPage && kind === "all" ? (sets.at(-1)?.at ?? "") : "";
  const events = kinds[kind]
    .filter((event) => time(event.at) >= (last ? time(last) : 0))
    .toSorted((a, b) => time(b.at) - time(a.at));
  const groups = Map.groupBy(events, (event) => periodOf(event.at, now));
  const older = found.hasNextPage && (kind === "all" || kind === "changes");
  return (
    <section className="timeline" aria-label={t("record.timeline")}>
      {notes || activities ? (
        <Kinds
          kinds={[
            "all",
            ...(notes ? ["notes" as const] : []),
            ...(activities ? ["activities" as const] : []),
            "changes",
          ]}
          labels={{ notes: notes?.object.labelPlural, activities: activities?.object.labelPlural }}
          chosen={kind}
          onChoose={setKind}
        />
      ) : null}
      {events.length === 0 && kind !== "all" ? <p className="muted">{t("nothing.related")}</p> : null}
      {[...groups].map(([period, all]) => (
        <section key={period}>
          <h2>{t(`period.${period}`)}</h2>
          <ol>
            {all.map((event) =>
              event.is === "change" ? (
                <Entry key={event.set.id} set={event.set} object={object} row={row} now={now} />
              ) : (
                <Suspense key={event.written.id} fallback={null}>
                  <Wrote object={event.of} row={event.written} at={event.at} now={now} />
                </Suspense>
              ),
            )}
          </ol>
        </section>
      ))}
      {older ? (
        <Button size="sm" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("record.older")}
        </Button>
      ) : null}
    </section>
  );
}

const time = (at: string) => new Date(at).getTime();

const of = (is: "note" | "activity", object: ObjectDef | undefined, written: Row, at: unknown): Event | null =>
  object ? { is, at: String(at ?? ""), written, of: object } : null;

function Kinds(props: {
  kinds: Kind[];
  labels: { notes: string | undefined; activities: string | undefined };
  chosen: Kind;
  onChoose: (kind: Kind) => void;
}) {
  const { t } = useTranslation();
  const said = (kind: Kind) =>
    (kind === "notes" || kind === "activities" ? props.labels[kind] : undefined) ?? t(`kinds.${kind}`);
  return (
    <fieldset className="kinds">
      <legend className="hidden-text">{t("kinds.choose")}</legend>
      {props.kinds.map((kind) => (
        <button
          key={kind}
          type="button"
          className="plain-button"
          aria-pressed={kind === props.chosen}
          onClick={() => props.onChoose(kind)}
        >
          {said(kind)}
        </button>
      ))}
    </fieldset>
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
