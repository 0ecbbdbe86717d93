// What each role may with which records, and what it may otherwise in a location.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Overrides, overrides, type Role, removeOverride, saveOverride } from "../../api/members";
import { useSurroundings } from "../../fields/context";
import { Select } from "../../ui/fields";
import { Button } from "../../ui/kumo";
import { Shimmer } from "../../ui/parts";
import { tell } from "../../ui/toast";
import { Failed } from "../list/Nothing";
import { useSend } from "./act";
import { Matrix } from "./Matrix";
import { Fault } from "./parts";
import { usePlaces, useRoles } from "./places";
import { type Change, changes, flat, isEmpty, withReach, withRight } from "./roles";

export default function RolesPage({ item, onTitle }: { item: string | null; onTitle: (title: string) => void }) {
  const { t } = useTranslation();
  const { go } = useSurroundings();
  const { found, all } = useRoles();
  const places = usePlaces();
  const said = useQuery({ queryKey: ["overrides"], queryFn: ({ signal }) => overrides(signal) });
  const [place, setPlace] = useState("");
  const role = all.find((each) => each.name === item) ?? all[0];
  useEffect(() => {
    if (item && role) onTitle(role.label);
  }, [item, role, onTitle]);
  if (found.isError) return <Failed error={found.error} onAgain={() => void found.refetch()} />;
  if (said.isError) return <Failed error={said.error} onAgain={() => void said.refetch()} />;
  const there = said.data?.find((each) => each.role === role?.name && each.location_id === place);
  return (
    <div className="admin">
      <h1>{t("admin.roles")}</h1>
      {!role || !said.data ? <Shimmer width="60%" /> : null}
      {role && said.data ? (
        <>
          <div className="options">
            <Select
              label={t("settings.members.role")}
              about={role.description}
              value={role.name}
              onValue={(name) => go(`/settings/roles/${name}`)}
            >
              {all.map((each) => (
                <option key={each.name} value={each.name}>
                  {each.label}
                </option>
              ))}
            </Select>
            <Select
              label={t("settings.members.where")}
              about={t("settings.roles.where_about")}
              value={place}
              onValue={setPlace}
            >
              <option value="">{t("settings.members.everywhere")}</option>
              {places.all.map((each) => (
                <option key={each.id} value={each.id}>
                  {each.name}
                  {said.data.some((o) => o.role === role.name && o.location_id === each.id) ? " ●" : ""}
                </option>
              ))}
            </Select>
          </div>
          {place ? (
            <InPlace
              key={`${role.name} ${place}`}
              role={role}
              place={place}
              placeName={places.nameOf(place)}
              said={there?.rights ?? null}
            />
          ) : (
            <Matrix role={role} rights={{}} onReach={null} onRight={null} />
          )}
        </>
      ) : null}
    </div>
  );
}

interface InPlaceProps {
  role: Role;
  place: string;
  placeName: string;
  /** `null`: nothing is said about the pair yet. */
  said: Overrides | null;
}

function InPlace({ role, place, placeName, said }: InPlaceProps) {
  const { t } = useTranslation();
  const before = flat(said ?? {});
  const [draft, setDraft] = useState(before);
  const { send, sending, loose } = useSend("overrides", "permissions");
  const planned = changes(role, before, draft);
  const save = (next: Overrides) =>
    send(async () => {
      if (isEmpty(next)) await removeOverride(place, role.name);
      else await saveOverride(place, role.name, next);
      setDraft(next);
      tell(t("settings.roles.saved", { role: role.label, place: placeName }), {
        label: t("undo"),
        run: () => void save(before),
      });
    });
  return (
    <>
      {said ? (
        <p className="banner row wrap">
          <span className="grow">{t("settings.roles.differs", { role: role.label, place: placeName })}</span>
          <Button size="sm" disabled={sending} onClick={() => void save({})}>
            {t("settings.roles.reset")}
          </Button>
        </p>
      ) : null}
      <Matrix
        role={role}
        rights={draft}
        onReach={(object, action, reach) => setDraft(withReach(role, draft, object, action, reach))}
        onRight={(right, on) => setDraft(withRight(role, draft, right, on))}
      />
      <section className="card sticky-foot" aria-labelledby="planned">
        <h2 id="planned">{t("settings.roles.planned", { role: role.label, place: placeName })}</h2>
        {planned.length === 0 ? (
          <p className="muted">{t(said ? "settings.roles.as_said" : "settings.roles.as_role")}</p>
        ) : (
          <ul className="moves" aria-live="polite">
            {planned.map((change) => (
              <Planned key={"right" in change ? change.right : `${change.object} ${change.action}`} change={change} />
            ))}
          </ul>
        )}
        <Fault text={loose()} />
        <div className="admin-foot">
          <Button disabled={planned.length === 0} onClick={() => setDraft(before)}>
            {t("cancel")}
          </Button>
          <Button variant="primary" loading={sending} disabled={planned.length === 0} onClick={() => void save(draft)}>
            {t("settings.roles.save", { count: planned.length })}
          </Button>
        </div>
      </section>
    </>
  );
}

function Planned({ change }: { change: Change }) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const reaches = !("right" in change);
  return (
    <li>
      {reaches ? (
        <span className="muted">
          {model.objects.get(change.object)?.labelPlural ?? change.object}, {t(`settings.action.${change.action}`)}
        </span>
      ) : (
        <code>{change.right}</code>
      )}{" "}
      <span>{reaches ? t(`settings.reach.${change.from}`) : t(change.from ? "yes" : "no")}</span>{" "}
      <span aria-hidden="true">→</span> <span className="hidden-text">{t("record.to")}</span>{" "}
      <b>{reaches ? t(`settings.reach.${change.to}`) : t(change.to ? "yes" : "no")}</b>
    </li>
  );
}
