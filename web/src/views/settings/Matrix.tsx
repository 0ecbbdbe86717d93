// Objects by actions, and named rights: read, or changed for a location.
import { Search as Glass } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ACTIONS, type Action, type Overrides, type Role } from "../../api/members";
import type { Reach } from "../../api/model";
import { useSurroundings } from "../../fields/context";
import { Check } from "../../ui/fields";
import { Button } from "../../ui/kumo";
import { Empty } from "../../ui/parts";
import { usePermissions } from "../permissions";
import { holdsInPlace, inPlace, ofRole, REACHES } from "./roles";

interface Props {
  role: Role;
  rights: Overrides;
  /** `null`: it is only read. */
  onReach: ((object: string, action: Action, reach: Reach) => void) | null;
  onRight: ((right: string, on: boolean) => void) | null;
}

export function Matrix({ role, rights, onReach, onRight }: Props) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const held = usePermissions();
  const [typed, setTyped] = useState("");
  const fits = (...texts: string[]) => texts.some((x) => x.toLowerCase().includes(typed.trim().toLowerCase()));
  const objects = [...model.objects.values()].filter((o) => !o.part && fits(o.labelPlural, o.name));
  const named = [...new Set([...role.permissions, ...(held ?? []), ...Object.keys(rights.permissions ?? {})])];
  const shown = named.filter((right) => fits(right)).toSorted();
  return (
    <>
      <div className="search-field">
        <Glass aria-hidden="true" />
        <input
          className="field-input"
          type="search"
          placeholder={t("search.short")}
          aria-label={t("settings.roles.search")}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </div>
      {objects.length === 0 && shown.length === 0 ? (
        <Empty
          icon={<Glass aria-hidden="true" />}
          title={t("picker.none")}
          action={<Button onClick={() => setTyped("")}>{t("put_away.clear")}</Button>}
        />
      ) : null}
      {objects.length > 0 ? (
        <div
          className="matrix"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
          tabIndex={0}
          role="region"
          aria-label={t("settings.roles.matrix", { role: role.label })}
        >
          <table>
            <thead>
              <tr>
                <th scope="col">{t("settings.roles.records")}</th>
                {ACTIONS.map((action) => (
                  <th key={action} scope="col">
                    {t(`settings.action.${action}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {objects.map((object) => (
                <tr key={object.name}>
                  <th scope="row">
                    {object.labelPlural}
                    <Cut role={role} object={object.name} />
                  </th>
                  {ACTIONS.map((action) => (
                    <td key={action}>
                      <Cell
                        label={`${object.labelPlural}, ${t(`settings.action.${action}`)}`}
                        reach={role.super_admin ? "all" : inPlace(role, rights, object.name, action)}
                        usual={ofRole(role, object.name, action)}
                        onReach={onReach && !role.super_admin ? (reach) => onReach(object.name, action, reach) : null}
                      />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {shown.length > 0 ? (
        <section className="card" aria-labelledby="named">
          <h2 id="named">{t("settings.roles.rights")}</h2>
          <div className="options rights">
            {shown.map((right) => (
              <Check
                key={right}
                label={<code>{right}</code>}
                checked={role.super_admin || holdsInPlace(role, rights, right)}
                disabled={onRight === null || role.super_admin}
                onCheck={(on) => onRight?.(right, on)}
              />
            ))}
          </div>
        </section>
      ) : null}
    </>
  );
}

interface CellProps {
  label: string;
  reach: Reach;
  usual: Reach;
  onReach: ((reach: Reach) => void) | null;
}

function Cell({ label, reach, usual, onReach }: CellProps) {
  const { t } = useTranslation();
  if (!onReach)
    return (
      <span className="reach" data-reach={reach}>
        {t(`settings.reach.${reach}`)}
      </span>
    );
  return (
    <select
      className="reach"
      data-reach={reach}
      data-changed={reach !== usual}
      aria-label={label}
      value={reach}
      onChange={(event) => onReach(event.target.value as Reach)}
    >
      {REACHES.map((each) => (
        <option key={each} value={each}>
          {t(`settings.reach.${each}`)}
          {each === usual ? ` (${t("settings.roles.usual")})` : ""}
        </option>
      ))}
    </select>
  );
}

/** Fields that the role does not see or does not write. */
function Cut({ role, object }: { role: Role; object: string }) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const rights = role.objects[object];
  const labels = (names: string[]) =>
    names.map((name) => model.objects.get(object)?.fields.get(name)?.label ?? name).join(", ");
  const said = [
    rights?.hidden.length ? t("settings.roles.hidden", { fields: labels(rights.hidden) }) : "",
    rights?.read_only.length ? t("settings.roles.read_only", { fields: labels(rights.read_only) }) : "",
  ].filter(Boolean);
  return said.length > 0 ? <span className="about">{said.join(" · ")}</span> : null;
}
