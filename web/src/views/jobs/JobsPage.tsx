// The queue: what waits, runs, is done or went wrong, as far as the member may see it. It looks again by itself.
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Ban, ListChecks, RotateCcw } from "lucide-react";
import { useTranslation } from "react-i18next";
import { cancelJob, JOB_STATES, type Job, jobs, retryJob } from "../../api/jobs";
import { useSurroundings } from "../../fields/context";
import { useTitles } from "../../fields/reference/names";
import { formatAgo, formatMoment, formatNumber } from "../../ui/format";
import { Button } from "../../ui/kumo";
import { Chip, Empty, Progress, Shimmer } from "../../ui/parts";
import { tell, warn } from "../../ui/toast";
import { Failed } from "../list/Nothing";
import type { Search } from "../list/state";
import { mayManageJobs, maySeeJobs, usePermissions } from "../permissions";
import { said } from "../save";
import { actsOf, errorOf, HUES, importOf, isLive, readState, took } from "./state";

/** While something runs, and while nothing does. */
const LOOK = [3_000, 15_000] as const;

export default function JobsPage({ search, onSearch }: { search: Search; onSearch: (search: Search) => void }) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const held = usePermissions();
  const state = readState(search.state);
  const found = useInfiniteQuery({
    queryKey: ["jobs", state],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => jobs(state, pageParam, signal),
    getNextPageParam: (page) => page.cursor,
    staleTime: 0,
    refetchInterval: (query) => (query.state.data?.pages.some((page) => page.jobs.some(isLive)) ? LOOK[0] : LOOK[1]),
  });
  const all = found.data?.pages.flatMap((page) => page.jobs) ?? [];
  const ordered = [...new Set(all.map((job) => job.member_id).filter((id) => id !== null))];
  const people = useTitles(model.objects.get("member"), ordered);
  const acts = useActs();
  return (
    <>
      <nav className="tabs" aria-label={t("jobs.filter")}>
        {[null, ...JOB_STATES].map((each) => (
          <button
            key={each ?? ""}
            type="button"
            aria-current={each === state ? "page" : undefined}
            onClick={() => onSearch(each ? { state: each } : {})}
          >
            {t(each ? `jobs.state.${each}` : "jobs.all")}
          </button>
        ))}
      </nav>
      <div className="admin">
        <h1>{t(maySeeJobs(held) ? "jobs.title" : "jobs.yours")}</h1>
        {found.isPending ? <Shimmer width="60%" /> : null}
        {found.isError && all.length === 0 ? <Failed error={found.error} onAgain={() => void found.refetch()} /> : null}
        {found.data && all.length === 0 ? (
          <Empty
            icon={<ListChecks aria-hidden="true" />}
            title={t(state ? "jobs.none_so" : "jobs.none")}
            action={state ? <Button onClick={() => onSearch({})}>{t("jobs.show_all")}</Button> : null}
          >
            {t("jobs.none_about")}
          </Empty>
        ) : null}
        {all.length > 0 ? (
          <ul className="admin-list" aria-label={t("jobs.title")}>
            {all.map((job) => (
              <Line key={job.id} job={job} people={people} manages={mayManageJobs(held)} acts={acts} />
            ))}
          </ul>
        ) : null}
        {found.hasNextPage ? (
          <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t("record.older")}
          </Button>
        ) : null}
      </div>
    </>
  );
}

interface LineProps {
  job: Job;
  people: Map<string, string>;
  manages: boolean;
  acts: ReturnType<typeof useActs>;
}

function Line({ job, people, manages, acts }: LineProps) {
  const { t } = useTranslation();
  const { me } = useSurroundings();
  const name = t(`jobs.kind.${job.kind.replaceAll(".", "_")}`, { defaultValue: job.kind });
  const who =
    job.member_id === me ? t("jobs.you") : job.member_id ? (people.get(job.member_id) ?? t("jobs.member")) : "Kontor";
  const seconds = took(job);
  const facts = [
    who,
    job.attempt > 1 ? t("jobs.attempt", { attempt: job.attempt, of: job.max_attempts }) : "",
    !seconds ? "" : t("jobs.took", { seconds: formatNumber(seconds) }),
    job.state === "waiting" && Date.parse(job.run_at) > Date.now() + 1000
      ? t("jobs.next", { at: formatMoment(job.run_at) })
      : "",
  ];
  const error = errorOf(job);
  const may = actsOf(job, me, manages);
  return (
    <li>
      <div className="grow">
        <Name job={job} name={name} />
        <p className="about">{facts.filter(Boolean).join(" · ")}</p>
        {job.state === "running" ? (
          <Progress label={t("jobs.progress", { name })} done={job.done ?? 0} total={job.total} />
        ) : null}
        {isLive(job) && job.total ? (
          <p className="about num">
            {t("jobs.done_of", { done: formatNumber(job.done ?? 0), total: formatNumber(job.total) })}
          </p>
        ) : null}
        {error ? (
          <p className={job.state === "failed" ? "fault" : "about"}>
            {error.detail} {error.code ? <code className="muted">{error.code}</code> : null}
          </p>
        ) : null}
      </div>
      <time className="muted num" dateTime={job.created_at} title={formatMoment(job.created_at)}>
        {formatAgo(job.created_at)}
      </time>
      <Chip hue={HUES[job.state]}>{t(`jobs.state.${job.state}`)}</Chip>
      {may.retry ? (
        <Button
          size="sm"
          icon={<RotateCcw aria-hidden="true" />}
          aria-label={t("jobs.retry_this", { name })}
          onClick={() => void acts.retry(job, name)}
        >
          {t("jobs.retry")}
        </Button>
      ) : null}
      {may.cancel ? (
        <Button
          size="sm"
          icon={<Ban aria-hidden="true" />}
          aria-label={t("jobs.cancel_this", { name })}
          onClick={() => void acts.cancel(job, name)}
        >
          {t("cancel")}
        </Button>
      ) : null}
    </li>
  );
}

function Name({ job, name }: { job: Job; name: string }) {
  const { go } = useSurroundings();
  const held = usePermissions();
  const id = importOf(job);
  if (!id || !held?.has("imports.run")) return <b className="cut">{name}</b>;
  const path = `/imports/${id}`;
  const follow = (event: React.MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(path);
  };
  return (
    <a className="cut" href={path} onClick={follow}>
      {name}
    </a>
  );
}

/** Cancels and runs again, each the way back from the other. */
function useActs() {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const act = async (run: () => Promise<Job>): Promise<Job | null> => {
    try {
      return await run();
    } catch (error) {
      warn(t("refused.title"), said(error, t));
      return null;
    } finally {
      void cache.invalidateQueries({ queryKey: ["jobs"] });
      void cache.invalidateQueries({ queryKey: ["imports"] });
    }
  };
  async function retry(job: Job, name: string): Promise<void> {
    const now = await act(() => retryJob(job.id));
    if (now) tell(t("jobs.retried", { name }), { label: t("undo"), run: () => void cancel(job, name) });
  }
  async function cancel(job: Job, name: string): Promise<void> {
    const now = await act(() => cancelJob(job.id));
    if (now?.state === "cancelled")
      tell(t("jobs.cancelled", { name }), { label: t("undo"), run: () => void retry(job, name) });
    // A running job stops at its next step, so there is nothing to take back yet.
    else if (now) tell(t("jobs.stopping", { name }));
  }
  return { retry, cancel };
}
