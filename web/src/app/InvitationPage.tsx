// Who was invited sets name and password here, or shows by their password that the account is theirs.
import { useQuery } from "@tanstack/react-query";
import { MailX } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { acceptInvitation, type InvitedTo, invitedTo } from "../api/account";
import { Problem } from "../api/http";
import { TextField } from "../ui/fields";
import { Button } from "../ui/kumo";
import { Empty } from "../ui/parts";
import { Failed } from "../views/list/Nothing";
import { useSend } from "../views/settings/act";
import { PasswordFields } from "../views/settings/PasswordFields";
import { Fault } from "../views/settings/parts";
import { kept, RULES } from "../views/settings/password";

export default function InvitationPage({ token }: { token: string }) {
  const { t } = useTranslation();
  const found = useQuery({ queryKey: ["invitation", token], queryFn: ({ signal }) => invitedTo(token, signal) });
  return (
    <main className="sign-in">
      {found.isError ? (
        found.error instanceof Problem && found.error.status < 500 ? (
          <div>
            <h1 className="hidden-text">{t("settings.invitation.gone")}</h1>
            <Empty
              icon={<MailX aria-hidden="true" />}
              title={t("settings.invitation.gone")}
              action={<a href="/">{t("sign_in.do")}</a>}
            >
              {t("settings.invitation.gone_about")}
            </Empty>
          </div>
        ) : (
          <Failed error={found.error} onAgain={() => void found.refetch()} />
        )
      ) : null}
      {found.data ? <Accept token={token} it={found.data} /> : null}
    </main>
  );
}

function Accept({ token, it }: { token: string; it: InvitedTo }) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [typed, setTyped] = useState({ password: "", confirmation: "" });
  const { send, sending, problem, loose } = useSend();
  const accept = () =>
    send(async () => {
      const body = it.has_account ? { name: "", password: typed.password } : { name, ...typed };
      await acceptInvitation(token, body);
      location.assign("/");
    });
  const ready = it.has_account
    ? typed.password !== ""
    : name.trim() !== "" && kept(typed.password, typed.confirmation).size === RULES.length;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void accept();
      }}
    >
      <img src="/icon.svg" alt="" width={36} height={36} />
      <h1>{t("settings.invitation.title", { workspace: it.workspace_name })}</h1>
      <p className="muted">
        {t(it.has_account ? "settings.invitation.known" : "settings.invitation.new", { email: it.email })}
      </p>
      <input type="email" autoComplete="username" value={it.email} readOnly hidden />
      {it.has_account ? (
        <TextField
          label={t("sign_in.password")}
          type="password"
          autoComplete="current-password"
          autoFocus
          fault={problem?.at("password")}
          value={typed.password}
          onValue={(password) => setTyped({ ...typed, password })}
        />
      ) : (
        <>
          <TextField
            label={t("settings.profile.name")}
            autoComplete="name"
            autoFocus
            fault={problem?.at("name")}
            value={name}
            onValue={setName}
          />
          <PasswordFields value={typed} refusal={problem} onValue={setTyped} />
        </>
      )}
      <Fault text={loose("name", "password", "confirmation")} />
      <Button type="submit" variant="primary" loading={sending} disabled={!ready}>
        {t("settings.invitation.accept")}
      </Button>
    </form>
  );
}
