// Which columns are shown, in which order.
import { ChevronDown, ChevronUp, Columns3, Pin, PinOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ObjectDef } from "../../api/model";
import { Button, Popover } from "../../ui/kumo";

export function ColumnMenu({
  object,
  names,
  pins,
  onColumns,
  onPins,
}: {
  object: ObjectDef;
  names: string[];
  /** So many columns stay where they are while the others move. */
  pins: number;
  onPins: (pins: number) => void;
  onColumns: (names: string[] | null) => void;
}) {
  const { t } = useTranslation();
  const rest = [...object.fields.values()].filter((f) => !names.includes(f.name) && f.name !== "id");
  const shown = names.map((n) => object.fields.get(n)).filter((f) => f !== undefined);
  const move = (at: number, by: number) => {
    const next = [...names];
    const [name] = next.splice(at, 1);
    if (name) next.splice(at + by, 0, name);
    onColumns(next);
  };
  return (
    <Popover>
      <Popover.Trigger
        render={
          <Button variant="ghost" size="sm" icon={<Columns3 aria-hidden="true" />}>
            {t("columns.title")}
          </Button>
        }
      />
      <Popover.Content className="p-3">
        <Popover.Title className="hidden-text">{t("columns.title")}</Popover.Title>
        <div className="filter-box">
          <fieldset className="checks">
            <legend className="hidden-text">{t("columns.title")}</legend>
            {shown.map((field, at) => (
              <span key={field.name} className="row" style={{ gap: 0 }}>
                <label className="option grow">
                  <input
                    type="checkbox"
                    checked
                    disabled={names.length === 1}
                    onChange={() => onColumns(names.filter((n) => n !== field.name))}
                  />
                  <span className="cut">{field.label}</span>
                </label>
                <button
                  type="button"
                  className="icon-button"
                  aria-pressed={at < pins}
                  aria-label={t(at < pins ? "columns.unpin" : "columns.pin", { label: field.label })}
                  disabled={at === 0}
                  onClick={() => onPins(at < pins ? at : at + 1)}
                >
                  {at > 0 && at < pins ? <PinOff aria-hidden="true" /> : <Pin aria-hidden="true" />}
                </button>
                <button
                  type="button"
                  className="icon-button"
                  aria-label={t("columns.up", { label: field.label })}
                  disabled={at === 0}
                  onClick={() => move(at, -1)}
                >
                  <ChevronUp aria-hidden="true" />
                </button>
                <button
                  type="button"
                  className="icon-button"
                  aria-label={t("columns.down", { label: field.label })}
                  disabled={at === shown.length - 1}
                  onClick={() => move(at, 1)}
                >
                  <ChevronDown aria-hidden="true" />
                </button>
              </span>
            ))}
            {rest.map((field) => (
              <label key={field.name} className="option">
                <input type="checkbox" checked={false} onChange={() => onColumns([...names, field.name])} />
                <span className="cut">{field.label}</span>
              </label>
            ))}
          </fieldset>
          <Button size="sm" onClick={() => onColumns(null)}>
            {t("columns.reset")}
          </Button>
        </div>
      </Popover.Content>
    </Popover>
  );
}
