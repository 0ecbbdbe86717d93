// The sidebar: sections of objects, each folded as one left it, and what one has pinned.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { ChevronDown, LayoutList, Pin, PinOff } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ObjectDef } from "../api/model";
import { type Me, savePreferences } from "../api/session";
import { useSurroundings } from "../fields/context";
import { warn } from "../ui/toast";
import { usePermissions } from "../views/permissions";
import { said } from "../views/save";
import { type Place, usePinnedViews, useViewActions } from "../views/saved/useViews";
import { ADMIN_PAGES } from "./administration";
import { iconOf } from "./icons";
import { WorkspaceSwitch } from "./Places";
import { type Section, sections } from "./sections";

export function pinnedOf(me: Me): string[] {
  const kept = me.preferences.pinned;
  return Array.isArray(kept) ? kept.filter((name): name is string => typeof name === "string") : [];
}

export function Sidebar({ me, collapsed }: { me: Me; collapsed: boolean }) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const cache = useQueryClient();
  const pinned = pinnedOf(me);
  const save = useMutation({
    mutationFn: (next: string[]) => savePreferences({ ...me.preferences, pinned: next }),
    onMutate: (next) =>
      cache.setQueryData<Me>(["me"], (now) =>
        now ? { ...now, preferences: { ...now.preferences, pinned: next } } : now,
      ),
    onError: (error) => {
      cache.setQueryData(["me"], me);
      warn(t("refused.title"), said(error, t));
    },
  });
  const pin = (object: ObjectDef) =>
    save.mutate(pinned.includes(object.name) ? pinned.filter((n) => n !== object.name) : [...pinned, object.name]);
  return (
    <aside className="rail">
      <WorkspaceSwitch me={me} collapsed={collapsed} />
      <nav aria-label={t("nav.title")}>
        <PinnedViews collapsed={collapsed} />
        {sections(model, pinned).map((section) => (
          <RailSection key={section.key} section={section} collapsed={collapsed} pinned={pinned} onPin={pin} />
        ))}
        <Administration collapsed={collapsed} />
      </nav>
    </aside>
  );
}

function RailSection({
  section,
  collapsed,
  pinned,
  onPin,
}: {
  section: Section;
  collapsed: boolean;
  pinned: string[];
  onPin: (object: ObjectDef) => void;
}) {
  return (
    <Foldable name={section.key}>
      {section.objects.map((object) => (
        <RailItem
          key={object.name}
          object={object}
          collapsed={collapsed}
          pinned={pinned.includes(object.name)}
          onPin={() => onPin(object)}
        />
      ))}
    </Foldable>
  );
}

/** The views that one keeps at hand; nothing without any. */
function PinnedViews({ collapsed }: { collapsed: boolean }) {
  const places = usePinnedViews();
  if (places.length === 0) return null;
  return (
    <Foldable name="views">
      {places.map((place) => (
        <PinnedView key={`${place.object.name}/${place.view.key}`} place={place} collapsed={collapsed} />
      ))}
    </Foldable>
  );
}

function PinnedView({ place, collapsed }: { place: Place; collapsed: boolean }) {
  const { t } = useTranslation();
  const { object, view } = place;
  const { pathname, search } = useLocation();
  const act = useViewActions(object);
  const Icon = object.icon ? iconOf(object) : LayoutList;
  const name = `${view.label}, ${object.labelPlural}`;
  const open = pathname === `/${object.plural}` && (search as Record<string, string>)._view === view.key;
  return (
    <div className="rail-item">
      <Link
        to="/$plural"
        params={{ plural: object.plural }}
        search={{ _view: view.key }}
        activeProps={{}}
        aria-current={open ? "page" : undefined}
        title={collapsed ? name : undefined}
        aria-label={name}
      >
        <Icon aria-hidden="true" />
        <span className="rail-name cut">{view.label}</span>
      </Link>
      <button type="button" aria-label={t("nav.unpin", { label: name })} onClick={() => void act.pin(view)}>
        <PinOff aria-hidden="true" />
      </button>
    </div>
  );
}

/** What the member may do beside records; nothing is left of it where they may nothing. */
function Administration({ collapsed }: { collapsed: boolean }) {
  const { t } = useTranslation();
  const held = usePermissions();
  const pages = ADMIN_PAGES.filter((page) => page.may(held));
  if (pages.length === 0) return null;
  return (
    <Foldable name="administration">
      {pages.map(({ name, path, icon: Icon }) => (
        <div key={name} className="rail-item">
          <Link
            to={path}
            activeOptions={{ exact: false, includeSearch: false }}
            activeProps={{ "aria-current": "page" }}
            title={collapsed ? t(`admin.${name}`) : undefined}
            aria-label={t(`admin.${name}`)}
          >
            <Icon aria-hidden="true" />
            <span className="rail-name cut">{t(`admin.${name}`)}</span>
          </Link>
        </div>
      ))}
    </Foldable>
  );
}

function Foldable({ name, children }: { name: Section["key"] | "administration" | "views"; children: ReactNode }) {
  const { t } = useTranslation();
  const key = `kontor.section.${name}`;
  const [open, setOpen] = useState(() => (localStorage.getItem(key) ?? (name === "more" ? "" : "1")) === "1");
  const toggle = () => {
    setOpen(!open);
    localStorage.setItem(key, open ? "" : "1");
  };
  return (
    <section>
      <button
        type="button"
        className="rail-section"
        aria-expanded={open}
        aria-label={t(`nav.${name}`)}
        onClick={toggle}
      >
        <span>{t(`nav.${name}`)}</span>
        <ChevronDown aria-hidden="true" />
      </button>
      {open ? children : null}
    </section>
  );
}

function RailItem({
  object,
  collapsed,
  pinned,
  onPin,
}: {
  object: ObjectDef;
  collapsed: boolean;
  pinned: boolean;
  onPin: () => void;
}) {
  const { t } = useTranslation();
  const Icon = iconOf(object);
  return (
    <div className="rail-item">
      <Link
        to="/$plural"
        params={{ plural: object.plural }}
        activeOptions={{ exact: false, includeSearch: false }}
        activeProps={{ "aria-current": "page" }}
        title={collapsed ? object.labelPlural : undefined}
        aria-label={object.labelPlural}
      >
        <Icon aria-hidden="true" />
        <span className="rail-name cut">{object.labelPlural}</span>
      </Link>
      <button
        type="button"
        aria-label={t(pinned ? "nav.unpin" : "nav.pin", { label: object.labelPlural })}
        onClick={onPin}
      >
        {pinned ? <PinOff aria-hidden="true" /> : <Pin aria-hidden="true" />}
      </button>
    </div>
  );
}
