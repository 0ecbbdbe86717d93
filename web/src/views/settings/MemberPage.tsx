// One member: whether they may come in, what they do, and which roles they have where.
import { useQuery } from "@tanstack/react-query";
import { Ban, MessageCircleQuestion, Plus, RotateCcw, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Assignment, assign, assignments, changeMember, unassign } from "../../api/members";
import type { ObjectDef } from "../../api/model";
import { type Row, read } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { TextField } from "../../ui/fields";
import { Button } from "../../ui/kumo";
import { Modal } from "../../ui/Modal";
import { Avatar, Chip, Empty, Shimmer } from "../../ui/parts";
import { tell } from "../../ui/toast";
import { Failed } from "../list/Nothing";
import { useAct, useSend } from "./act";
import { Fault } from "./parts";
import { usePlaces, useRoles } from "./places";
import { RoleAndPlace } from "./RoleAndPlace";

interface Props {
  object: ObjectDef;
  id: string;
  onTitle: (title: string) => void;
}

export function MemberPage({ object, id, onTitle }: Props) {
  const { t } = useTranslation();
  const { me, go } = useSurroundings();
  const found = useQuery({
    queryKey: ["members", "one", id],
    queryFn: () => read(object, id, "id,name,email,job_title,is_active"),
  });
  const act = useAct("members", "candidates");
  const row = found.data;
  const name = String(row?.name || row?.email || "");
  useEffect(() => onTitle(name), [name, onTitle]);
  const turn = async (on: boolean) => {
    if (!(await act(() => changeMember(id, { is_active: on })))) return;
    tell(t(on ? "settings.members.let_in" : "settings.members.shut_out", { name }), {
      label: t("undo"),
      run: () => void turn(!on),
    });
  };
  if (found.isError) return <Failed error={found.error} onAgain={() => void found.refetch()} />;
  if (!row)
    return (
      <div className="admin">
        <Shimmer width="40%" />
      </div>
    );
  return (
    <div className="admin">
      <header className="row wrap">
        <Avatar name={name} size="xl" />
        <div className="grow">
          <h1>{name}</h1>
          <p className="about">{String(row.email)}</p>
        </div>
        {row.is_active ? null : <Chip hue="gray">{t("settings.members.off")}</Chip>}
        <Button icon={<MessageCircleQuestion aria-hidden="true" />} onClick={() => go(`/settings/explain/${id}`)}>
          {t("settings.members.why")}
        </Button>
        {id === me ? null : (
          <Button
            icon={row.is_active ? <Ban aria-hidden="true" /> : <RotateCcw aria-hidden="true" />}
            onClick={() => void turn(!row.is_active)}
          >
            {t(row.is_active ? "settings.members.disable" : "settings.members.enable")}
          </Button>
        )}
      </header>
      <Title row={row} />
      <Assignments id={id} />
    </div>
  );
}

function Title({ row }: { row: Row }) {
  const { t } = useTranslation();
  const before = String(row.job_title ?? "");
  const [title, setTitle] = useState(before);
  const { send, sending, problem, loose } = useSend("members");
  const save = () =>
    send(async () => {
      await changeMember(row.id, { job_title: title });
      tell(t("settings.profile.saved"));
    });
  return (
    <form
      noValidate
      className="card"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <TextField
        label={t("settings.members.job_title")}
        fault={problem?.at("job_title")}
        value={title}
        onValue={setTitle}
      />
      <Fault text={loose("job_title")} />
      <div className="admin-foot">
        <Button type="submit" loading={sending} disabled={title === before}>
          {t("save")}
        </Button>
      </div>
    </form>
  );
}

function Assignments({ id }: { id: string }) {
  const { t } = useTranslation();
  const { labelOf } = useRoles();
  const places = usePlaces();
  const found = useQuery({ queryKey: ["assignments", id], queryFn: ({ signal }) => assignments(id, signal) });
  const [adding, setAdding] = useState(false);
  const act = useAct("assignments");
  const whereOf = (it: { location_id: string | null }) =>
    it.location_id ? places.nameOf(it.location_id) : t("settings.members.everywhere");
  const give = async (role: string, place: string | null) => {
    if (await act(() => assign(id, role, place))) tell(t("settings.members.given", { role: labelOf(role) }));
  };
  const take = async (it: Assignment) => {
    if (!(await act(() => unassign(id, it.id)))) return;
    tell(t("settings.members.taken", { role: labelOf(it.role) }), {
      label: t("undo"),
      run: () => void give(it.role, it.location_id),
    });
  };
  return (
    <section className="admin-section" aria-labelledby="roles">
      <header className="row wrap">
        <h2 id="roles" className="grow">
          {t("settings.members.roles")}
        </h2>
        <Button size="sm" icon={<Plus aria-hidden="true" />} onClick={() => setAdding(true)}>
          {t("settings.members.give")}
        </Button>
      </header>
      {found.isPending ? <Shimmer width="60%" /> : null}
      {found.isError ? <Failed error={found.error} onAgain={() => void found.refetch()} /> : null}
      {found.data?.length === 0 ? (
        <Empty icon={<Ban aria-hidden="true" />} title={t("settings.members.no_role")}>
          {t("settings.members.no_role_about")}
        </Empty>
      ) : null}
      {found.data && found.data.length > 0 ? (
        <ul className="admin-list" aria-label={t("settings.members.roles")}>
          {found.data.map((it) => (
            <li key={it.id}>
              <div className="grow">
                <b className="cut">{labelOf(it.role)}</b>
                <p className="about">{whereOf(it)}</p>
              </div>
              <button
                type="button"
                className="icon-button"
                aria-label={t("settings.members.take", { role: labelOf(it.role), where: whereOf(it) })}
                onClick={() => void take(it)}
              >
                <Trash2 aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      {adding ? <Give id={id} onClose={() => setAdding(false)} /> : null}
    </section>
  );
}

function Give({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { labelOf } = useRoles();
  const [role, setRole] = useState("");
  const [place, setPlace] = useState("");
  const { send, sending, problem, loose } = useSend("assignments");
  const give = async () => {
    const done = await send(async () => {
      await assign(id, role, place || null);
    });
    if (!done) return;
    tell(t("settings.members.given", { role: labelOf(role) }));
    onClose();
  };
  return (
    <Modal title={t("settings.members.give")} onClose={onClose}>
      <form
        noValidate
        className="form-grid"
        onSubmit={(event) => {
          event.preventDefault();
          void give();
        }}
      >
        <RoleAndPlace role={role} place={place} problem={problem} onRole={setRole} onPlace={setPlace} />
        <Fault text={loose("role", "location_id")} />
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" loading={sending} disabled={!role}>
            {t("settings.members.give")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
