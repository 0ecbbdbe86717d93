// From an address to a view: which object, which record, and what the title of the window says.
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { ObjectDef } from "../api/model";
import { useSurroundings } from "../fields/context";
import ListPage from "../views/list/ListPage";
import type { Search } from "../views/list/state";
import { useNoticeObject } from "../views/notices/data";
import { useCrumb } from "./crumbs";
import { NotFound } from "./NotFound";
import { sections } from "./sections";

const NoticesPage = lazy(() => import("../views/notices/NoticesPage"));
const RecordPage = lazy(() => import("../views/record/RecordPage"));
const NewPage = lazy(() => import("../views/form/NewPage"));

export function HomePage() {
  const { model } = useSurroundings();
  const navigate = useNavigate();
  const first = sections(model, [])[0]?.objects[0];
  useEffect(() => {
    if (first) void navigate({ to: "/$plural", params: { plural: first.plural }, replace: true });
  }, [first, navigate]);
  return first ? null : <NotFound />;
}

const ArchivePage = lazy(() => import("../views/archive/ArchivePage"));

const noticesApi = getRouteApi("/notifications");
const listApi = getRouteApi("/$plural");
const archiveApi = getRouteApi("/$plural/archive");
const newApi = getRouteApi("/$plural/new");
const recordApi = getRouteApi("/$plural/$id");

export function ListRoute() {
  const { plural } = listApi.useParams();
  const search = listApi.useSearch() as Search;
  const object = useObject(plural);
  const navigate = useNavigate();
  useCrumb(null, object?.labelPlural ?? "");
  if (!object) return <NotFound />;
  const go = (next: Search, replace = false) =>
    void navigate({ to: "/$plural", params: { plural }, search: next, replace });
  return <ListPage key={object.name} object={object} search={search} onSearch={go} />;
}

export function ArchiveRoute() {
  const { t } = useTranslation();
  const { plural } = archiveApi.useParams();
  const object = useObject(plural);
  useCrumb(t("put_away.short"), object ? t("put_away.title", { label: object.labelPlural }) : "");
  if (!object?.archivable) return <NotFound />;
  return (
    <Suspense>
      <ArchivePage key={object.name} object={object} />
    </Suspense>
  );
}

export function NoticesRoute() {
  const { t } = useTranslation();
  const search = noticesApi.useSearch() as Search;
  const object = useNoticeObject();
  const navigate = useNavigate();
  useCrumb(null, t("notices.title"));
  if (!object) return <NotFound />;
  return (
    <Suspense>
      <NoticesPage
        object={object}
        search={search}
        onSearch={(next) => void navigate({ to: "/notifications", search: next, replace: true })}
      />
    </Suspense>
  );
}

export function NewRoute() {
  const { t } = useTranslation();
  const { plural } = newApi.useParams();
  const search = newApi.useSearch() as Search;
  const object = useObject(plural);
  const title = object ? t("new.one", { label: object.label }) : "";
  useCrumb(title, title);
  if (!object?.writable || object.rights.create === "none") return <NotFound denied={object !== undefined} />;
  return (
    <Suspense>
      <NewPage key={object.name} object={object} search={search} />
    </Suspense>
  );
}

export function RecordRoute() {
  const { plural, id } = recordApi.useParams();
  const search = recordApi.useSearch() as Search;
  const object = useObject(plural);
  const navigate = useNavigate();
  const setTitle = useCrumb(null, "");
  const title = useCallback((text: string) => setTitle(text), [setTitle]);
  if (!object || !/^[0-9a-f-]{36}$/.test(id)) return <NotFound />;
  const go = (next: Search) => void navigate({ to: "/$plural/$id", params: { plural, id }, search: next });
  return (
    <Suspense>
      <RecordPage key={id} object={object} id={id} search={search} onSearch={go} onTitle={title} />
    </Suspense>
  );
}

function useObject(plural: string): ObjectDef | undefined {
  const object = useSurroundings().model.byPlural.get(plural);
  return object && object.rights.read !== "none" && !object.part ? object : undefined;
}
