// One import: how far it is, what it found, and what may be done with it now.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as api from "../../api/imports";
import { cancelJob, readJob } from "../../api/jobs";
import { useSurroundings } from "../../fields/context";
import { formatNumber } from "../../ui/format";
import { useKeys } from "../../ui/keys";
import { Button } from "../../ui/kumo";
import { Modal } from "../../ui/Modal";
import { Chip, Progress, Shimmer } from "../../ui/parts";
import { tell, warn } from "../../ui/toast";
import { refresh } from "../cache";
import { Failed } from "../list/Nothing";
import { said } from "../save";
import { type Draft, keep, kept, orderOf } from "./draft";
import { Matches } from "./Matches";
import { Errors, Tally } from "./Report";
import { Steps } from "./Steps";
import { actsOf, HUES, isBusy, stateOf } from "./state";

/** Often enough to look alive, seldom enough for the limit of requests. */
const LOOK = 1_500;

export default function ImportPage({ id, onTitle }: { id: string; onTitle: (title: string) => void }) {
  const { t } = useTranslation();
  const { model, go } = useSurroundings();
  const { it, state, error, look } = useImport(id);
  const [draft, setDraft] = useState<Draft | null>(null);
  const upload = it?.upload;
  useEffect(() => setDraft(upload ? kept(upload) : null), [upload]);
  useEffect(() => onTitle(it?.file ?? ""), [it?.file, onTitle]);
  const [asking, setAsking] = useState(false);
  const act = useActs(look);
  const acts = it && state ? actsOf(it, state) : null;
  const write = async () => {
    if (!it || !draft || !acts?.write) return;
    // Wrong rows were told of: to go on is to leave them out.
    const next: Draft = it.refused > 0 ? { ...draft, onError: "skip" } : draft;
    await act(async () => go(`/imports/${(await api.startImport(orderOf(next, false))).id}`));
  };
  useKeys(acts?.write && draft ? [{ keys: "Mod+Enter", label: t("imports.write_all"), run: () => void write() }] : []);
  if (error && !it) return <Failed error={error} onAgain={() => void look()} />;
  if (!it || !state || !acts)
    return (
      <div className="admin" aria-busy="true">
        <Shimmer width="40%" />
      </div>
    );
  const object = model.objects.get(it.object);
  const busy = isBusy({ state });
  const good = it.created + it.updated + it.unchanged;
  const again = `/imports/new?_object=${it.object}&_upload=${it.upload}&_file=${encodeURIComponent(it.file)}`;
  const change = (next: Draft) => {
    keep(next);
    setDraft(next);
  };
  return (
    <div className="admin">
      <Steps at={it.dry_run ? "check" : "import"} />
      <header className="row wrap">
        <h1 className="cut">{it.file}</h1>
        <span className="muted">{object?.labelPlural ?? it.object}</span>
        <span role="status">
          <Chip hue={HUES[state]}>{t(`imports.state.${it.dry_run && state === "done" ? "checked" : state}`)}</Chip>
        </span>
      </header>
      <section className="card" aria-label={t("imports.progress")}>
        {busy ? (
          <>
            <Progress label={t(`imports.state.${state}`)} done={it.done} total={it.total} />
            <p className="muted num">
              {it.total
                ? t("imports.rows_of", { done: formatNumber(it.done), total: formatNumber(it.total) })
                : t("imports.counting")}
            </p>
          </>
        ) : (
          <p>{t(about(it, state))}</p>
        )}
        {it.problem?.map((p) => (
          <p key={p.detail} className="fault">
            {p.detail}
          </p>
        ))}
        {it.conflicts?.total ? <p className="muted">{t("imports.left_alone", { count: it.conflicts.total })}</p> : null}
        <Tally it={it} />
        {it.notes && it.notes.length > 0 ? (
          <ul className="notes">
            {it.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        ) : null}
        <footer className="admin-foot">
          {acts.cancel ? (
            <Button onClick={() => void act(async () => it.job && (await cancelJob(it.job)))}>
              {t("imports.cancel")}
            </Button>
          ) : null}
          {acts.resume ? (
            <Button onClick={() => void act(() => api.resume(it.id))}>{t("imports.resume")}</Button>
          ) : null}
          {busy ? null : (
            <Button onClick={() => go(again)}>{t(it.dry_run ? "imports.change" : "imports.file_again")}</Button>
          )}
          {acts.takeBack ? (
            <Button variant="secondary-destructive" onClick={() => setAsking(true)}>
              {t("imports.take_back")}
            </Button>
          ) : null}
          {state === "done" && !it.dry_run && object ? (
            <Button variant="primary" onClick={() => go(`/${object.plural}?order=created_at.desc`)}>
              {t("imports.look", { label: object.labelPlural })}
            </Button>
          ) : null}
          {acts.write && draft ? (
            <Button variant="primary" aria-keyshortcuts="Control+Enter" onClick={() => void write()}>
              {it.refused > 0 ? t("imports.write_good", { count: good }) : t("imports.write", { count: good })}
            </Button>
          ) : null}
        </footer>
        {acts.write && !draft ? <p className="muted">{t("imports.set_up_again")}</p> : null}
      </section>
      {it.dry_run && !busy && it.duplicates > 0 ? <Matches it={it} draft={draft} onDraft={change} /> : null}
      {it.errors.length > 0 ? (
        <section className="card" aria-label={t("imports.wrong_rows")}>
          <header className="row">
            <h2 className="grow">
              {t("imports.wrong_rows")} <span className="muted num">{formatNumber(it.refused)}</span>
            </h2>
            {it.error_file ? (
              <a className="plain-button" href={api.errorFileUrl(it.id)} download>
                <Download aria-hidden="true" /> {t("imports.error_file")}
              </a>
            ) : null}
          </header>
          <p className="about">{t("imports.error_file_about")}</p>
          <Errors errors={it.errors} object={object} />
        </section>
      ) : null}
      {asking ? (
        <Modal title={t("imports.take_back_title", { file: it.file })} onClose={() => setAsking(false)}>
          <p className="muted">{t("imports.take_back_about", { count: it.created + it.updated })}</p>
          <footer>
            <Button onClick={() => setAsking(false)}>{t("cancel")}</Button>
            <Button
              variant="destructive"
              onClick={() => {
                setAsking(false);
                void act(() => api.takeBack(it.id));
              }}
            >
              {t("imports.take_back_do", { count: it.created + it.updated })}
            </Button>
          </footer>
        </Modal>
      ) : null}
    </div>
  );
}

/** What there is to say about an import that does nothing at the moment. */
function about(it: api.Import, state: api.ImportState): string {
  if (state === "refused" || (it.dry_run && it.refused > 0)) return "imports.about.wrong";
  if (state === "done") return it.dry_run ? "imports.about.checked" : "imports.about.done";
  return `imports.about.${state}`;
}

/** Looked at while it works; the lists are asked for again once it has changed them. */
function useImport(id: string) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const found = useQuery({
    queryKey: ["import", id],
    queryFn: ({ signal }) => api.readImport(id, signal),
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data && isBusy(state.data) ? LOOK : false),
  });
  const it = found.data;
  const waits = it?.state === "waiting" && it.job !== null;
  const job = useQuery({
    queryKey: ["job", it?.job],
    queryFn: ({ signal }) => readJob(it?.job ?? "", signal),
    enabled: waits,
    staleTime: 0,
    refetchInterval: 4 * LOOK,
  });
  const state = it ? stateOf(it, waits ? (job.data?.state ?? null) : null) : null;
  const [before, setBefore] = useState(state);
  useEffect(() => {
    if (state === before) return;
    setBefore(state);
    void cache.invalidateQueries({ queryKey: ["imports"] });
    if (!it || !state || it.dry_run || isBusy({ state })) return;
    void refresh(cache, it.object);
    if (before === "undoing" && state === "undone") tell(t("imports.state.undone"));
  }, [state, before, it, cache, t]);
  const look = () => Promise.all([found.refetch(), ...(waits ? [job.refetch()] : [])]);
  return { it, state, error: found.error, look };
}

/** Does something about the import, and looks at it again. */
function useActs(look: () => Promise<unknown>) {
  const { t } = useTranslation();
  return async (act: () => Promise<unknown>) => {
    try {
      await act();
      await look();
    } catch (error) {
      warn(t("refused.title"), said(error, t));
    }
  };
}
