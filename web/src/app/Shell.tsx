// What stands around every page: the sidebar, the top bar, the palette, and word when the network is away.
import { useLocation } from "@tanstack/react-router";
import { WifiOff } from "lucide-react";
import { lazy, type ReactNode, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import type { Me } from "../api/session";
import { useKeys } from "../ui/keys";
import { useLive } from "./live";
import { Sidebar } from "./Sidebar";
import { TopBar } from "./TopBar";

const loadPalette = () => import("./Palette");
const Palette = lazy(loadPalette);
const Help = lazy(() => import("./Help"));

export function Shell({ me, children }: { me: Me; children: ReactNode }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const [collapsed, setCollapsed] = useState(() => localStorage.getItem("kontor.rail") === "1");
  const [drawer, setDrawer] = useState(false);
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const online = useOnline();
  const connected = useLive(me);
  const collapse = () => {
    if (matchMedia("(max-width: 767px)").matches) return setDrawer(!drawer);
    setCollapsed(!collapsed);
    localStorage.setItem("kontor.rail", collapsed ? "" : "1");
  };
  useEffect(() => setDrawer(false), [pathname]);
  useEffect(() => {
    if (!drawer) return;
    document.querySelector<HTMLElement>(".rail a")?.focus();
    const close = (event: KeyboardEvent) => event.key === "Escape" && setDrawer(false);
    document.addEventListener("keydown", close);
    return () => document.removeEventListener("keydown", close);
  }, [drawer]);
  // It must take the first letter that is typed after its key, so it is there before it is asked for.
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette(), 1500);
    return () => clearTimeout(timer);
  }, []);
  useKeys([
    { keys: "Mod+k", label: t("keys.palette"), run: () => setPalette(true) },
    { keys: "Mod+b", label: t("keys.rail"), run: collapse },
    { keys: "?", label: t("keys.help"), run: () => setHelp(true) },
  ]);
  return (
    <div className="shell" data-collapsed={collapsed} data-drawer={drawer}>
      <a className="skip" href="#page">
        {t("skip")}
      </a>
      <Sidebar me={me} collapsed={collapsed && !drawer} />
      {drawer ? (
        <button type="button" className="drawer-back" aria-label={t("nav.close")} onClick={() => setDrawer(false)} />
      ) : null}
      <TopBar
        me={me}
        onRail={collapse}
        onPalette={() => setPalette(true)}
        onHelp={() => setHelp(true)}
        drawer={drawer}
      />
      <main id="page" className="page" tabIndex={-1}>
        {online && connected ? null : (
          <p className="banner" role="status">
            <WifiOff aria-hidden="true" /> {t(online ? "live.lost" : "offline")}
          </p>
        )}
        {children}
      </main>
      <Suspense>
        {palette ? <Palette onClose={() => setPalette(false)} /> : null}
        {help ? <Help onClose={() => setHelp(false)} /> : null}
      </Suspense>
    </div>
  );
}

function useOnline(): boolean {
  return useSyncExternalStore(
    (tell) => {
      window.addEventListener("online", tell);
      window.addEventListener("offline", tell);
      return () => {
        window.removeEventListener("online", tell);
        window.removeEventListener("offline", tell);
      };
    },
    () => navigator.onLine,
  );
}
