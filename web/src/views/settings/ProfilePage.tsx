// One's own name, password and devices.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { LogOut, MonitorSmartphone } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { changePassword, endOtherSessions, endSession, type Session, saveProfile, sessions } from "../../api/account";
import type { Me } from "../../api/session";
import { TextField } from "../../ui/fields";
import { formatAgo, formatMoment } from "../../ui/format";
import { Button } from "../../ui/kumo";
import { Chip, Shimmer } from "../../ui/parts";
import { tell } from "../../ui/toast";
import { Failed } from "../list/Nothing";
import { useAct, useSend } from "./act";
import { deviceOf } from "./device";
import { PasswordFields } from "./PasswordFields";
import { Fault } from "./parts";
import { kept, RULES } from "./password";

export default function ProfilePage() {
  const { t } = useTranslation();
  const me = useQueryClient().getQueryData<Me>(["me"]);
  return (
    <div className="admin">
      <h1>{t("admin.profile")}</h1>
      {me ? <Name me={me} /> : null}
      <Password email={me?.email ?? ""} />
      <Sessions />
    </div>
  );
}

function Name({ me }: { me: Me }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const zones = useId();
  const [name, setName] = useState(me.name);
  const [zone, setZone] = useState(me.timezone ?? "");
  const { send, sending, problem, loose } = useSend();
  const changed = name !== me.name || zone !== (me.timezone ?? "");
  const save = () =>
    send(async () => {
      const next = await saveProfile({ name, ...(zone ? { timezone: zone } : {}) });
      cache.setQueryData(["me"], next);
      tell(t("settings.profile.saved"));
    });
  return (
    <form
      noValidate
      className="card"
      aria-label={t("settings.profile.title")}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h2>{t("settings.profile.title")}</h2>
      <TextField label={t("settings.profile.email")} value={me.email} onValue={() => {}} readOnly />
      <TextField
        label={t("settings.profile.name")}
        autoComplete="name"
        fault={problem?.at("name")}
        value={name}
        onValue={setName}
      />
      <TextField
        label={t("settings.profile.timezone")}
        about={t("settings.profile.timezone_about")}
        list={zones}
        fault={problem?.at("timezone")}
        value={zone}
        onValue={setZone}
      />
      <datalist id={zones}>
        {Intl.supportedValuesOf("timeZone").map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <Fault text={loose("name", "timezone")} />
      <div className="admin-foot">
        <Button type="submit" variant="primary" loading={sending} disabled={!changed}>
          {t("save")}
        </Button>
      </div>
    </form>
  );
}

const NOTHING = { current: "", password: "", confirmation: "" };

function Password({ email }: { email: string }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(NOTHING);
  const { send, sending, problem, loose } = useSend("sessions");
  const save = () =>
    send(async () => {
      const { current, ...rest } = typed;
      await changePassword({ current_password: current, ...rest });
      setTyped(NOTHING);
      tell(t("settings.password.saved"));
    });
  const ready = typed.current !== "" && kept(typed.password, typed.confirmation).size === RULES.length;
  return (
    <form
      noValidate
      className="card"
      aria-label={t("settings.password.title")}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h2>{t("settings.password.title")}</h2>
      <p className="about">{t("settings.password.about")}</p>
      <input type="email" autoComplete="username" value={email} readOnly hidden />
      <TextField
        label={t("settings.password.current")}
        type="password"
        autoComplete="current-password"
        fault={problem?.at("current_password")}
        value={typed.current}
        onValue={(current) => setTyped({ ...typed, current })}
      />
      <PasswordFields value={typed} refusal={problem} onValue={(value) => setTyped({ ...typed, ...value })} />
      <Fault text={loose("current_password", "password", "confirmation")} />
      <div className="admin-foot">
        <Button type="submit" variant="primary" loading={sending} disabled={!ready}>
          {t("settings.password.do")}
        </Button>
      </div>
    </form>
  );
}

function Sessions() {
  const { t } = useTranslation();
  const found = useQuery({ queryKey: ["sessions"], queryFn: ({ signal }) => sessions(signal) });
  const act = useAct("sessions");
  const end = async (session: Session) => {
    if (await act(() => endSession(session.id))) tell(t("settings.sessions.ended", { count: 1 }));
  };
  const endOthers = async () => {
    const ended = await act(endOtherSessions);
    if (ended) tell(t("settings.sessions.ended", { count: ended.done }));
  };
  const others = found.data?.some((each) => !each.current) ?? false;
  return (
    <section className="admin-section" aria-labelledby="sessions">
      <header className="row wrap">
        <h2 id="sessions" className="grow">
          {t("settings.sessions.title")}
        </h2>
        {others ? (
          <Button size="sm" icon={<LogOut aria-hidden="true" />} onClick={() => void endOthers()}>
            {t("settings.sessions.end_others")}
          </Button>
        ) : null}
      </header>
      {found.isPending ? <Shimmer width="60%" /> : null}
      {found.isError ? <Failed error={found.error} onAgain={() => void found.refetch()} /> : null}
      {found.data ? (
        <ul className="admin-list" aria-label={t("settings.sessions.title")}>
          {found.data.map((session) => (
            <li key={session.id}>
              <MonitorSmartphone aria-hidden="true" />
              <div className="grow">
                <b className="cut">{deviceOf(session.user_agent) || t("settings.sessions.unknown")}</b>
                <p className="about">
                  {[session.ip, t("settings.sessions.until", { at: formatMoment(session.expires_at) })]
                    .filter(Boolean)
                    .join(" · ")}
                </p>
              </div>
              <time className="muted num" dateTime={session.refreshed_at} title={formatMoment(session.refreshed_at)}>
                {formatAgo(session.refreshed_at)}
              </time>
              {session.current ? (
                <Chip hue="green">{t("settings.sessions.this")}</Chip>
              ) : (
                <Button
                  size="sm"
                  aria-label={t("settings.sessions.end_this", { name: deviceOf(session.user_agent) })}
                  onClick={() => void end(session)}
                >
                  {t("settings.sessions.end")}
                </Button>
              )}
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}
