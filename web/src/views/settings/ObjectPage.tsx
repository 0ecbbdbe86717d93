// One object: what it is called, its fields in their order, its stages, who may use it.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Archive, ArchiveRestore, Plus, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  archiveField,
  archiveObject,
  changeObject,
  definition,
  deleteField,
  deleteObject,
  type FieldDef,
  type ObjectDefinition,
  orderFields,
} from "../../api/definitions";
import { useSurroundings } from "../../fields/context";
import { TextField } from "../../ui/fields";
import { formatMoment } from "../../ui/format";
import { Button } from "../../ui/kumo";
import { Chip, Shimmer } from "../../ui/parts";
import { Sortable } from "../../ui/Sortable";
import { tell } from "../../ui/toast";
import { Failed } from "../list/Nothing";
import { useAct, useSend } from "./act";
import { FieldForm } from "./FieldForm";
import { ObjectRights } from "./ObjectRights";
import { Pipelines } from "./Pipelines";
import { Fault, Sure } from "./parts";

/** What depends on definitions is asked for again with them. */
const KEYS = ["definition", "definitions", "model", "rows", "record"] as const;

export function ObjectPage({ name, onTitle }: { name: string; onTitle: (title: string) => void }) {
  const { t } = useTranslation();
  const found = useQuery({ queryKey: ["definition", name], queryFn: ({ signal }) => definition(name, signal) });
  const object = found.data;
  const title = object?.label_plural ?? object?.label ?? name;
  useEffect(() => onTitle(title), [title, onTitle]);
  if (found.isError) return <Failed error={found.error} onAgain={() => void found.refetch()} />;
  if (!object)
    return (
      <div className="admin">
        <Shimmer width="40%" />
      </div>
    );
  return (
    <div className="admin">
      <Head object={object} title={title} />
      {object.leaving ? (
        <p className="banner">{t("settings.objects.leaving", { at: formatMoment(object.leaving) })}</p>
      ) : null}
      {object.archived ? null : (
        <>
          <Names key={`${object.label} ${object.label_plural} ${object.description}`} object={object} />
          <Fields object={object} />
          <Pipelines object={object} />
          {object.own ? <ObjectRights object={object} /> : null}
        </>
      )}
    </div>
  );
}

function Head({ object, title }: { object: ObjectDefinition; title: string }) {
  const { t } = useTranslation();
  const { go } = useSurroundings();
  const act = useAct(...KEYS);
  const [deleting, setDeleting] = useState(false);
  const put = async (away: boolean) => {
    if (!(await act(() => archiveObject(object.name, away)))) return;
    tell(t(away ? "settings.objects.put_away" : "settings.objects.brought_back", { name: title }), {
      label: t("undo"),
      run: () => void put(!away),
    });
  };
  return (
    <header className="row wrap">
      <h1>{title}</h1>
      {object.own ? <Chip hue="blue">{t("settings.objects.own")}</Chip> : null}
      {object.archived ? <Chip hue="gray">{t("settings.objects.archived")}</Chip> : null}
      <span className="grow" />
      {object.own && object.archived ? (
        <>
          <Button icon={<ArchiveRestore aria-hidden="true" />} onClick={() => void put(false)}>
            {t("restore")}
          </Button>
          <Button
            variant="secondary-destructive"
            icon={<Trash2 aria-hidden="true" />}
            onClick={() => setDeleting(true)}
          >
            {t("delete")}
          </Button>
        </>
      ) : null}
      {object.own && !object.archived ? (
        <Button icon={<Archive aria-hidden="true" />} onClick={() => void put(true)}>
          {t("archive")}
        </Button>
      ) : null}
      {deleting ? (
        <Typed
          name={object.name}
          title={title}
          onClose={() => setDeleting(false)}
          onSure={async () => {
            setDeleting(false);
            if (await act(() => deleteObject(object.name))) go("/settings/objects");
          }}
        />
      ) : null}
    </header>
  );
}

