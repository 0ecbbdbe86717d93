// A list as a file: at once where it is short enough, else as a job whose progress is shown and whose file is fetched here.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { AT_ONCE, type Export, FORMATS, type Format, orderExport, ownExports, readExport } from "../../api/exports";
import type { ObjectDef } from "../../api/model";
import { exportUrl, list } from "../../api/records";
import { formatAgo } from "../../ui/format";
import { Button } from "../../ui/kumo";
import { Modal } from "../../ui/Modal";
import { Progress } from "../../ui/parts";
import { warn } from "../../ui/toast";
import { said } from "../save";

interface Props {
  object: ObjectDef;
  query: URLSearchParams;
  onClose: () => void;
}

const isLive = (it: Pick<Export, "state">): boolean => it.state === "waiting" || it.state === "running";

export default function ExportDialog({ object, query, onClose }: Props) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const [format, setFormat] = useState<Format>("xlsx");
  const [sending, setSending] = useState(false);
  const count = useQuery({
    queryKey: ["exports", "count", object.name, query.toString()],
    queryFn: async ({ signal }) => {
      const asked = new URLSearchParams(query);
      asked.delete("order");
      asked.set("select", "id");
      asked.set("limit", "1");
      return (await list(object, asked, { count: true, signal })).total;
    },
  });
  const own = useQuery({
    queryKey: ["exports", "own"],
    queryFn: ({ signal }) => ownExports(signal),
    refetchInterval: ({ state }) => (state.data?.some(isLive) ? 1500 : false),
  });
  const long = (count.data ?? 0) > AT_ONCE;
  const order = async () => {
    setSending(true);
    try {
      await orderExport(object, query, format);
      await cache.invalidateQueries({ queryKey: ["exports", "own"] });
    } catch (error) {
      warn(t("refused.title"), said(error, t));
    }
    setSending(false);
  };
  return (
    <Modal title={t("exports.title", { label: object.labelPlural })} onClose={onClose}>
      <p className="muted" role="status">
        {count.data === undefined ? "…" : t("exports.count", { count: count.data ?? 0 })}{" "}
        {long ? t("exports.long") : ""}
      </p>
      <fieldset className="checks view-seen">
        <legend>{t("exports.format")}</legend>
        {FORMATS.map((each) => (
          <label key={each} className="option">
            <input type="radio" name="format" checked={format === each} onChange={() => setFormat(each)} />
            {t(`exports.${each}`)}
          </label>
        ))}
      </fieldset>
      <Recent own={(own.data ?? []).slice(0, 5)} />
      <footer>
        <Button onClick={onClose}>{t("close")}</Button>
        {long ? (
          <Button variant="primary" loading={sending} onClick={() => void order()}>
            {t("exports.order")}
          </Button>
        ) : (
          <a className="plain-button" href={exportUrl(object, format, query)} download onClick={onClose}>
            {t("exports.download")}
          </a>
        )}
      </footer>
    </Modal>
  );
}

/** What was ordered lately: how far it is, and its file. */
function Recent({ own }: { own: Export[] }) {
  const { t } = useTranslation();
  if (own.length === 0) return null;
  return (
    <section aria-label={t("exports.recent")} className="exports-recent">
      <h3>{t("exports.recent")}</h3>
      <ul>
        {own.map((each) => (
          <li key={each.id}>
            <span className="cut grow">
              {each.title ?? each.object}{" "}
              <span className="muted">
                {each.format} · {formatAgo(each.created_at)}
              </span>
            </span>
            <File each={each} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Kontor's own files come from where the page comes from, whatever the server is called elsewhere. */
function here(url: string): string {
  const { pathname, search } = new URL(url, location.href);
  return pathname.startsWith("/api/") ? pathname + search : url;
}

/** A link lives for a quarter of an hour, so it is asked for when it is pressed. */
function File({ each }: { each: Export }) {
  const { t } = useTranslation();
  if (isLive(each)) return <Progress label={t("exports.progress")} done={each.done ?? 0} total={each.total} />;
  if (each.state !== "done") return <span className="fault">{each.error ?? t(`jobs.state.${each.state}`)}</span>;
  const fetchIt = async () => {
    try {
      const { url } = await readExport(each.id);
      if (url) location.assign(here(url));
    } catch (error) {
      warn(t("refused.title"), said(error, t));
    }
  };
  return (
    <button type="button" className="text-button" onClick={() => void fetchIt()}>
      {t("exports.fetch", { count: each.rows ?? 0 })}
    </button>
  );
}
