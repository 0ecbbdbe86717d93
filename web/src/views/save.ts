// Writing records from any screen: at once on the screen, with a way back, and put back visibly when it is refused.
import { useQueryClient } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { Problem, Unreachable } from "../api/http";
import type { ObjectDef } from "../api/model";
import type { Patch, Row, Written } from "../api/records";
import * as records from "../api/records";
import { useSurroundings } from "../fields/context";
import { tell, warn } from "../ui/toast";
import { paint, refresh, snapshot, takeAway } from "./cache";

export interface Save {
  patch: Patch;
  /** What the screen needs beside the values: titles of chosen records. */
  shown?: Patch;
  /** Writes over what somebody else wrote meanwhile. */
  force?: boolean;
  /** The version that the writer saw, where the row has been changed by others under them. */
  seen?: number;
}

export function useWrites(object: ObjectDef) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const { model } = useSurroundings();
  const select = (patch: Patch) => {
    const fields = [...object.fields.values()].filter((f) => f.name in patch || f.readOnly || f.name === object.title);
    return records.selectOf(
      model,
      object,
      fields.filter((f) => f.kind !== "parts" || f.name in patch),
    );
  };

  /** Throws the refusal, after everything is as it was. */
  async function save(row: Row, { patch, shown = {}, force, seen }: Save): Promise<Row> {
    const back = snapshot(cache, object.name, row.id);
    paint(cache, object.name, row.id, { ...patch, ...shown });
    try {
      const saved = await inTurn(row.id, seen ?? row.version, (version) =>
        records.change(object, row.id, patch, force ? null : version, select(patch)),
      );
      paint(cache, object.name, row.id, saved.row);
      void refresh(cache, object.name);
      tell(t("saved.one", { label: object.label }), wayBack(saved.changeSet));
      return saved.row;
    } catch (error) {
      back();
      throw error;
    }
  }

  /** The button that takes a change back; none where nothing changed. */
  const wayBack = (changeSet: string | null) =>
    changeSet ? { label: t("undo"), run: () => void undo(changeSet) } : undefined;

  async function undo(changeSet: string): Promise<void> {
    await attempt(async () => {
      const { conflicts } = await records.undo(changeSet);
      await refresh(cache, object.name);
      tell(conflicts.length > 0 ? t("undone.partly") : t("undone.all"));
    });
  }

  async function saveMany(ids: string[], patch: Patch): Promise<boolean> {
    return attempt(async () => {
      const changeSet = await records.changeMany(object, ids, patch);
      await refresh(cache, object.name);
      tell(t("saved.many", { count: ids.length }), wayBack(changeSet));
    });
  }

  async function saveEach(changes: ({ id: string } & Patch)[]): Promise<boolean> {
    return attempt(async () => {
      const changeSet = await records.changeEach(object, changes);
      await refresh(cache, object.name);
      tell(t("saved.many", { count: changes.length }), wayBack(changeSet));
    });
  }

  /** Every record of a filter: changed, or deleted where no changes are given. */
  async function sweep(query: URLSearchParams, most: number, changes: Patch | null): Promise<boolean> {
    return attempt(async () => {
      const all = { query, most };
      const done = await (changes ? records.changeAll(object, all, changes) : records.removeAll(object, all));
      await refresh(cache, object.name);
      tell(t(changes ? "saved.many" : "deleted", { count: done.count }), wayBack(done.changeSet));
    });
  }

  async function remove(ids: string[]): Promise<boolean> {
    return attempt(async () => {
      const changeSet = await records.removeMany(object, ids);
      takeAway(cache, object.name, new Set(ids));
      void refresh(cache, object.name);
      tell(t("deleted", { count: ids.length }), wayBack(changeSet));
    });
  }

  /** One by one: the API archives single records. Those that were refused stay and are told. */
  async function archive(ids: string[], away = true): Promise<boolean> {
    const refused: string[] = [];
    const done: string[] = [];
    for (const id of ids) {
      try {
        await (away ? records.archive(object, id) : records.restore(object, id));
        done.push(id);
      } catch (error) {
        refused.push(sentence(error));
      }
    }
    takeAway(cache, object.name, new Set(done));
    void refresh(cache, object.name);
    if (refused.length > 0) warn(t("refused.some", { count: refused.length }), refused[0]);
    if (done.length > 0)
      tell(t(away ? "archived" : "restored", { count: done.length }), {
        label: t("undo"),
        run: () => void archive(done, !away),
      });
    return refused.length === 0;
  }

  async function attempt(act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      warn(t("refused.title"), sentence(error));
      return false;
    }
  }

  const sentence = (error: unknown): string => said(error, t);
  return { save, saveMany, saveEach, sweep, remove, archive, wayBack, sentence };
}

/** The last answer to a write of this page, by record. */
const answers = new Map<string, Promise<Written | null>>();

/** One write of a record after the other: what one has just written oneself is no conflict with what one writes next. */
async function inTurn(id: string, seen: number, write: (version: number) => Promise<Written>): Promise<Written> {
  const before = answers.get(id);
  const written = (async () => write(Math.max(seen, (await before)?.row.version ?? 0)))();
  const told = written.catch(() => before ?? null);
  answers.set(id, told);
  under.set(id, (under.get(id) ?? 0) + 1);
  void told.finally(() => {
    const left = (under.get(id) ?? 1) - 1;
    if (left > 0) under.set(id, left);
    else under.delete(id);
  });
  return written;
}

/** Writes that are under way, by record. */
const under = new Map<string, number>();

/** What the screen shows of such a record is not yet what the server says. */
export const isWriting = (id: string): boolean => under.has(id);

/** What went wrong, for the person at the screen. */
export function said(error: unknown, t: TFunction): string {
  if (error instanceof Unreachable) return t("faults.unreachable");
  if (!(error instanceof Problem)) return t("faults.ours");
  const details = [...new Set(error.faults.map((f) => f.detail))].join(" ") || error.message;
  return error.status >= 500 && error.requestId
    ? `${details} ${t("faults.reference", { id: error.requestId })}`
    : details;
}
