// The options of a select: their labels, colours and order. What records may have keeps its value.
import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { HUES, type Hue } from "../../api/model";
import { Button } from "../../ui/kumo";
import { Chip } from "../../ui/parts";
import { Sortable } from "../../ui/Sortable";
import { type Choice, freeHue, nameFor } from "./define";

interface Props {
  options: Choice[];
  fault: string | undefined;
  onOptions: (options: Choice[]) => void;
}

export function Options({ options, fault, onOptions }: Props) {
  const { t } = useTranslation();
  const set = (at: number, change: Partial<Choice>) =>
    onOptions(options.map((option, each) => (each === at ? { ...option, ...change } : option)));
  const add = () => onOptions([...options, { value: "", label: "", color: freeHue(options), kept: false }]);
  return (
    <fieldset className="scopes">
      <legend className="label">{t("settings.options.title")}</legend>
      <Sortable
        label={t("settings.options.title")}
        items={options}
        keyOf={(option) => String(options.indexOf(option))}
        nameOf={(option) => option.label}
        onOrder={onOptions}
      >
        {(option, at) => (
          <>
            <input
              className="field-input grow"
              aria-label={t("settings.options.label", { at: at + 1 })}
              value={option.label}
              onChange={(event) => {
                const label = event.target.value;
                set(at, { label, ...(option.kept ? {} : { value: nameFor(label, "text", false) }) });
              }}
            />
            <HueSelect
              label={t("settings.options.color", { name: option.label })}
              value={option.color}
              onValue={(color) => set(at, { color })}
            />
            <Chip hue={option.color}>{option.label || "…"}</Chip>
            <button
              type="button"
              className="icon-button"
              aria-label={t("settings.options.remove", { name: option.label })}
              onClick={() => onOptions(options.filter((_, each) => each !== at))}
            >
              <Trash2 aria-hidden="true" />
            </button>
          </>
        )}
      </Sortable>
      {fault ? <p className="fault">{fault}</p> : null}
      <div>
        <Button size="sm" icon={<Plus aria-hidden="true" />} onClick={add}>
          {t("settings.options.add")}
        </Button>
      </div>
    </fieldset>
  );
}

export function HueSelect(props: { label: string; value: Hue; onValue: (hue: Hue) => void }) {
  const { t } = useTranslation();
  return (
    <select
      className="field-input hue"
      aria-label={props.label}
      value={props.value}
      onChange={(event) => props.onValue(event.target.value as Hue)}
    >
      {HUES.map((hue) => (
        <option key={hue} value={hue}>
          {t(`settings.hue.${hue}`)}
        </option>
      ))}
    </select>
  );
}
