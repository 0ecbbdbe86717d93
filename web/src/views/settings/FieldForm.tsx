// A field is described, and drawn beside it as forms will draw it.
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { addField, changeField, type FieldDef, type ObjectDefinition } from "../../api/definitions";
import { useSurroundings } from "../../fields/context";
import { Check, Select, TextField } from "../../ui/fields";
import { Button } from "../../ui/kumo";
import { Modal } from "../../ui/Modal";
import { tell } from "../../ui/toast";
import { useSend } from "./act";
import { Computed } from "./Computed";
import {
  bodyOf,
  changeOf,
  type DraftKind,
  draftOf,
  EMPTY,
  type FieldDraft,
  fieldOf,
  KINDS,
  nameFor,
  says,
} from "./define";
import { Options } from "./Options";
import { Fault } from "./parts";

const KEYS = ["definition", "definitions", "model", "rows", "record"] as const;

interface Props {
  object: ObjectDefinition;
  /** `null`: a new one. */
  field: FieldDef | null;
  onClose: () => void;
}

export function FieldForm({ object, field, onClose }: Props) {
  const { t } = useTranslation();
  const before = field ? draftOf(field) : EMPTY;
  const [draft, setDraft] = useState<FieldDraft>(before);
  const [named, setNamed] = useState(false);
  const { send, sending, problem, loose } = useSend(...KEYS);
  const own = field === null || field.own;
  const staged = object.pipelines?.some((p) => p.field === field?.name) ?? false;
  const set = (change: Partial<FieldDraft>) => {
    const next = { ...draft, ...change };
    if (!field && !named) next.name = nameFor(next.label, next.kind, next.many);
    setDraft(next);
  };
  const { kind } = draft;
  const fault = (key: string) => problem?.at(key);
  const save = async () => {
    const done = await send(async () => {
      if (field) await changeField(object.name, field.name, changeOf(before, draft));
      else await addField(object.name, bodyOf(draft));
    });
    if (!done) return;
    tell(t("saved.one", { label: draft.label }));
    onClose();
  };
  const text = (key: "unit" | "min" | "max" | "scale" | "pattern" | "standard", shown: string = key) => (
    <TextField
      label={t(`settings.fields.${shown}`)}
      fault={fault(key === "standard" ? "default" : key)}
      value={draft[key]}
      onValue={(value) => set({ [key]: value })}
    />
  );
  const lengths = !["integer", "decimal", "money", "percent", "duration", "rating"].includes(kind);
  return (
    <Modal
      title={field ? t("settings.fields.edit", { name: before.label }) : t("settings.fields.new")}
      onClose={onClose}
      wide
    >
      <form
        noValidate
        className="form-grid"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div className="form-grid two">
          <TextField
            label={t("settings.fields.label")}
            autoFocus
            fault={fault("label")}
            value={draft.label}
            onValue={(label) => set({ label })}
          />
          <Select
            label={t("settings.fields.kind")}
            fault={fault("kind")}
            disabled={!own}
            value={kind}
            onValue={(next) => set({ kind: next as DraftKind })}
          >
            {KINDS.map((each) => (
              <option key={each} value={each}>
                {t(`settings.kind.${each}`)}
              </option>
            ))}
            {KINDS.includes(kind) ? null : <option value={kind}>{kind}</option>}
          </Select>
          <TextField
            label={t("settings.objects.name")}
            about={t("settings.objects.name_about")}
            fault={fault("name")}
            readOnly={field !== null}
            value={draft.name}
            onValue={(name) => {
              setNamed(true);
              setDraft({ ...draft, name });
            }}
          />
          <TextField
            label={t("settings.fields.help")}
            fault={fault("help")}
            value={draft.help}
            onValue={(help) => set({ help })}
          />
          {own && says.unit(kind) ? text("unit") : null}
          {own && says.scale(kind) ? text("scale") : null}
          {says.bounds(kind) && !lengths ? text("min") : null}
          {says.bounds(kind) ? text("max", lengths ? "max_length" : "max") : null}
          {says.pattern(kind) ? text("pattern") : null}
          {says.standard(kind) && kind !== "select" && kind !== "boolean" ? text("standard") : null}
          {kind === "boolean" || (kind === "select" && !staged) ? (
            <Select
              label={t("settings.fields.standard")}
              fault={fault("default")}
              value={draft.standard}
              onValue={(standard) => set({ standard })}
            >
              <option value="">–</option>
              {kind === "boolean"
                ? ["true", "false"].map((each) => (
                    <option key={each} value={each}>
                      {t(each === "true" ? "yes" : "no")}
                    </option>
                  ))
                : draft.options.map((option) => (
                    <option key={option.value} value={option.value}>
                      {option.label}
                    </option>
                  ))}
            </Select>
          ) : null}
          {own && says.to(kind) ? <To draft={draft} fault={fault("to")} onDraft={set} /> : null}
        </div>
        {says.options(kind) && !staged ? (
          <Options options={draft.options} fault={fault("options")} onOptions={(options) => set({ options })} />
        ) : null}
        {staged ? <p className="about">{t("settings.fields.staged")}</p> : null}
        {own ? <Computed object={object} draft={draft} problem={problem} onDraft={set} /> : null}
        <div className="row wrap">
          {says.typed(kind) ? (
            <Check label={t("form.required")} checked={draft.required} onCheck={(required) => set({ required })} />
          ) : null}
          {own && says.unique(kind) ? (
            <Check label={t("settings.fields.unique")} checked={draft.unique} onCheck={(unique) => set({ unique })} />
          ) : null}
          {own && says.many(kind) ? (
            <Check
              label={t("settings.fields.many")}
              checked={draft.many}
              disabled={field !== null}
              onCheck={(many) => set({ many })}
            />
          ) : null}
          {own ? (
            <Check
              label={t("settings.fields.indexed")}
              checked={draft.indexed}
              onCheck={(indexed) => set({ indexed })}
            />
          ) : null}
        </div>
        <Preview draft={draft} />
        <Fault
          text={loose(
            "label",
            "kind",
            "name",
            "help",
            "unit",
            "min",
            "max",
            "scale",
            "pattern",
            "default",
            "to",
            "options",
            "formula",
            "rollup",
            "format",
          )}
        />
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" loading={sending} disabled={!draft.label || !draft.name}>
            {t(field ? "save" : "settings.fields.do")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}

function To({
  draft,
  fault,
  onDraft,
}: {
  draft: FieldDraft;
  fault: string | undefined;
  onDraft: (change: Partial<FieldDraft>) => void;
}) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  return (
    <>
      <Select label={t("settings.fields.to")} fault={fault} value={draft.to} onValue={(to) => onDraft({ to })}>
        <option value="" disabled>
          {t("imports.choose_object")}
        </option>
        {[...model.objects.values()]
          .filter((o) => !o.part)
          .map((object) => (
            <option key={object.name} value={object.name}>
              {object.labelPlural}
            </option>
          ))}
      </Select>
      <Select
        label={t("settings.fields.on_delete")}
        value={draft.onDelete}
        onValue={(onDelete) => onDraft({ onDelete })}
      >
        {(["set_null", "restrict", "cascade"] as const).map((each) => (
          <option key={each} value={each}>
            {t(`settings.fields.on_deletes.${each}`)}
          </option>
        ))}
      </Select>
    </>
  );
}

/** Typed into like the real one; nothing of it is kept. */
function Preview({ draft }: { draft: FieldDraft }) {
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  const id = useId();
  const [value, setValue] = useState<unknown>(null);
  const field = fieldOf(draft);
  const { Input } = kitOf(field);
  return (
    <section className="preview" aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`} className="label">
        {t("settings.fields.preview")}
      </h3>
      <div className="labelled">
        <label htmlFor={id}>
          {draft.label || "…"} {draft.required ? <span className="required">*</span> : null}
        </label>
        {field.readOnly ? (
          <p className="muted">{t("settings.fields.computed")}</p>
        ) : (
          <Input
            key={`${draft.kind} ${draft.to} ${draft.many}`}
            id={id}
            field={field}
            value={value}
            row={{}}
            onChange={(next) => setValue(next)}
          />
        )}
        {draft.help ? <p className="about">{draft.help}</p> : null}
      </div>
    </section>
  );
}
