// Somebody is invited: an address, a role, where it holds; then the link, which is told once.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { invite } from "../../api/members";
import { TextField } from "../../ui/fields";
import { Button } from "../../ui/kumo";
import { Modal } from "../../ui/Modal";
import { useSend } from "./act";
import { Fault, Secret } from "./parts";
import { RoleAndPlace } from "./RoleAndPlace";

export function Invite({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState("");
  const [place, setPlace] = useState("");
  const [link, setLink] = useState<string | null>(null);
  const { send, sending, problem, loose } = useSend("invitations");
  const ask = () =>
    send(async () => {
      const made = await invite({ email, role, ...(place ? { location_id: place } : {}) });
      setLink(made.link);
    });
  if (link)
    return (
      <Modal title={t("settings.members.ready", { email })} onClose={onClose} wide>
        <Secret label={t("settings.members.link")} about={t("settings.members.once")} value={link} />
        <footer>
          <Button variant="primary" onClick={onClose}>
            {t("settings.members.passed_on")}
          </Button>
        </footer>
      </Modal>
    );
  return (
    <Modal title={t("settings.members.invite")} onClose={onClose}>
      <form
        noValidate
        className="form-grid"
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        <TextField
          label={t("settings.profile.email")}
          type="email"
          autoFocus
          autoComplete="off"
          fault={problem?.at("email")}
          value={email}
          onValue={setEmail}
        />
        <RoleAndPlace role={role} place={place} problem={problem} onRole={setRole} onPlace={setPlace} />
        <Fault text={loose("email", "role", "location_id")} />
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" loading={sending} disabled={!email.trim() || !role}>
            {t("settings.members.make")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
