// What each role may with records of one of the workspace's own objects.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { changeObject, type ObjectDefinition } from "../../api/definitions";
import { Select } from "../../ui/fields";
import { Button } from "../../ui/kumo";
import { tell } from "../../ui/toast";
import { useSend } from "./act";
import { Fault } from "./parts";
import { useRoles } from "./places";

const PRESETS = {
  none: {},
  read: { read: "all" },
  own: { read: "all", create: "all", update: "own", archive: "own" },
  all: { read: "all", create: "all", update: "all", archive: "all", delete: "all" },
} as const;
type Preset = keyof typeof PRESETS | "other";

type Rights = Record<string, Record<string, string>>;

function presetOf(rights: Record<string, string> | undefined): Preset {
  const said = Object.entries(rights ?? {}).filter(([, reach]) => reach !== "none");
  const same = (preset: object) => {
    const wanted = Object.entries(preset);
    return wanted.length === said.length && wanted.every(([action, reach]) => rights?.[action] === reach);
  };
  return (Object.keys(PRESETS) as (keyof typeof PRESETS)[]).find((name) => same(PRESETS[name])) ?? "other";
}

export function ObjectRights({ object }: { object: ObjectDefinition }) {
  const { t } = useTranslation();
  const { all } = useRoles();
  const before: Rights = object.rights ?? {};
  const [rights, setRights] = useState<Rights>(before);
  const { send, sending, loose } = useSend("definition", "model", "roles");
  // Who may not see the roles does not give them rights.
  if (all.length === 0) return null;
  const save = () =>
    send(async () => {
      await changeObject(object.name, { rights });
      tell(t("saved.one", { label: object.label ?? object.name }));
    });
  const changed = JSON.stringify(before) !== JSON.stringify(rights);
  return (
    <form
      noValidate
      className="card"
      aria-label={t("settings.objects.rights")}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h2>{t("settings.objects.rights")}</h2>
      <p className="about">{t("settings.objects.rights_about")}</p>
      <div className="options">
        {all
          .filter((role) => !role.super_admin && !role.permissions.includes("objects.manage"))
          .map((role) => {
            const preset = presetOf(rights[role.name]);
            return (
              <Select
                key={role.name}
                label={role.label}
                value={preset}
                onValue={(next) => setRights({ ...rights, [role.name]: { ...PRESETS[next as keyof typeof PRESETS] } })}
              >
                {(Object.keys(PRESETS) as (keyof typeof PRESETS)[]).map((each) => (
                  <option key={each} value={each}>
                    {t(`settings.objects.presets.${each}`)}
                  </option>
                ))}
                {preset === "other" ? (
                  <option value="other" disabled>
                    {t("settings.objects.presets.other")}
                  </option>
                ) : null}
              </Select>
            );
          })}
      </div>
      <Fault text={loose()} />
      <div className="admin-foot">
        <Button type="submit" loading={sending} disabled={!changed}>
          {t("save")}
        </Button>
      </div>
    </form>
  );
}
