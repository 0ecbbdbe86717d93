import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { embedKey, type Row } from "../../api/records";
import { Button } from "../../ui/kumo";
import { useSurroundings } from "../context";
import type { InputProps } from "../kit";
import { columnsOf, sent } from "./columns";

/** Rows that are written with their whole; their order is their position. */
export function PartsInput(props: InputProps) {
  const { t } = useTranslation();
  const { model, kitOf } = useSurroundings();
  const part = model.objects.get(props.field.of ?? "");
  const [rows, setRows] = useState<Row[]>(() => (Array.isArray(props.value) ? (props.value as Row[]) : []));
  const [faults, setFaults] = useState<Record<string, string>>({});
  if (!part) return null;
  const columns = columnsOf(part).filter((f) => !f.readOnly);
  const set = (next: Row[], bad = faults) => {
    setRows(next);
    setFaults(bad);
    props.onChange(
      next.map((row) => sent(part, row)),
      Object.values(bad)[0],
    );
  };
  const move = (at: number, by: number) => {
    const next = [...rows];
    const [row] = next.splice(at, 1);
    if (row) next.splice(at + by, 0, row);
    set(next);
  };
  const add = () => set([...rows, { id: `new-${crypto.randomUUID()}`, version: 0 }]);
  const name = (label: string, index: number) => t("parts.cell", { label, row: index + 1 });
  return (
    <div>
      <div className="parts-scroll" role="group" aria-label={props.field.label}>
        <table className="parts edit">
          <thead>
            <tr>
              {columns.map((c) => (
                <th key={c.name} scope="col">
                  {c.label}
                </th>
              ))}
              <th>
                <span className="hidden-text">{t("parts.actions")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={row.id}>
                {columns.map((column) => {
                  const { Input } = kitOf(column);
                  const key = `${row.id} ${column.name}`;
                  const id = `${props.id}-${index}-${column.name}`;
                  return (
                    <td key={column.name} style={{ minWidth: Math.min(kitOf(column).width, 160) }}>
                      <label className="hidden-text" htmlFor={id}>
                        {name(column.label, index)}
                      </label>
                      <Input
                        id={id}
                        field={column}
                        value={row[column.name]}
                        row={row}
                        invalid={faults[key] !== undefined}
                        onChange={(value, fault, show) => {
                          const { [key]: _, ...others } = faults;
                          const shown = column.embed && show !== undefined ? { [embedKey(column)]: show } : {};
                          const next = rows.map((r) =>
                            r.id === row.id ? { ...r, [column.name]: value, ...shown } : r,
                          );
                          set(next, fault ? { ...others, [key]: fault } : others);
                        }}
                      />
                    </td>
                  );
                })}
                <td>
                  <span className="row" style={{ gap: 0 }}>
                    <button
                      type="button"
                      className="icon-button"
                      aria-label={name(t("parts.up"), index)}
                      disabled={index === 0}
                      onClick={() => move(index, -1)}
                    >
                      <ArrowUp aria-hidden="true" />
                    </button>
                    <button
                      type="button"
                      className="icon-button"
                      aria-label={name(t("parts.down"), index)}
                      disabled={index === rows.length - 1}
                      onClick={() => move(index, 1)}
                    >
                      <ArrowDown aria-hidden="true" />
                    </button>
                    <button
                      type="button"
                      className="icon-button"
                      aria-label={name(t("remove"), index)}
                      onClick={() => set(rows.filter((r) => r.id !== row.id))}
                    >
                      <Trash2 aria-hidden="true" />
                    </button>
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Button size="sm" variant="secondary" icon={<Plus aria-hidden="true" />} onClick={add}>
        {t("parts.add", { label: part.label })}
      </Button>
    </div>
  );
}
