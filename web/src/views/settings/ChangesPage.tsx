// What happened in the workspace: who, when, what from what to what; filtered, and taken back.
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { History, Undo2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { LOG_ACTIONS, type LoggedSet, log } from "../../api/log";
import { undo } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { Select, TextField } from "../../ui/fields";
import { formatAgo, formatMoment, formatNumber } from "../../ui/format";
import { Button } from "../../ui/kumo";
import { Chip, Empty, Shimmer } from "../../ui/parts";
import { tell } from "../../ui/toast";
import { Failed } from "../list/Nothing";
import type { Search } from "../list/state";
import { usePermissions } from "../permissions";
import { useAct } from "./act";
import { Changed } from "./Changed";
import { deviceOf } from "./device";
import { ChooseRecord } from "./ExplainPage";
import { asked, FILTERS, mayBeUndone, summed } from "./log";

export default function ChangesPage({ search, onSearch }: { search: Search; onSearch: (search: Search) => void }) {
  const { t } = useTranslation();
  const query = asked(search);
  const found = useInfiniteQuery({
    queryKey: ["log", query.toString()],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => log(query, pageParam, signal),
    getNextPageParam: (page) => page.cursor,
  });
  const sets = found.data?.pages.flatMap((page) => page.changes) ?? [];
  const filtered = FILTERS.some((name) => search[name]);
  return (
    <div className="admin">
      <h1>{t("admin.changes")}</h1>
      <Filters search={search} onSearch={onSearch} />
      {found.isPending ? <Shimmer width="60%" /> : null}
      {found.isError && sets.length === 0 ? <Failed error={found.error} onAgain={() => void found.refetch()} /> : null}
      {found.data && sets.length === 0 ? (
        <Empty
          icon={<History aria-hidden="true" />}
          title={t(filtered ? "settings.log.none_so" : "settings.log.none")}
          action={filtered ? <Button onClick={() => onSearch({})}>{t("filters.clear")}</Button> : null}
        />
      ) : null}
      {sets.length > 0 ? (
        <ul className="admin-list" aria-label={t("admin.changes")}>
          {sets.map((set) => (
            <Line key={set.id} set={set} />
          ))}
        </ul>
      ) : null}
      {found.hasNextPage ? (
        <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("record.older")}
        </Button>
      ) : null}
    </div>
  );
}

function Filters({ search, onSearch }: { search: Search; onSearch: (search: Search) => void }) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const set = (name: (typeof FILTERS)[number], value: string) => {
    const { [name]: _, ...rest } = search;
    onSearch(value ? { ...rest, [name]: value } : rest);
  };
  return (
    <div className="card log-filters" role="search" aria-label={t("settings.log.filters")}>
      <ChooseRecord
        object={model.objects.get("member")}
        label={t("settings.log.member")}
        value={search.member ?? null}
        onValue={(id) => set("member", id ?? "")}
      />
      <Select label={t("settings.log.object")} value={search.object ?? ""} onValue={(to) => set("object", to)}>
        <option value="">{t("settings.log.any")}</option>
        <option value="model">{t("admin.objects")}</option>
        {[...model.objects.values()].map((object) => (
          <option key={object.name} value={object.name}>
            {object.labelPlural}
          </option>
        ))}
      </Select>
      <Select label={t("settings.log.action")} value={search.action ?? ""} onValue={(to) => set("action", to)}>
        <option value="">{t("settings.log.any")}</option>
        {LOG_ACTIONS.map((action) => (
          <option key={action} value={action}>
            {t(`settings.log.did.${action}`)}
          </option>
        ))}
      </Select>
      {(["from", "until"] as const).map((name) => (
        <TextField
          key={name}
          label={t(`filters.${name}`)}
          type="date"
          value={search[name] ?? ""}
          onValue={(day) => set(name, day)}
        />
      ))}
    </div>
  );
}

function Line({ set }: { set: LoggedSet }) {
  const { t } = useTranslation();
  const { me, model } = useSurroundings();
  const cache = useQueryClient();
  const held = usePermissions();
  const act = useAct();
  const [open, setOpen] = useState(false);
  const takeBack = async (id: string) => {
    const done = await act(() => undo(id));
    if (!done) return;
    await cache.invalidateQueries();
    tell(t(done.done.conflicts.length > 0 ? "undone.partly" : "undone.all"));
  };
  const what = summed(set).map(({ object, action, count }) =>
    [
      t(`settings.log.did.${action}`, { defaultValue: action }),
      ": ",
      object === "model"
        ? t("admin.objects")
        : count === 1
          ? (model.objects.get(object)?.label ?? object)
          : `${formatNumber(count)} ${model.objects.get(object)?.labelPlural ?? object}`,
    ].join(""),
  );
  const facts = [set.note, set.ip, deviceOf(set.user_agent)].filter(Boolean).join(" · ");
  const may = mayBeUndone(set) && (set.member_id === me || (held?.has("changes.undo") ?? false));
  const name = what.slice(0, 2).join(", ");
  return (
    <li>
      <div className="grow">
        <button type="button" className="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
          <b>{set.actor_name || t("record.nobody")}</b> {what.slice(0, 4).join(", ")}
          {what.length > 4 ? " …" : ""}
        </button>
        {facts ? <p className="about">{facts}</p> : null}
        {open ? <Changed set={set} /> : null}
      </div>
      <time className="muted num" dateTime={set.at} title={formatMoment(set.at)}>
        {formatAgo(set.at)}
      </time>
      {set.undo_of ? <Chip hue="purple">{t("settings.log.undoes")}</Chip> : null}
      {set.source === "request" || set.undo_of ? null : (
        <Chip hue="gray">{t(`settings.log.source.${set.source}`, { defaultValue: set.source })}</Chip>
      )}
      {may ? (
        <Button
          size="sm"
          icon={<Undo2 aria-hidden="true" />}
          aria-label={t("settings.log.undo_this", { name })}
          onClick={() => void takeBack(set.id)}
        >
          {t("undo")}
        </Button>
      ) : null}
    </li>
  );
}
