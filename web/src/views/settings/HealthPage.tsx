// How the installation is: its services, what comes round by the calendar, its backups.
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type Backup, backups, health, type Schedule, schedules } from "../../api/log";
import { formatAgo, formatMoment, formatNumber } from "../../ui/format";
import { Chip, Shimmer } from "../../ui/parts";
import { Failed } from "../list/Nothing";
import { Go } from "./parts";

const HUES: Record<string, string> = { healthy: "green", degraded: "amber", unhealthy: "red" };

export default function HealthPage() {
  const { t } = useTranslation();
  const now = useQuery({ queryKey: ["health"], queryFn: ({ signal }) => health(signal), refetchInterval: 15_000 });
  const kept = useQuery({ queryKey: ["backups"], queryFn: ({ signal }) => backups(signal) });
  const rounds = useQuery({ queryKey: ["schedules"], queryFn: ({ signal }) => schedules(signal) });
  const stateOf = (state: string) => t(`settings.health.state.${state}`, { defaultValue: state });
  return (
    <div className="admin">
      <header className="row wrap">
        <h1 className="grow">{t("admin.health")}</h1>
        {now.data ? <Chip hue={HUES[now.data.status] ?? "gray"}>{stateOf(now.data.status)}</Chip> : null}
      </header>
      <p className="muted">
        {now.data ? t("settings.health.version", { version: now.data.version }) : null}{" "}
        <Go path="/jobs?state=failed">{t("settings.health.failed_jobs")}</Go>
      </p>
      <Part id="services" title={t("settings.health.services")} found={now}>
        {(told) => (
          <ul className="admin-list" aria-label={t("settings.health.services")}>
            {told.services.map((service) => (
              <li key={service.name}>
                <div className="grow">
                  <b className="cut">{service.name}</b>
                  {service.detail ? <p className="about">{service.detail}</p> : null}
                </div>
                {service.latencyMs === null ? null : (
                  <span className="muted num">{formatNumber(service.latencyMs, 1)} ms</span>
                )}
                <Chip hue={HUES[service.status] ?? "gray"}>{stateOf(service.status)}</Chip>
              </li>
            ))}
          </ul>
        )}
      </Part>
      <Part id="backups" title={t("settings.health.backups")} found={kept}>
        {(all) =>
          all === null ? (
            <p className="muted">{t("settings.health.backups_denied")}</p>
          ) : all.length === 0 ? (
            <p className="muted">{t("settings.health.no_backups")}</p>
          ) : (
            <ul className="admin-list" aria-label={t("settings.health.backups")}>
              {all.map((backup) => (
                <BackupLine key={backup.name} it={backup} />
              ))}
            </ul>
          )
        }
      </Part>
      <Part id="rounds" title={t("settings.health.schedules")} found={rounds}>
        {(all) => (
          <ul className="admin-list" aria-label={t("settings.health.schedules")}>
            {all.map((each) => (
              <Round key={each.name} it={each} />
            ))}
          </ul>
        )}
      </Part>
    </div>
  );
}

interface PartProps<T> {
  id: string;
  title: string;
  found: UseQueryResult<T>;
  children: (data: T) => ReactNode;
}

function Part<T>({ id, title, found, children }: PartProps<T>) {
  return (
    <section className="admin-section" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {found.isPending ? <Shimmer width="60%" /> : null}
      {found.isError ? <Failed error={found.error} onAgain={() => void found.refetch()} /> : null}
      {found.data === undefined ? null : children(found.data)}
    </section>
  );
}

function BackupLine({ it }: { it: Backup }) {
  const { t } = useTranslation();
  const facts = [
    t("settings.health.megabytes", { size: formatNumber(it.bytes / 1e6, 1) }),
    t("settings.health.version", { version: it.version }),
    it.encrypted ? t("settings.health.encrypted") : "",
  ];
  return (
    <li>
      <div className="grow">
        <b className="cut">{formatMoment(it.taken_at)}</b>
        <p className="about">{facts.filter(Boolean).join(" · ")}</p>
      </div>
      {it.drill ? (
        <Chip hue={it.drill.state === "green" ? "green" : "red"}>
          {t(`settings.health.drill.${it.drill.state}`, { ago: formatAgo(it.drill.at) })}
        </Chip>
      ) : (
        <Chip hue="gray">{t("settings.health.drill.none")}</Chip>
      )}
    </li>
  );
}

function Round({ it }: { it: Schedule }) {
  const { t } = useTranslation();
  return (
    <li>
      <div className="grow">
        <b className="cut">{it.name}</b>
        <p className="about">
          <code>{it.cron}</code>
        </p>
      </div>
      <span className="muted num">
        {it.last_run ? t("settings.health.last", { ago: formatAgo(it.last_run) }) : t("settings.health.never")}
        {it.next_run ? ` · ${t("settings.health.next", { ago: formatAgo(it.next_run) })}` : ""}
      </span>
    </li>
  );
}
