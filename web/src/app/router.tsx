// Addresses: /<objects>, /<objects>/new, /<objects>/archive, /<objects>/<id>; no object is called as a page of administration is. What follows the question mark is plain text, as the API's.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  useLocation,
} from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { alsoSpeak } from "../i18n";
import type { Search } from "../views/list/state";
import { ImportRoute, ImportsRoute, JobsRoute, NewImportRoute } from "./admin";
import { NotFound } from "./NotFound";
import { ArchiveRoute, HomePage, ListRoute, NewRoute, NoticesRoute, RecordRoute } from "./pages";
import { Workspace } from "./Workspace";

const InvitationPage = lazy(async () => {
  await alsoSpeak("settings");
  return import("./InvitationPage");
});

const Settings = lazyRouteComponent(() => import("./settings"), "SettingsRoute");

const root = createRootRoute({
  component: Root,
  notFoundComponent: () => <NotFound />,
  validateSearch: (search: Record<string, unknown>): Search =>
    Object.fromEntries(Object.entries(search).map(([k, v]) => [k, String(v)])),
});

/** Who follows an invitation need not be signed in. */
function Root() {
  const { pathname, search } = useLocation();
  const token = tokenIn(pathname, search as Search);
  if (token !== null)
    return (
      <Suspense>
        <InvitationPage token={token} />
      </Suspense>
    );
  return (
    <Workspace>
      <Outlet />
    </Workspace>
  );
}

/** `/invitations/<token>`, and the link as the server writes it: `/set-password?token=<token>`. */
export function tokenIn(pathname: string, search: Search): string | null {
  if (pathname === "/set-password") return search.token ?? "";
  return /^\/invitations\/([^/]+)$/.exec(pathname)?.[1] ?? null;
}

const home = createRoute({ getParentRoute: () => root, path: "/", component: HomePage });
const list = createRoute({ getParentRoute: () => root, path: "/$plural", component: ListRoute });
const fresh = createRoute({ getParentRoute: () => root, path: "/$plural/new", component: NewRoute });
const record = createRoute({ getParentRoute: () => root, path: "/$plural/$id", component: RecordRoute });
const archive = createRoute({ getParentRoute: () => root, path: "/$plural/archive", component: ArchiveRoute });
const imports = createRoute({ getParentRoute: () => root, path: "/imports", component: ImportsRoute });
const newImport = createRoute({ getParentRoute: () => root, path: "/imports/new", component: NewImportRoute });
const imported = createRoute({ getParentRoute: () => root, path: "/imports/$id", component: ImportRoute });
const jobs = createRoute({ getParentRoute: () => root, path: "/jobs", component: JobsRoute });
const settings = createRoute({ getParentRoute: () => root, path: "/settings", component: Settings });
const setting = createRoute({ getParentRoute: () => root, path: "/settings/$page", component: Settings });
const settingItem = createRoute({
  getParentRoute: () => root,
  path: "/settings/$page/$item",
  component: Settings,
});
const notices = createRoute({ getParentRoute: () => root, path: "/notifications", component: NoticesRoute });
const administration = [imports, newImport, imported, jobs, settings, setting, settingItem];
// Drawn by `Root`; here so that these addresses are known.
const invitation = createRoute({ getParentRoute: () => root, path: "/invitations/$token", component: () => null });
const setPassword = createRoute({ getParentRoute: () => root, path: "/set-password", component: () => null });

export function makeRouter() {
  return createRouter({
    routeTree: root.addChildren([
      home,
      list,
      fresh,
      archive,
      record,
      notices,
      invitation,
      setPassword,
      ...administration,
    ]),
    parseSearch: readSearch,
    stringifySearch: writeSearch,
    scrollRestoration: true,
    defaultPreload: false,
  });
}

export function readSearch(text: string): Search {
  return Object.fromEntries(new URLSearchParams(text));
}

export function writeSearch(search: Record<string, unknown>): string {
  const kept = Object.entries(search).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString();
  // What people read in the address bar is left readable.
  const readable = text
    .replace(/%28/g, "(")
    .replace(/%29/g, ")")
    .replace(/%2C/g, ",")
    .replace(/%3B/g, ";")
    .replace(/%2A/g, "*");
  return readable ? `?${readable}` : "";
}
