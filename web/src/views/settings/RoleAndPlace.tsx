// A role, and where it holds.
import { useTranslation } from "react-i18next";
import type { Problem } from "../../api/http";
import { Select } from "../../ui/fields";
import { usePlaces, useRoles } from "./places";

interface Props {
  role: string;
  /** "": everywhere. */
  place: string;
  problem: Problem | null;
  onRole: (role: string) => void;
  onPlace: (place: string) => void;
}

export function RoleAndPlace({ role, place, problem, onRole, onPlace }: Props) {
  const { t } = useTranslation();
  const roles = useRoles();
  const places = usePlaces();
  return (
    <>
      <Select
        label={t("settings.members.role")}
        about={roles.all.find((each) => each.name === role)?.description}
        fault={problem?.at("role")}
        value={role}
        onValue={onRole}
      >
        <option value="" disabled>
          {t("imports.choose_object")}
        </option>
        {roles.all.map((each) => (
          <option key={each.name} value={each.name}>
            {each.label}
          </option>
        ))}
      </Select>
      {places.all.length > 0 ? (
        <Select label={t("settings.members.where")} fault={problem?.at("location_id")} value={place} onValue={onPlace}>
          <option value="">{t("settings.members.everywhere")}</option>
          {places.all.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </Select>
      ) : null}
    </>
  );
}
