// One's own API keys: what each may, until when, when it was last used.
import { useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type ApiKey, apiKeys, createKey, revokeKey } from "../../api/account";
import { Select, TextField } from "../../ui/fields";
import { formatAgo, formatDay, formatMoment } from "../../ui/format";
import { useKeys } from "../../ui/keys";
import { Button } from "../../ui/kumo";
import { Modal } from "../../ui/Modal";
import { Chip, Empty, Shimmer } from "../../ui/parts";
import { tell } from "../../ui/toast";
import { Failed } from "../list/Nothing";
import { useAct, useSend } from "./act";
import { Fault, Secret, Sure } from "./parts";
import { Scopes } from "./Scopes";

const LIVES = ["30", "90", "365", "never"] as const;

export default function KeysPage() {
  const { t } = useTranslation();
  const found = useQuery({ queryKey: ["keys"], queryFn: ({ signal }) => apiKeys(signal) });
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const act = useAct("keys");
  useKeys([{ keys: "c", label: t("settings.keys.new"), run: () => setMaking(true) }]);
  const all = found.data ?? [];
  const revoke = async (key: ApiKey) => {
    setRevoking(null);
    if (await act(() => revokeKey(key.id))) tell(t("settings.keys.revoked", { name: key.name }));
  };
  const button = (
    <Button variant="primary" icon={<KeyRound aria-hidden="true" />} onClick={() => setMaking(true)}>
      {t("settings.keys.new")}
    </Button>
  );
  return (
    <div className="admin">
      <header className="row wrap">
        <h1 className="grow">{t("admin.keys")}</h1>
        {all.length > 0 ? button : null}
      </header>
      {found.isPending ? <Shimmer width="60%" /> : null}
      {found.isError ? <Failed error={found.error} onAgain={() => void found.refetch()} /> : null}
      {found.data && all.length === 0 ? (
        <Empty icon={<KeyRound aria-hidden="true" />} title={t("settings.keys.none")} action={button}>
          {t("settings.keys.none_about")}
        </Empty>
      ) : null}
      {all.length > 0 ? (
        <ul className="admin-list" aria-label={t("admin.keys")}>
          {all.map((key) => (
            <Line key={key.id} it={key} onRevoke={() => setRevoking(key)} />
          ))}
        </ul>
      ) : null}
      {making ? <NewKey onClose={() => setMaking(false)} /> : null}
      {revoking ? (
        <Sure
          title={t("settings.keys.revoke_title", { name: revoking.name })}
          about={t("settings.keys.revoke_about")}
          act={t("settings.keys.revoke")}
          onSure={() => void revoke(revoking)}
          onClose={() => setRevoking(null)}
        />
      ) : null}
    </div>
  );
}

function Line({ it, onRevoke }: { it: ApiKey; onRevoke: () => void }) {
  const { t } = useTranslation();
  const over = it.expires_at !== null && Date.parse(it.expires_at) < Date.now();
  const facts = [
    `${it.prefix}…`,
    it.scopes.includes("*") ? t("settings.scopes.all") : it.scopes.join(", "),
    it.last_used_at ? t("settings.keys.used", { ago: formatAgo(it.last_used_at) }) : t("settings.keys.unused"),
    it.expires_at ? t("settings.keys.until", { day: formatDay(it.expires_at.slice(0, 10)) }) : t("settings.keys.ever"),
  ];
  const [hue, state] = it.revoked_at
    ? (["gray", "off"] as const)
    : over
      ? (["amber", "over"] as const)
      : (["green", "on"] as const);
  return (
    <li>
      <div className="grow">
        <b className="cut">{it.name}</b>
        <p className="about">{facts.join(" · ")}</p>
      </div>
      <time className="muted num" dateTime={it.created_at} title={formatMoment(it.created_at)}>
        {formatAgo(it.created_at)}
      </time>
      <Chip hue={hue}>{t(`settings.keys.state.${state}`)}</Chip>
      {it.revoked_at ? null : (
        <Button size="sm" aria-label={t("settings.keys.revoke_this", { name: it.name })} onClick={onRevoke}>
          {t("settings.keys.revoke")}
        </Button>
      )}
    </li>
  );
}

function NewKey({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>(["*"]);
  const [life, setLife] = useState<string>("90");
  const [key, setKey] = useState<string | null>(null);
  const { send, sending, problem, loose } = useSend("keys");
  const make = () =>
    send(async () => {
      const ends =
        life === "never" ? {} : { expires_at: new Date(Date.now() + Number(life) * 86_400_000).toISOString() };
      setKey((await createKey({ name, scopes, ...ends })).key);
    });
  if (key)
    return (
      <Modal title={t("settings.keys.made", { name })} onClose={onClose} wide>
        <Secret label={t("settings.keys.key")} about={t("settings.keys.once")} value={key} />
        <footer>
          <Button variant="primary" onClick={onClose}>
            {t("settings.keys.kept")}
          </Button>
        </footer>
      </Modal>
    );
  return (
    <Modal title={t("settings.keys.new")} onClose={onClose} wide>
      <form
        noValidate
        className="form-grid"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <TextField
          label={t("settings.keys.name")}
          about={t("settings.keys.name_about")}
          fault={problem?.at("name")}
          autoFocus
          value={name}
          onValue={setName}
        />
        <Scopes value={scopes} fault={problem?.at("scopes")} onValue={setScopes} />
        <Select label={t("settings.keys.life")} fault={problem?.at("expires_at")} value={life} onValue={setLife}>
          {LIVES.map((each) => (
            <option key={each} value={each}>
              {t(`settings.keys.lives.${each}`)}
            </option>
          ))}
        </Select>
        <Fault text={loose("name", "scopes", "expires_at")} />
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" loading={sending}>
            {t("settings.keys.do")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
