// Addresses: /<objects>, /<objects>/new, /<objects>/archive, /<objects>/<id>; no object is called as a page of administration is. What follows the question mark is plain text, as the API's.
import { createRootRoute, createRoute, createRouter, Outlet } from "@tanstack/react-router";
import type { Search } from "../views/list/state";
import { ImportRoute, ImportsRoute, JobsRoute, NewImportRoute } from "./admin";
import { NotFound } from "./NotFound";
import { ArchiveRoute, HomePage, ListRoute, NewRoute, RecordRoute } from "./pages";
import { Workspace } from "./Workspace";

const root = createRootRoute({
  component: () => (
    <Workspace>
      <Outlet />
    </Workspace>
  ),
  notFoundComponent: () => <NotFound />,
  validateSearch: (search: Record<string, unknown>): Search =>
    Object.fromEntries(Object.entries(search).map(([k, v]) => [k, String(v)])),
});
const home = createRoute({ getParentRoute: () => root, path: "/", component: HomePage });
const list = createRoute({ getParentRoute: () => root, path: "/$plural", component: ListRoute });
const fresh = createRoute({ getParentRoute: () => root, path: "/$plural/new", component: NewRoute });
const record = createRoute({ getParentRoute: () => root, path: "/$plural/$id", component: RecordRoute });
const archive = createRoute({ getParentRoute: () => root, path: "/$plural/archive", component: ArchiveRoute });
const imports = createRoute({ getParentRoute: () => root, path: "/imports", component: ImportsRoute });
const newImport = createRoute({ getParentRoute: () => root, path: "/imports/new", component: NewImportRoute });
const imported = createRoute({ getParentRoute: () => root, path: "/imports/$id", component: ImportRoute });
const jobs = createRoute({ getParentRoute: () => root, path: "/jobs", component: JobsRoute });
const administration = [imports, newImport, imported, jobs];

export function makeRouter() {
  return createRouter({
    routeTree: root.addChildren([home, list, fresh, archive, record, ...administration]),
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
