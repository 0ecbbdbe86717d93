// Pairs that look alike, object by object: compared, merged, or said to be two; and what was merged, made two again.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Copy, Merge as MergeIcon, ScanSearch, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import {
  comparedPlurals,
  decide,
  merges,
  PAGE,
  PAIR_STATES,
  type Pair,
  type PairState,
  pairs,
  scan,
  unmerge,
} from "../../api/duplicates";
import type { ObjectDef } from "../../api/model";
import { useSurroundings } from "../../fields/context";
import { useTitles } from "../../fields/reference/names";
import { Select } from "../../ui/fields";
import { formatAgo, formatMoment, formatNumber } from "../../ui/format";
import { Button } from "../../ui/kumo";
import { Chip, Empty, Shimmer } from "../../ui/parts";
import { tell } from "../../ui/toast";
import { Failed } from "../list/Nothing";
import type { Search } from "../list/state";
import { useAct } from "./act";
import { Compare } from "./Compare";
import { Go } from "./parts";

interface Props {
  item: string | null;
  search: Search;
  onSearch: (search: Search) => void;
  onTitle: (title: string) => void;
}

export default function DuplicatesPage({ item, search, onSearch }: Props) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const found = useQuery({
    queryKey: ["compared"],
    queryFn: ({ signal }) => comparedPlurals(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const objects = (found.data ?? []).flatMap((plural) => {
    const object = model.byPlural.get(plural);
    return object && object.rights.update !== "none" ? [object] : [];
  });
  const object = objects.find((each) => each.plural === search.object) ?? objects[0];
  if (item === "compare" && object && search.a && search.b)
    return <Compare key={`${search.a} ${search.b}`} object={object} a={search.a} b={search.b} />;
  const view = search.view ?? "open";
  return (
    <div className="admin">
      <h1>{t("admin.duplicates")}</h1>
      {found.isPending ? <Shimmer width="60%" /> : null}
      {found.isError ? <Failed error={found.error} onAgain={() => void found.refetch()} /> : null}
      {found.data && !object ? (
        <Empty icon={<Copy aria-hidden="true" />} title={t("settings.duplicates.nowhere")} />
      ) : null}
      {object ? (
        <>
          <div className="options">
            <Select
              label={t("settings.duplicates.object")}
              value={object.plural}
              onValue={(plural) => onSearch({ ...search, object: plural })}
            >
              {objects.map((each) => (
                <option key={each.plural} value={each.plural}>
                  {each.labelPlural}
                </option>
              ))}
            </Select>
            <Select
              label={t("settings.duplicates.view")}
              value={view}
              onValue={(next) => onSearch({ ...search, view: next })}
            >
              {[...PAIR_STATES, "merged"].map((each) => (
                <option key={each} value={each}>
                  {t(`settings.duplicates.views.${each}`)}
                </option>
              ))}
            </Select>
          </div>
          {view === "merged" ? (
            <Merged key={object.name} object={object} />
          ) : (
            <Pairs key={`${object.name} ${view}`} object={object} state={view === "dismissed" ? "dismissed" : "open"} />
          )}
        </>
      ) : null}
    </div>
  );
}

function Pairs({ object, state }: { object: ObjectDef; state: PairState }) {
  const { t } = useTranslation();
  const act = useAct("pairs", "jobs");
  const found = useInfiniteQuery({
    queryKey: ["pairs", object.name, state],
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) => pairs(object, state, pageParam, signal),
    getNextPageParam: (page, all) => (page.length < PAGE ? null : all.length * PAGE),
  });
  const all = found.data?.pages.flat() ?? [];
  const say = async (pair: Pair, to: PairState) => {
    if (!(await act(() => decide(object, pair.id, to)))) return;
    tell(t(to === "open" ? "settings.duplicates.reopened" : "settings.duplicates.dismissed"), {
      label: t("undo"),
      run: () => void say(pair, to === "open" ? "dismissed" : "open"),
    });
  };
  const look = async () => {
    if (await act(() => scan(object))) tell(t("settings.duplicates.scanning", { label: object.labelPlural }));
  };
  const button = (
    <Button icon={<ScanSearch aria-hidden="true" />} onClick={() => void look()}>
      {t("settings.duplicates.scan")}
    </Button>
  );
  return (
    <>
      {found.isPending ? <Shimmer width="60%" /> : null}
      {found.isError && all.length === 0 ? <Failed error={found.error} onAgain={() => void found.refetch()} /> : null}
      {found.data && all.length === 0 ? (
        <Empty icon={<Copy aria-hidden="true" />} title={t("settings.duplicates.none")} action={button}>
          {t("settings.duplicates.none_about")}
        </Empty>
      ) : null}
      {all.length > 0 ? (
        <>
          <div className="row">{button}</div>
          <ul className="admin-list" aria-label={t(`settings.duplicates.views.${state}`)}>
            {all.map((pair) => {
              const [a, b] = [pair.a_title || object.label, pair.b_title || object.label];
              const path = `/settings/duplicates/compare?object=${object.plural}&a=${pair.a_id}&b=${pair.b_id}`;
              return (
                <li key={pair.id}>
                  <div className="grow">
                    <Go className="cut" path={path}>
                      {a} <span className="muted">·</span> {b}
                    </Go>
                    <p className="about">{pair.reason ?? t("settings.duplicates.alike")}</p>
                  </div>
                  <Chip hue={pair.score >= 0.9 ? "red" : "amber"}>
                    {t("settings.duplicates.score", { percent: formatNumber(Math.round(pair.score * 100)) })}
                  </Chip>
                  <Button
                    size="sm"
                    icon={state === "open" ? <X aria-hidden="true" /> : undefined}
                    aria-label={t(
                      state === "open" ? "settings.duplicates.dismiss_these" : "settings.duplicates.reopen_these",
                      { a, b },
                    )}
                    onClick={() => void say(pair, state === "open" ? "dismissed" : "open")}
                  >
                    {t(state === "open" ? "settings.duplicates.dismiss" : "settings.duplicates.reopen")}
                  </Button>
                </li>
              );
            })}
          </ul>
        </>
      ) : null}
      {found.hasNextPage ? (
        <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("more")}
        </Button>
      ) : null}
    </>
  );
}

