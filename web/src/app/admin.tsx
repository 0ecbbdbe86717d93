// The pages of administration at their addresses: refused in words to whoever lacks the right.
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type ComponentType, lazy, type ReactNode, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { alsoSpeak } from "../i18n";
import type { Search } from "../views/list/state";
import { mayImport, usePermissions } from "../views/permissions";
import { useCrumb } from "./crumbs";
import { NotFound } from "./NotFound";

const spoken = <P,>(load: () => Promise<{ default: ComponentType<P> }>) =>
  lazy(async () => {
    await alsoSpeak("work");
    return load();
  });

const Imports = spoken(() => import("../views/imports/ImportsPage"));
const NewImport = spoken(() => import("../views/imports/NewImport"));
const Import = spoken(() => import("../views/imports/ImportPage"));

const Jobs = spoken(() => import("../views/jobs/JobsPage"));

const newImportApi = getRouteApi("/imports/new");
const jobsApi = getRouteApi("/jobs");
const importApi = getRouteApi("/imports/$id");

export function ImportsRoute() {
  const { t } = useTranslation();
  useCrumb(null, t("imports.title"));
  return (
    <Only may={mayImport} right="imports.run">
      <Imports />
    </Only>
  );
}

export function NewImportRoute() {
  const { t } = useTranslation();
  const search = newImportApi.useSearch() as Search;
  const navigate = useNavigate();
  useCrumb(t("imports.new"), t("imports.new"));
  return (
    <Only may={mayImport} right="imports.run">
      <NewImport search={search} onSearch={(next) => void navigate({ to: "/imports/new", search: next })} />
    </Only>
  );
}

export function ImportRoute() {
  const { id } = importApi.useParams();
  const setTitle = useCrumb(null, "");
  return (
    <Only may={mayImport} right="imports.run">
      <Import key={id} id={id} onTitle={setTitle} />
    </Only>
  );
}

/** Anybody's own jobs are theirs to see. */
export function JobsRoute() {
  const { t } = useTranslation();
  const search = jobsApi.useSearch() as Search;
  const navigate = useNavigate();
  useCrumb(null, t("jobs.title"));
  return (
    <Only may={() => true}>
      <Jobs search={search} onSearch={(next) => void navigate({ to: "/jobs", search: next, replace: true })} />
    </Only>
  );
}

interface OnlyProps {
  may: (held: ReadonlySet<string> | null) => boolean;
  right?: string;
  children: ReactNode;
}

function Only({ may, right, children }: OnlyProps) {
  const held = usePermissions();
  if (held === null) return null;
  return may(held) ? <Suspense>{children}</Suspense> : <NotFound denied right={right} />;
}
