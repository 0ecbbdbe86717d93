// All views of an object, and what can be done with them. What people saved is asked once for all objects.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { ObjectDef } from "../../api/model";
import * as records from "../../api/records";
import { type Me, savePreferences, whoAmI } from "../../api/session";
import {
  changeView,
  noStandard,
  removeView,
  SAVED_VIEW,
  savedViews,
  saveNewView,
  type ViewDraft,
} from "../../api/views";
import { useSurroundings } from "../../fields/context";
import { tell, warn } from "../../ui/toast";
import { said } from "../save";
import { drawn, ofBlueprint, ofRecord, standardOf, type View } from "./view";

const KEY = ["saved_views"];

export function useMe(): Me | null {
  return useQuery({ queryKey: ["me"], queryFn: whoAmI, staleTime: 300_000 }).data ?? null;
}

/** What people have saved; `null` while it is not known. */
function useSaved() {
  const { model } = useSurroundings();
  const me = useMe();
  const may = model.objects.has(SAVED_VIEW);
  const roles = [...new Set((me?.roles ?? []).map((r) => r.role))];
  const found = useQuery({
    queryKey: [...KEY, roles.join(",")],
    queryFn: ({ signal }) => savedViews(roles, signal),
    enabled: may && me !== null,
    staleTime: 300_000,
  });
  // Without them there are still those of the blueprint.
  return found.data ?? (may && !found.isError ? null : []);
}

export interface Views {
  all: View[];
  standard: View | null;
  /** The views that people have saved are there, too. */
  complete: boolean;
}

export function useViews(object: ObjectDef): Views {
  const saved = useSaved();
  const me = useMe();
  const { me: member } = useSurroundings();
  const own = (saved ?? []).filter((r) => r.object === object.name).map(ofRecord);
  const given = object.views.filter(drawn).map(ofBlueprint);
  // What people made for themselves comes before what a blueprint thought of.
  const all = [...given.filter((v) => v.standard), ...own, ...given.filter((v) => !v.standard)];
  return { all, standard: standardOf(all, chosenOf(me)[object.name], member), complete: saved !== null };
}

export interface Place {
  object: ObjectDef;
  view: View;
}

/** Every view of every object, to be found by its name. */
export function useAllViews(): Place[] {
  const { model } = useSurroundings();
  const saved = useSaved() ?? [];
  const objects = [...model.objects.values()].filter((o) => !o.part && o.rights.read !== "none");
  return objects.flatMap((object) => [
    ...object.views.filter(drawn).map((def) => ({ object, view: ofBlueprint(def) })),
    ...saved.filter((r) => r.object === object.name).map((r) => ({ object, view: ofRecord(r) })),
  ]);
}

export const pathOf = ({ object, view }: Place): string => `/${object.plural}?_view=${encodeURIComponent(view.key)}`;

/** What one has pinned: one's own by their records, those of others by one's preferences. */
export function usePinnedViews(): Place[] {
  const me = useMe();
  const { me: member } = useSurroundings();
  const held = pinsOf(me);
  return useAllViews().filter(({ object, view }) => isPinned(view, object, held, member));
}

const isMine = (view: View, member: string): boolean => view.record !== null && view.record.owner_id === member;

function isPinned(view: View, object: ObjectDef, held: string[], member: string): boolean {
  return isMine(view, member) ? (view.record?.is_pinned ?? false) : held.includes(`${object.name}/${view.key}`);
}

function chosenOf(me: Me | null): Record<string, string> {
  const kept = me?.preferences.standard_views;
  return typeof kept === "object" && kept !== null ? (kept as Record<string, string>) : {};
}

function pinsOf(me: Me | null): string[] {
  const kept = me?.preferences.pinned_views;
  return Array.isArray(kept) ? kept.map(String) : [];
}

export function useViewActions(object: ObjectDef) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const me = useMe();
  const { me: member, model } = useSurroundings();
  const rights = model.objects.get(SAVED_VIEW)?.rights;
  const again = () => cache.invalidateQueries({ queryKey: KEY });

  async function attempt<T>(act: () => Promise<T>): Promise<T | null> {
    try {
      const done = await act();
      await again();
      return done;
    } catch (error) {
      warn(t("refused.title"), said(error, t));
      return null;
    }
  }

  async function prefer(change: Record<string, unknown>): Promise<void> {
    if (!me) return;
    const next = await savePreferences({ ...me.preferences, ...change });
    cache.setQueryData<Me>(["me"], (now) => (now ? { ...now, preferences: next.preferences } : now));
  }

  return {
    mayCreate: rights !== undefined && rights.create !== "none",
    mine: (view: View) => isMine(view, member) && rights !== undefined && rights.update !== "none",
    pinned: (view: View) => isPinned(view, object, pinsOf(me), member),
    create: (draft: ViewDraft) =>
      attempt(async () => {
        if (draft.is_default && draft.visibility === "private") await noStandard(object.name);
        const made = await saveNewView(draft);
        tell(t("saved_views.saved", { name: made.name }));
        return made;
      }),
    change: (view: View, draft: ViewDraft) =>
      attempt(async () => {
        const made = await changeView(view.key, draft);
        tell(t("saved_views.saved", { name: made.name }));
        return made;
      }),
    remove: (view: View) =>
      attempt(async () => {
        const changeSet = await removeView(view.key);
        const back = () => void attempt(async () => records.undo(changeSet ?? ""));
        tell(t("saved_views.removed", { name: view.label }), changeSet ? { label: t("undo"), run: back } : undefined);
        return true;
      }),
    makeStandard: (view: View) =>
      attempt(async () => {
        const { [object.name]: _, ...others } = chosenOf(me);
        await noStandard(object.name);
        if (isMine(view, member)) await changeView(view.key, { is_default: true });
        const chosen =
          isMine(view, member) && view.record?.visibility === "private"
            ? others
            : { ...others, [object.name]: view.key };
        await prefer({ standard_views: chosen });
        tell(t("saved_views.standard_now", { name: view.label }));
      }),
    pin: (view: View) =>
      attempt(async () => {
        const name = `${object.name}/${view.key}`;
        const held = pinsOf(me);
        const now = isPinned(view, object, held, member);
        if (isMine(view, member)) await changeView(view.key, { is_pinned: !now });
        else await prefer({ pinned_views: now ? held.filter((n) => n !== name) : [...held, name] });
      }),
  };
}
