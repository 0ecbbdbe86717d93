// The top bar: where one is, the search, "+ New", and one's own menu.
import { useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { ChevronRight, CircleHelp, LogOut, PanelLeft, Plus, Search, Settings, UserRound } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Me, signOut } from "../api/session";
import { useSurroundings } from "../fields/context";
import { LANGUAGES, type Language, speak, spoken } from "../i18n";
import { Button, DropdownMenu } from "../ui/kumo";
import { Avatar, Keys } from "../ui/parts";
import { setTheme, type Theme, theme } from "../ui/theme";
import { warn } from "../ui/toast";
import { said } from "../views/save";
import { ADMIN_PAGES } from "./administration";
import { useLastCrumb } from "./crumbs";
import { LocationSwitch } from "./Places";
import { pinnedOf } from "./Sidebar";
import { sections } from "./sections";

const Bell = lazy(() => import("./Bell"));

interface Props {
  me: Me;
  drawer: boolean;
  onRail: () => void;
  onPalette: () => void;
  onHelp: () => void;
}

export function TopBar({ me, drawer, onRail, onPalette, onHelp }: Props) {
  const { t } = useTranslation();
  return (
    <header className="topbar">
      <button
        type="button"
        className="icon-button"
        aria-label={t("keys.rail")}
        aria-expanded={drawer}
        aria-keyshortcuts="Control+B"
        onClick={onRail}
      >
        <PanelLeft aria-hidden="true" />
      </button>
      <Crumbs me={me} />
      <LocationSwitch me={me} />
      <button
        type="button"
        className="search-box"
        title={t("search.all")}
        aria-keyshortcuts="Control+K"
        onClick={onPalette}
      >
        <Search aria-hidden="true" />
        <span>{t("search.short")}</span>
        <span className="kbds" aria-hidden="true">
          <Keys keys="Mod+K" />
        </span>
      </button>
      <NewMenu me={me} />
      <Suspense fallback={<span className="icon-button" />}>
        <Bell />
      </Suspense>
      <UserMenu me={me} onHelp={onHelp} />
    </header>
  );
}

function Crumbs({ me }: { me: Me }) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const { pathname } = useLocation();
  const last = useLastCrumb();
  const first = pathname.split("/")[1] ?? "";
  const object = model.byPlural.get(first);
  const page = ADMIN_PAGES.find((each) => each.path === `/${first}`);
  return (
    <nav aria-label={t("nav.crumbs")} className="grow">
      <ol className="crumbs">
        <li className="wide-only">
          <Link to="/">{me.workspace.name}</Link>
        </li>
        {object ? (
          <li>
            <ChevronRight aria-hidden="true" className="wide-only" />
            {last ? (
              <Link to="/$plural" params={{ plural: object.plural }}>
                {object.labelPlural}
              </Link>
            ) : (
              <span aria-current="page">{object.labelPlural}</span>
            )}
          </li>
        ) : null}
        {page ? (
          <li>
            <ChevronRight aria-hidden="true" className="wide-only" />
            {last ? (
              <Link to={page.path}>{t(`admin.${page.name}`)}</Link>
            ) : (
              <span aria-current="page">{t(`admin.${page.name}`)}</span>
            )}
          </li>
        ) : null}
        {last ? (
          <li>
            <ChevronRight aria-hidden="true" />
            <span className="cut" aria-current="page">
              {last}
            </span>
          </li>
        ) : null}
      </ol>
    </nav>
  );
}

/** What one may make: what is pinned and what goes through stages; the palette has the rest. */
function NewMenu({ me }: { me: Me }) {
  const { t } = useTranslation();
  const { model, go } = useSurroundings();
  const may = sections(model, pinnedOf(me))
    .flatMap((section) => section.objects)
    .filter((o) => o.writable && o.rights.create !== "none")
    .slice(0, 12);
  if (may.length === 0) return null;
  return (
    <DropdownMenu>
      <DropdownMenu.Trigger
        render={
          <Button variant="secondary" size="sm" icon={<Plus aria-hidden="true" />}>
            <span className="narrow-hidden">{t("new.menu")}</span>
          </Button>
        }
      />
      <DropdownMenu.Content>
        {may.map((object) => (
          <DropdownMenu.Item key={object.name} onClick={() => go(`/${object.plural}/new`)}>
            {object.label}
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}

function UserMenu({ me, onHelp }: { me: Me; onHelp: () => void }) {
  const { t } = useTranslation();
  const { go } = useSurroundings();
  const cache = useQueryClient();
  const [shown, setShown] = useState(theme);
  const leave = async () => {
    try {
      await signOut();
      cache.clear();
      location.assign("/");
    } catch (error) {
      warn(t("refused.title"), said(error, t));
    }
  };
  return (
    <DropdownMenu>
      <DropdownMenu.Trigger
        render={
          <button type="button" className="icon-button" aria-label={t("user.menu", { name: me.name })}>
            <Avatar name={me.name} size="lg" />
          </button>
        }
      />
      <DropdownMenu.Content>
        <DropdownMenu.Group>
          <DropdownMenu.Label>
            {me.name}
            <br />
            <span className="muted">{[me.email, ...me.roles.map((r) => r.role)].join(" · ")}</span>
          </DropdownMenu.Label>
        </DropdownMenu.Group>
        <DropdownMenu.Separator />
        <DropdownMenu.RadioGroup
          value={shown}
          onValueChange={(to: Theme) => {
            setTheme(to);
            setShown(to);
          }}
        >
          {(["light", "dark", "system"] as const).map((each) => (
            <DropdownMenu.RadioItem key={each} value={each}>
              {t(`theme.${each}`)}
              <DropdownMenu.RadioItemIndicator />
            </DropdownMenu.RadioItem>
          ))}
        </DropdownMenu.RadioGroup>
        <DropdownMenu.Separator />
        <DropdownMenu.RadioGroup value={spoken()} onValueChange={(to: Language) => void speak(to)}>
          {Object.entries(LANGUAGES).map(([key, name]) => (
            <DropdownMenu.RadioItem key={key} value={key}>
              <span lang={key}>{name}</span>
              <DropdownMenu.RadioItemIndicator />
            </DropdownMenu.RadioItem>
          ))}
        </DropdownMenu.RadioGroup>
        <DropdownMenu.Separator />
        <DropdownMenu.Item icon={<UserRound aria-hidden="true" />} onClick={() => go("/settings/profile")}>
          {t("admin.profile")}
        </DropdownMenu.Item>
        <DropdownMenu.Item icon={<Settings aria-hidden="true" />} onClick={() => go("/settings")}>
          {t("admin.settings")}
        </DropdownMenu.Item>
        <DropdownMenu.Item icon={<CircleHelp aria-hidden="true" />} onClick={onHelp}>
          {t("keys.help")}
        </DropdownMenu.Item>
        <DropdownMenu.Item icon={<LogOut aria-hidden="true" />} onClick={() => void leave()}>
          {t("user.sign_out")}
        </DropdownMenu.Item>
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}
