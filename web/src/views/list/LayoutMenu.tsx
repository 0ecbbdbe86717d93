// By what a table is grouped, and how high its rows are.
import { SlidersHorizontal } from "lucide-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { ObjectDef } from "../../api/model";
import { Button, Popover } from "../../ui/kumo";
import { groupable } from "./groups";
import { type Density, HEIGHTS, setDensity, useDensity } from "./layout";

interface Props {
  object: ObjectDef;
  group: string | null;
  onGroup: (name: string) => void;
}

export function LayoutMenu({ object, group, onGroup }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const density = useDensity();
  const fields = [...object.fields.values()].filter((f) => groupable(f) && (!f.system || f.name === "created_at"));
  return (
    <Popover>
      <Popover.Trigger
        render={
          <Button variant="ghost" size="sm" icon={<SlidersHorizontal aria-hidden="true" />}>
            {t("layout.title")}
          </Button>
        }
      />
      <Popover.Content className="p-3">
        <Popover.Title className="hidden-text">{t("layout.title")}</Popover.Title>
        <div className="filter-box">
          <label className="label" htmlFor={id}>
            {t("layout.group")}
          </label>
          <select
            id={id}
            className="field-input"
            value={fields.some((f) => f.name === group) ? (group ?? "") : ""}
            onChange={(event) => onGroup(event.target.value)}
          >
            <option value="">{t("layout.no_group")}</option>
            {fields.map((field) => (
              <option key={field.name} value={field.name}>
                {field.label}
              </option>
            ))}
          </select>
          <fieldset className="checks view-seen">
            <legend className="label">{t("layout.density")}</legend>
            {(Object.keys(HEIGHTS) as Density[]).map((each) => (
              <label key={each} className="option">
                <input type="radio" name={id} checked={density === each} onChange={() => setDensity(each)} />
                {t(`layout.${each}`)}
              </label>
            ))}
          </fieldset>
        </div>
      </Popover.Content>
    </Popover>
  );
}