function Merged({ object }: { object: ObjectDef }) {
  const { t } = useTranslation();
  const act = useAct("merges", "pairs", "rows", "record");
  const { model } = useSurroundings();
  const found = useInfiniteQuery({
    queryKey: ["merges", object.name],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => merges(object, pageParam, signal),
    getNextPageParam: (page) => page.cursor,
  });
  const all = found.data?.pages.flatMap((page) => page.merges) ?? [];
  const titles = useTitles(object, [...new Set(all.map((each) => each.survivor_id))]);
  const people = useTitles(model.objects.get("member"), [...new Set(all.map((each) => each.by))]);
  const part = async (id: string) => {
    const done = await act(() => unmerge(id));
    if (done) tell(t(done.done.conflicts.length > 0 ? "undone.partly" : "settings.duplicates.two_again"));
  };
  return (
    <>
      {found.isPending ? <Shimmer width="60%" /> : null}
      {found.isError && all.length === 0 ? <Failed error={found.error} onAgain={() => void found.refetch()} /> : null}
      {found.data && all.length === 0 ? (
        <Empty icon={<MergeIcon aria-hidden="true" />} title={t("settings.duplicates.no_merges")} />
      ) : null}
      {all.length > 0 ? (
        <ul className="admin-list" aria-label={t("settings.duplicates.views.merged")}>
          {all.map((each) => {
            const name = titles.get(each.survivor_id) || object.label;
            return (
              <li key={each.id}>
                <div className="grow">
                  <Go className="cut" path={`/${object.plural}/${each.survivor_id}`}>
                    {name}
                  </Go>
                  <p className="about">
                    {[t("settings.duplicates.took_in", { count: each.merged_ids.length }), people.get(each.by)]
                      .filter(Boolean)
                      .join(" · ")}
                  </p>
                </div>
                <time className="muted num" dateTime={each.at} title={formatMoment(each.at)}>
                  {formatAgo(each.at)}
                </time>
                {each.undone_at ? (
                  <Chip hue="gray">{t("settings.duplicates.is_two")}</Chip>
                ) : (
                  <Button
                    size="sm"
                    aria-label={t("settings.duplicates.part_this", { name })}
                    onClick={() => void part(each.id)}
                  >
                    {t("settings.duplicates.part")}
                  </Button>
                )}
              </li>
            );
          })}
        </ul>
      ) : null}
      {found.hasNextPage ? (
        <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("record.older")}
        </Button>
      ) : null}
    </>
  );
}
