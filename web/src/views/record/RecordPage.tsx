// The page of any record: its head, its fields at the side, and in the middle what belongs to it and what happened.
import { lazy, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { ObjectDef } from "../../api/model";
import { useSurroundings } from "../../fields/context";
import { Shimmer } from "../../ui/parts";
import { Failed } from "../list/Nothing";
import type { Search } from "../list/state";
import { useWrites } from "../save";
import { Details } from "./Details";
import { useRecord, useRelated } from "./data";
import { Head } from "./Head";
import { Parts } from "./Parts";
import { RelatedList } from "./RelatedList";
import { Timeline } from "./Timeline";

const Writing = lazy(() => import("./Writing"));

interface Props {
  object: ObjectDef;
  id: string;
  search: Search;
  onSearch: (search: Search) => void;
  onTitle: (title: string) => void;
}

export default function RecordPage({ object, id, search, onSearch, onTitle }: Props) {
  const { t } = useTranslation();
  const { go } = useSurroundings();
  const found = useRecord(object, id);
  const related = useRelated(object, id);
  const writes = useWrites(object);
  const row = found.data;
  const title = row ? String(row[object.title] ?? "") || object.label : "";
  useEffect(() => onTitle(title), [title, onTitle]);
  if (found.isError && !row) return <Failed error={found.error} onAgain={() => void found.refetch()} />;
  if (!row) return <Waiting />;
  const parts = [...object.fields.values()].filter((f) => f.kind === "parts");
  const lists = (related.data ?? []).toSorted((a, b) => Number(b.count > 0) - Number(a.count > 0));
  const shown = lists.filter((r) => r.count > 0);
  const tab = search._tab ?? "overview";
  const chosen = lists.find((r) => keyOf(r.object.name, r.field) === tab);
  const open = (key: string) => onSearch(key === "overview" ? {} : { _tab: key });
  const tabs = [
    { key: "overview", label: t("record.overview"), count: null as number | null },
    { key: "details", label: t("record.details"), count: null, narrow: true },
    ...shown.map((r) => ({ key: keyOf(r.object.name, r.field), label: r.object.labelPlural, count: r.count })),
    ...lists
      .filter((r) => r.count === 0 && r === chosen)
      .map((r) => ({ key: keyOf(r.object.name, r.field), label: r.object.labelPlural, count: 0 })),
  ];
  return (
    <div className="record">
      <Head object={object} row={row} writes={writes} onGone={() => go(`/${object.plural}`)} />
      <div className="record-body" data-tab={tab}>
        <div className="record-main">
          <nav className="tabs" aria-label={title}>
            {tabs.map((each) => (
              <button
                key={each.key}
                type="button"
                className={"narrow" in each ? "narrow-tab" : ""}
                aria-current={tab === each.key ? "page" : undefined}
                onClick={() => open(each.key)}
              >
                {each.label} {each.count === null ? null : <span className="num muted">{each.count}</span>}
              </button>
            ))}
          </nav>
          <div className="record-flow">
            {chosen ? (
              <RelatedList key={tab} related={chosen} id={id} />
            ) : tab === "details" ? null : (
              <>
                {parts.map((field) => (
                  <Parts key={field.name} object={object} field={field} row={row} writes={writes} />
                ))}
                <Suspense fallback={<Shimmer width="60%" />}>
                  <Writing object={object} row={row}>
                    <AddRelated object={object} id={id} relations={lists.filter((r) => r.count === 0)} />
                  </Writing>
                </Suspense>
                <Timeline object={object} row={row} />
              </>
            )}
          </div>
        </div>
        <aside className="record-side" aria-label={t("record.details")}>
          <Details object={object} row={row} writes={writes} />
        </aside>
      </div>
    </div>
  );
}

const keyOf = (object: string, field: string) => `${object}.${field}`;

/** What could belong to it and does not yet. */
function AddRelated({
  id,
  relations,
}: {
  object: ObjectDef;
  id: string;
  relations: { object: ObjectDef; field: string }[];
}) {
  const { t } = useTranslation();
  const { go } = useSurroundings();
  const may = relations
    .filter((r) => r.object.writable && r.object.rights.create !== "none" && !r.object.part)
    // These have their own place on the page.
    .filter((r) => r.object.name !== "file" && r.object.name !== "note")
    .slice(0, 8);
  if (may.length === 0) return null;
  return (
    <p className="add-related">
      <span className="muted">{t("record.add_related")}</span>
      {may.map((r) => (
        <button
          key={keyOf(r.object.name, r.field)}
          type="button"
          className="plain-button"
          onClick={() => go(`/${r.object.plural}/new?${r.field}=${id}`)}
        >
          {r.object.label}
        </button>
      ))}
    </p>
  );
}

function Waiting() {
  return (
    <div className="record-head skeleton-rows" aria-busy="true" style={{ padding: 24 }}>
      <Shimmer width="30%" />
      <br />
      <Shimmer width="18%" />
    </div>
  );
}
