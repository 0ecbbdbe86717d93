// Two records side by side: which stays, and field by field whose value.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Merge as MergeIcon } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { merge, unmerge } from "../../api/duplicates";
import type { Field, ObjectDef } from "../../api/model";
import { list, type Row, selectOf } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { Check, TextField } from "../../ui/fields";
import { formatMoment } from "../../ui/format";
import { Button } from "../../ui/kumo";
import { Empty, Shimmer } from "../../ui/parts";
import { tell } from "../../ui/toast";
import { Failed } from "../list/Nothing";
import { useAct, useSend } from "./act";
import { decided, differs, keptOf, united } from "./choosing";
import { Fault, Go } from "./parts";

const KEYS = ["pairs", "merges", "rows", "record", "compare"] as const;

export function Compare({ object, a, b }: { object: ObjectDef; a: string; b: string }) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const fields = decided(object);
  const found = useQuery({
    queryKey: ["compare", object.name, a, b],
    queryFn: async ({ signal }) => {
      const created = object.fields.has("created_at") ? ",created_at" : "";
      const query = new URLSearchParams({ id: `in.(${a},${b})`, select: selectOf(model, object, fields) + created });
      const rows = (await list(object, query, { signal })).data;
      return [rows.find((row) => row.id === a), rows.find((row) => row.id === b)] as const;
    },
  });
  const [left, right] = found.data ?? [];
  return (
    <div className="admin">
      <h1>{t("settings.duplicates.compare", { label: object.labelPlural })}</h1>
      {found.isPending ? <Shimmer width="60%" /> : null}
      {found.isError ? <Failed error={found.error} onAgain={() => void found.refetch()} /> : null}
      {found.data && !(left && right) ? (
        <Empty
          icon={<MergeIcon aria-hidden="true" />}
          title={t("settings.duplicates.gone")}
          action={<Go path="/settings/duplicates">{t("admin.duplicates")}</Go>}
        />
      ) : null}
      {left && right ? <Choose object={object} fields={fields} rows={[left, right]} /> : null}
    </div>
  );
}

interface ChooseProps {
  object: ObjectDef;
  fields: Field[];
  rows: readonly [Row, Row];
}

function Choose({ object, fields, rows }: ChooseProps) {
  const { t } = useTranslation();
  const { go } = useSurroundings();
  const cache = useQueryClient();
  const act = useAct(...KEYS);
  const [stays, setStays] = useState(rows[0].id);
  const [chosen, setChosen] = useState<Record<string, string>>({});
  const [everything, setEverything] = useState(false);
  const [reason, setReason] = useState("");
  const { send, sending, loose } = useSend(...KEYS);
  const group = useId();
  const survivor = rows[0].id === stays ? rows[0] : rows[1];
  const other = rows[0].id === stays ? rows[1] : rows[0];
  const nameOf = (row: Row) => String(row[object.title] ?? "") || object.label;
  const shown = fields.filter((field) => everything || differs(field, rows[0], rows[1]));
  const back = async (id: string) => {
    if (await act(() => unmerge(id))) tell(t("settings.duplicates.two_again"));
  };
  const save = () =>
    send(async () => {
      const id = await merge(object, { survivor, other, choose: chosen, reason });
      tell(t("settings.duplicates.merged", { name: nameOf(survivor) }), { label: t("undo"), run: () => void back(id) });
      void cache.invalidateQueries({ queryKey: ["rows", object.name] });
      go(`/settings/duplicates?object=${object.plural}`);
    });
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <p className="muted">{t("settings.duplicates.how")}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <div className="matrix" tabIndex={0} role="region" aria-label={t("settings.duplicates.side_by_side")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("settings.duplicates.stays")}</th>
              {rows.map((row) => (
                <th key={row.id} scope="col">
                  <label className="check-line">
                    <input type="radio" name={group} checked={row.id === stays} onChange={() => setStays(row.id)} />
                    <span>{nameOf(row)}</span>
                  </label>
                  <span className="about">
                    {row.created_at
                      ? t("settings.duplicates.since", { at: formatMoment(String(row.created_at)) })
                      : null}
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((field) => (
              <tr key={field.name}>
                <th scope="row">
                  {field.label}
                  {united(field, chosen) && differs(field, rows[0], rows[1]) ? (
                    <span className="about">{t("settings.duplicates.united")}</span>
                  ) : null}
                </th>
                {rows.map((row) => (
                  <td key={row.id}>
                    <Value
                      field={field}
                      row={row}
                      group={`${group}-${field.name}`}
                      choice={differs(field, rows[0], rows[1])}
                      kept={!united(field, chosen) && keptOf(field, survivor, other, chosen) === row.id}
                      name={nameOf(row)}
                      onKeep={() => setChosen({ ...chosen, [field.name]: row.id })}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div>
        <Check label={t("settings.duplicates.everything")} checked={everything} onCheck={setEverything} />
      </div>
      <TextField label={t("settings.duplicates.reason")} value={reason} onValue={setReason} />
      <Fault text={loose()} />
      <div className="admin-foot">
        <Button onClick={() => go(`/settings/duplicates?object=${object.plural}`)}>{t("cancel")}</Button>
        <Button type="submit" variant="primary" loading={sending} icon={<MergeIcon aria-hidden="true" />}>
          {t("settings.duplicates.merge", { other: nameOf(other), survivor: nameOf(survivor) })}
        </Button>
      </div>
    </form>
  );
}

interface ValueProps {
  field: Field;
  row: Row;
  group: string;
  choice: boolean;
  kept: boolean;
  name: string;
  onKeep: () => void;
}

function Value({ field, row, group, choice, kept, name, onKeep }: ValueProps) {
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  const { Display } = kitOf(field);
  const value = row[field.name];
  const empty = value === null || value === undefined || value === "";
  const shown = empty ? <i className="muted">{t("empty")}</i> : <Display field={field} value={value} row={row} dense />;
  if (!choice) return shown;
  return (
    <label className="check-line">
      <input
        type="radio"
        name={group}
        aria-label={t("settings.duplicates.keep", { field: field.label, name })}
        checked={kept}
        onChange={onKeep}
      />
      <span>{shown}</span>
    </label>
  );
}
