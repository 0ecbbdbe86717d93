// What a key may: everything that its owner may, or reading and writing of chosen objects, and named rights.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSurroundings } from "../../fields/context";
import { Check, Select } from "../../ui/fields";
import { usePermissions } from "../permissions";

interface Props {
  value: string[];
  fault: string | undefined;
  onValue: (scopes: string[]) => void;
}

export function Scopes({ value, fault, onValue }: Props) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const held = usePermissions();
  const [typed, setTyped] = useState("");
  const all = value.includes("*");
  const toggle = (scope: string, on: boolean) => onValue(on ? [...value, scope] : value.filter((s) => s !== scope));
  const fits = (text: string) => text.toLowerCase().includes(typed.trim().toLowerCase());
  const objects = [...model.objects.values()].filter((o) => !o.part && o.rights.read !== "none" && fits(o.labelPlural));
  const rights = [...(held ?? [])].filter(fits);
  return (
    <div className="form-grid">
      <Select
        label={t("settings.scopes.title")}
        fault={fault}
        value={all ? "all" : "some"}
        onValue={(next) => onValue(next === "all" ? ["*"] : [])}
      >
        <option value="all">{t("settings.scopes.all")}</option>
        <option value="some">{t("settings.scopes.some")}</option>
      </Select>
      {all ? null : (
        <fieldset className="scopes">
          <legend className="hidden-text">{t("settings.scopes.title")}</legend>
          <input
            className="field-input"
            type="search"
            aria-label={t("settings.scopes.search")}
            placeholder={t("search.short")}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          <ul>
            {objects.map((object) => (
              <li key={object.name}>
                <span className="grow cut">{object.labelPlural}</span>
                {(["read", "write"] as const).map((way) => (
                  <Check
                    key={way}
                    label={
                      <>
                        {t(`settings.scopes.${way}`)}
                        <span className="hidden-text"> {object.labelPlural}</span>
                      </>
                    }
                    checked={value.includes(`${object.name}:${way}`)}
                    onCheck={(on) => toggle(`${object.name}:${way}`, on)}
                  />
                ))}
              </li>
            ))}
            {rights.map((right) => {
              const scope = right.replace(".", ":");
              return (
                <li key={right}>
                  <Check
                    label={<code>{right}</code>}
                    checked={value.includes(scope)}
                    onCheck={(on) => toggle(scope, on)}
                  />
                </li>
              );
            })}
          </ul>
        </fieldset>
      )}
    </div>
  );
}