/** Values go with it, so its name is typed. */
function Typed(props: { name: string; title: string; onSure: () => void; onClose: () => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  return (
    <Sure
      title={t("record.delete_title", { name: props.title })}
      about={t("settings.objects.delete_about")}
      act={t("settings.objects.delete_do", { name: props.title })}
      disabled={typed !== props.name}
      onSure={props.onSure}
      onClose={props.onClose}
    >
      <TextField
        label={t("settings.objects.delete_type", { name: props.name })}
        autoFocus
        autoComplete="off"
        value={typed}
        onValue={setTyped}
      />
    </Sure>
  );
}

function Names({ object }: { object: ObjectDefinition }) {
  const { t } = useTranslation();
  const before = {
    label: object.label ?? "",
    label_plural: object.label_plural ?? "",
    description: object.description ?? "",
  };
  const [names, setNames] = useState(before);
  const { send, sending, problem, loose } = useSend(...KEYS);
  const keys = ["label", "label_plural", "description"] as const;
  const changed = keys.filter((key) => names[key] !== before[key]);
  const save = () =>
    send(async () => {
      await changeObject(object.name, Object.fromEntries(changed.map((key) => [key, names[key]])));
      tell(t("saved.one", { label: names.label }));
    });
  return (
    <form
      noValidate
      className="card"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div className="options">
        {keys.map((key) => (
          <TextField
            key={key}
            label={t(`settings.objects.${key}`)}
            fault={problem?.at(key)}
            value={names[key]}
            onValue={(value) => setNames({ ...names, [key]: value })}
          />
        ))}
      </div>
      <Fault text={loose(...keys)} />
      <div className="admin-foot">
        <Button type="submit" loading={sending} disabled={changed.length === 0}>
          {t("save")}
        </Button>
      </div>
    </form>
  );
}

function Fields({ object }: { object: ObjectDefinition }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const act = useAct(...KEYS);
  const [editing, setEditing] = useState<FieldDef | "new" | null>(null);
  const [deleting, setDeleting] = useState<FieldDef | null>(null);
  const shown = object.fields.filter((f) => !f.system && !f.archived);
  const away = object.fields.filter((f) => f.archived);
  const order = async (fields: FieldDef[]) => {
    const rest = object.fields.filter((f) => !fields.includes(f));
    cache.setQueryData(["definition", object.name], { ...object, fields: [...fields, ...rest] });
    await act(() =>
      orderFields(
        object.name,
        fields.map((f) => f.name),
      ),
    );
  };
  const put = async (field: FieldDef, archived: boolean) => {
    if (!(await act(() => archiveField(object.name, field.name, archived)))) return;
    tell(
      t(archived ? "settings.objects.put_away" : "settings.objects.brought_back", { name: field.label ?? field.name }),
      {
        label: t("undo"),
        run: () => void put(field, !archived),
      },
    );
  };
  return (
    <section className="admin-section" aria-labelledby="fields">
      <header className="row wrap">
        <h2 id="fields" className="grow">
          {t("settings.objects.fields")}
        </h2>
        {object.engine ? null : (
          <Button size="sm" icon={<Plus aria-hidden="true" />} onClick={() => setEditing("new")}>
            {t("settings.fields.new")}
          </Button>
        )}
      </header>
      <Sortable
        label={t("settings.objects.fields")}
        items={shown}
        keyOf={(field) => field.name}
        nameOf={(field) => field.label ?? field.name}
        onOrder={(fields) => void order(fields)}
      >
        {(field) => (
          <>
            <FieldLine field={field} onEdit={() => setEditing(field)} />
            {field.own ? (
              <button
                type="button"
                className="icon-button"
                aria-label={t("settings.fields.archive", { name: field.label ?? field.name })}
                onClick={() => void put(field, true)}
              >
                <Archive aria-hidden="true" />
              </button>
            ) : null}
          </>
        )}
      </Sortable>
      {away.length > 0 ? (
        <>
          <h2>{t("settings.fields.away")}</h2>
          <ul className="admin-list" aria-label={t("settings.fields.away")}>
            {away.map((field) => (
              <li key={field.name}>
                <FieldLine field={field} onEdit={null} />
                <Button
                  size="sm"
                  aria-label={t("put_away.restore", { name: field.label ?? field.name })}
                  onClick={() => void put(field, false)}
                >
                  {t("restore")}
                </Button>
                {field.leaving ? null : (
                  <button
                    type="button"
                    className="icon-button"
                    aria-label={t("put_away.delete", { name: field.label ?? field.name })}
                    onClick={() => setDeleting(field)}
                  >
                    <Trash2 aria-hidden="true" />
                  </button>
                )}
              </li>
            ))}
          </ul>
        </>
      ) : null}
      {editing ? (
        <FieldForm object={object} field={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
      ) : null}
      {deleting ? (
        <Typed
          name={deleting.name}
          title={deleting.label ?? deleting.name}
          onClose={() => setDeleting(null)}
          onSure={async () => {
            setDeleting(null);
            const done = await act(() => deleteField(object.name, deleting.name));
            if (done?.done) tell(t("settings.objects.leaving", { at: formatMoment(done.done) }));
          }}
        />
      ) : null}
    </section>
  );
}

function FieldLine({ field, onEdit }: { field: FieldDef; onEdit: (() => void) | null }) {
  const { t } = useTranslation();
  const label = field.label ?? field.name;
  const kind = t(`settings.kind.${field.rollup ? "rollup" : field.kind}`, { defaultValue: field.kind });
  const index = field.index && field.index !== "none" ? t(`settings.fields.index.${field.index}`) : "";
  return (
    <>
      <div className="grow">
        {onEdit ? (
          <button type="button" className="plain-button cut" onClick={onEdit}>
            {label}
          </button>
        ) : (
          <b className="cut">{label}</b>
        )}
        <p className="about">
          <code>{field.name}</code> ·{" "}
          {[kind, index, field.leaving ? t("settings.objects.leaving", { at: formatMoment(field.leaving) }) : ""]
            .filter(Boolean)
            .join(" · ")}
        </p>
      </div>
      {field.required ? <Chip hue="amber">{t("form.required")}</Chip> : null}
      {field.own ? <Chip hue="blue">{t("settings.objects.own")}</Chip> : null}
    </>
  );
}
