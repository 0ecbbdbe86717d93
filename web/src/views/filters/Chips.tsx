// The filters of a list: one chip a field, in words; what an address says and the object does not know is a broken chip.
import { ListFilter, TriangleAlert, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Field, ObjectDef } from "../../api/model";
import { useSurroundings } from "../../fields/context";
import { readCondition } from "../../fields/operators";
import { useNames } from "../../fields/reference/names";
import { Button, Popover } from "../../ui/kumo";
import type { Filter } from "../list/state";
import { FilterForm } from "./FilterForm";

interface Props {
  object: ObjectDef;
  filters: Filter[];
  onFilters: (filters: Filter[]) => void;
  open: boolean;
  onOpen: (open: boolean) => void;
}

export function Chips({ object, filters, onFilters, open, onOpen }: Props) {
  const { t } = useTranslation();
  const put = (filter: Filter) => onFilters([...filters.filter((f) => f.field !== filter.field), filter]);
  const drop = (filter: Filter) => onFilters(filters.filter((f) => f !== filter));
  return (
    <>
      {filters.map((filter) => (
        <Chip key={filter.field} object={object} filter={filter} onChange={put} onDrop={() => drop(filter)} />
      ))}
      <Popover open={open} onOpenChange={onOpen}>
        <Popover.Trigger
          render={
            <Button variant="ghost" size="sm" icon={<ListFilter aria-hidden="true" />}>
              {t("filters.add")}
            </Button>
          }
        />
        <Popover.Content className="p-3">
          <Popover.Title className="hidden-text">{t("filters.add")}</Popover.Title>
          <NewFilter object={object} onDone={(filter) => (onOpen(false), put(filter))} />
        </Popover.Content>
      </Popover>
    </>
  );
}

function Chip({
  object,
  filter,
  onChange,
  onDrop,
}: {
  object: ObjectDef;
  filter: Filter;
  onChange: (f: Filter) => void;
  onDrop: () => void;
}) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const field = object.fields.get(filter.field);
  if (!field) {
    return (
      <span className="filter-chip" data-broken="true" title={t("filters.broken")}>
        <button type="button" aria-label={t("filters.drop_broken", { field: filter.field })} onClick={onDrop}>
          <TriangleAlert aria-hidden="true" /> {filter.field} <X aria-hidden="true" />
        </button>
      </span>
    );
  }
  return (
    <span className="filter-chip">
      <Popover open={open} onOpenChange={setOpen}>
        <Popover.Trigger
          render={
            <button type="button">
              <ChipText field={field} condition={filter.condition} />
            </button>
          }
        />
        <Popover.Content className="p-3">
          <Popover.Title className="hidden-text">{field.label}</Popover.Title>
          <FilterForm
            field={field}
            condition={filter.condition}
            onDone={(condition) => (setOpen(false), onChange({ field: field.name, condition }))}
          />
        </Popover.Content>
      </Popover>
      <button type="button" aria-label={t("filters.drop", { field: field.label })} onClick={onDrop}>
        <X aria-hidden="true" />
      </button>
    </span>
  );
}

function ChipText({ field, condition }: { field: Field; condition: string }) {
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  const kit = kitOf(field);
  const read = readCondition(kit.operators, condition);
  const names = useNames(field, field.to ? (read?.values ?? []) : []);
  const say = (value: string): string => {
    if (value === "me") return t("filters.me");
    if (field.to) return names.get(value) ?? "…";
    const known = field.options.find((o) => o.value === value)?.label;
    const day = (field.kind === "date" || field.kind === "date_time") && value.length >= 10;
    return known ?? (day ? kit.text(value, field, { id: "", version: 0 }) : value);
  };
  return (
    <span className="cut">
      <span className="muted">{field.label}</span> {read ? t(`filters.${read.operator.name}`) : condition}{" "}
      <b>{read?.values.map(say).join(", ")}</b>
    </span>
  );
}

function NewFilter({ object, onDone }: { object: ObjectDef; onDone: (filter: Filter) => void }) {
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  const [field, setField] = useState<Field | null>(null);
  const [typed, setTyped] = useState("");
  if (field)
    return <FilterForm field={field} condition="" onDone={(condition) => onDone({ field: field.name, condition })} />;
  const fits = [...object.fields.values()].filter(
    (f) => kitOf(f).operators.length > 0 && f.kind !== "id" && f.label.toLowerCase().includes(typed.toLowerCase()),
  );
  return (
    <div className="filter-box">
      <input
        className="field-input"
        placeholder={t("filters.field")}
        aria-label={t("filters.field")}
        value={typed}
        onChange={(e) => setTyped(e.target.value)}
      />
      <div className="checks">
        {fits.map((each) => (
          <button key={each.name} type="button" className="option" onClick={() => setField(each)}>
            {each.label}
          </button>
        ))}
      </div>
    </div>
  );
}
