// The settings at their addresses: the list on the left, a page beside it; on a phone one after the other.
import { Link, useLocation, useNavigate, useParams } from "@tanstack/react-router";
import { ChevronLeft, MapPin } from "lucide-react";
import { type ComponentType, lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useSurroundings } from "../fields/context";
import { alsoSpeak } from "../i18n";
import type { Search } from "../views/list/state";
import { usePermissions } from "../views/permissions";
import { useCrumb } from "./crumbs";
import { NotFound } from "./NotFound";
import { mayOpen, SETTINGS, type SettingsName } from "./settings-pages";

/** `item` is what follows in the address: a member, an object. */
export interface PageProps {
  item: string | null;
  onTitle: (title: string) => void;
  search: Search;
  onSearch: (search: Search) => void;
}

type Load = () => Promise<{ default: ComponentType<PageProps> }>;

const spoken = (load: Load) =>
  lazy(async () => {
    await alsoSpeak("settings");
    return load();
  });

const PAGES: Record<SettingsName, ComponentType<PageProps>> = {
  profile: spoken(() => import("../views/settings/ProfilePage")),
  keys: spoken(() => import("../views/settings/KeysPage")),
  members: spoken(() => import("../views/settings/MembersPage")),
  roles: spoken(() => import("../views/settings/RolesPage")),
  explain: spoken(() => import("../views/settings/ExplainPage")),
  objects: spoken(() => import("../views/settings/ObjectsPage")),
  duplicates: spoken(() => import("../views/settings/DuplicatesPage")),
  changes: spoken(() => import("../views/settings/ChangesPage")),
  health: spoken(() => import("../views/settings/HealthPage")),
};

export function SettingsRoute() {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const held = usePermissions();
  const navigate = useNavigate();
  const search = useLocation().search as Search;
  const onSearch = (next: Search) =>
    void navigate({ to: "/settings/$page", params: { page: asked }, search: next, replace: true });
  const { page: asked = "", item = "" } = useParams({ strict: false }) as { page?: string; item?: string };
  const page = SETTINGS.find((each) => each.name === (asked || "profile"));
  const title = page ? t(`admin.${page.name}`) : "";
  const setTitle = useCrumb(asked ? title : null, asked ? title : t("admin.settings"));
  if (held === null) return null;
  const Page = page ? PAGES[page.name] : null;
  return (
    <div className="settings" data-open={asked !== ""}>
      <Pages open={page?.name ?? null} />
      <div className="settings-page">
        {asked ? (
          <Link to="/settings" className="settings-back">
            <ChevronLeft aria-hidden="true" /> {t("admin.settings")}
          </Link>
        ) : null}
        {!page || !Page ? (
          <NotFound />
        ) : mayOpen(page, held, model) ? (
          <Suspense>
            <Page key={item} item={item || null} onTitle={setTitle} search={search} onSearch={onSearch} />
          </Suspense>
        ) : (
          <NotFound denied right={page.rights[0]} />
        )}
      </div>
    </div>
  );
}

/** Only what the member may open. Locations are records, so their link leads to the list of them. */
function Pages({ open }: { open: SettingsName | null }) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const held = usePermissions();
  const pages = SETTINGS.filter((page) => mayOpen(page, held, model));
  const locations = model.objects.get("location");
  return (
    <nav className="settings-nav" aria-label={t("admin.settings")}>
      <h1>{t("admin.settings")}</h1>
      {pages.map(({ name, icon: Icon }) => (
        <Link key={name} to="/settings/$page" params={{ page: name }} aria-current={name === open ? "page" : undefined}>
          <Icon aria-hidden="true" /> {t(`admin.${name}`)}
        </Link>
      ))}
      {locations && locations.rights.update !== "none" ? (
        <Link to="/$plural" params={{ plural: locations.plural }}>
          <MapPin aria-hidden="true" /> {locations.labelPlural}
        </Link>
      ) : null}
    </nav>
  );
}
