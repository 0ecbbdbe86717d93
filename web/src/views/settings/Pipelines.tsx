// The stages that records go through: read where they are shipped, edited where the workspace made them.
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { changeObject, type ObjectDefinition, type PipelineDef, type StageDef } from "../../api/definitions";
import { hueOf } from "../../api/model/from-told";
import { Select, TextField } from "../../ui/fields";
import { Button } from "../../ui/kumo";
import { Modal } from "../../ui/Modal";
import { Chip } from "../../ui/parts";
import { Sortable } from "../../ui/Sortable";
import { tell } from "../../ui/toast";
import { useSend } from "./act";
import { freeHue, nameFor } from "./define";
import { HueSelect } from "./Options";
import { Fault } from "./parts";

export function Pipelines({ object }: { object: ObjectDefinition }) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState<PipelineDef | "new" | null>(null);
  const all = object.pipelines ?? [];
  const free = object.fields.filter(
    (f) => f.own && !f.archived && f.kind === "select" && !all.some((p) => p.field === f.name),
  );
  if (all.length === 0 && free.length === 0) return null;
  return (
    <section className="admin-section" aria-labelledby="stages">
      <header className="row wrap">
        <h2 id="stages" className="grow">
          {t("settings.stages.title")}
        </h2>
        {free.length > 0 ? (
          <Button size="sm" icon={<Plus aria-hidden="true" />} onClick={() => setEditing("new")}>
            {t("settings.stages.new")}
          </Button>
        ) : null}
      </header>
      <ul className="admin-list" aria-label={t("settings.stages.title")}>
        {all.map((pipeline) => (
          <li key={pipeline.name}>
            <div className="grow">
              {pipeline.own ? (
                <button type="button" className="plain-button cut" onClick={() => setEditing(pipeline)}>
                  {pipeline.label}
                </button>
              ) : (
                <b className="cut">{pipeline.label}</b>
              )}
              <p className="row wrap">
                {pipeline.stages.map((stage) => (
                  <Chip key={stage.name} hue={hueOf(stage.color ?? "", stage.name)}>
                    {stage.label ?? stage.name}
                  </Chip>
                ))}
              </p>
            </div>
            {pipeline.own ? <Chip hue="blue">{t("settings.objects.own")}</Chip> : null}
          </li>
        ))}
      </ul>
      {editing ? (
        <Stages
          object={object}
          pipeline={editing === "new" ? null : editing}
          fields={free.map((f) => ({ name: f.name, label: f.label ?? f.name, options: f.options ?? [] }))}
          onClose={() => setEditing(null)}
        />
      ) : null}
    </section>
  );
}

interface FreeField {
  name: string;
  label: string;
  options: (string | { value: string; label?: string; color?: string })[];
}

interface StagesProps {
  object: ObjectDefinition;
  pipeline: PipelineDef | null;
  fields: FreeField[];
  onClose: () => void;
}

function Stages({ object, pipeline, fields, onClose }: StagesProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<PipelineDef>(pipeline ?? begun(fields[0]));
  const { send, sending, problem, loose } = useSend("definition", "definitions", "model", "rows");
  const { stages } = draft;
  const known = new Set(pipeline?.stages.map((s) => s.name));
  const set = (at: number, change: Partial<StageDef>) =>
    setDraft({ ...draft, stages: stages.map((s, each) => (each === at ? { ...s, ...change } : s)) });
  const save = async () => {
    const others = (object.pipelines ?? []).filter((p) => p.own && p.name !== draft.name);
    const done = await send(() => changeObject(object.name, { pipelines: [...others, draft].map(said) }));
    if (!done) return;
    tell(t("saved.one", { label: draft.label }));
    onClose();
  };
  return (
    <Modal title={pipeline ? pipeline.label : t("settings.stages.new")} onClose={onClose} wide>
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
            value={draft.label}
            onValue={(label) =>
              setDraft({ ...draft, label, ...(pipeline ? {} : { name: nameFor(label, "text", false) }) })
            }
          />
          {pipeline ? null : (
            <Select
              label={t("settings.stages.field")}
              value={draft.field}
              onValue={(name) =>
                setDraft({ ...begun(fields.find((f) => f.name === name)), label: draft.label, name: draft.name })
              }
            >
              {fields.map((field) => (
                <option key={field.name} value={field.name}>
                  {field.label}
                </option>
              ))}
            </Select>
          )}
        </div>
        <Sortable
          label={t("settings.stages.title")}
          items={stages}
          keyOf={(stage) => String(stages.indexOf(stage))}
          nameOf={(stage) => stage.label ?? stage.name}
          onOrder={(next) => setDraft({ ...draft, stages: next })}
        >
          {(stage, at) => (
            <>
              <input
                className="field-input grow"
                aria-label={t("settings.stages.label", { at: at + 1 })}
                value={stage.label ?? stage.name}
                onChange={(event) => {
                  const label = event.target.value;
                  set(at, { label, ...(known.has(stage.name) ? {} : { name: nameFor(label, "text", false) }) });
                }}
              />
              <HueSelect
                label={t("settings.options.color", { name: stage.label ?? stage.name })}
                value={hueOf(stage.color ?? "", stage.name)}
                onValue={(color) => set(at, { color })}
              />
              <select
                className="field-input hue"
                aria-label={t("settings.stages.outcome", { name: stage.label ?? stage.name })}
                value={stage.outcome ?? "open"}
                onChange={(event) => set(at, { outcome: event.target.value as StageDef["outcome"] & string })}
              >
                {(["open", "won", "lost"] as const).map((each) => (
                  <option key={each} value={each}>
                    {t(`settings.stages.outcomes.${each}`)}
                  </option>
                ))}
              </select>
              <button
                type="button"
                className="icon-button"
                aria-label={t("settings.options.remove", { name: stage.label ?? stage.name })}
                onClick={() => setDraft({ ...draft, stages: stages.filter((_, each) => each !== at) })}
              >
                <Trash2 aria-hidden="true" />
              </button>
            </>
          )}
        </Sortable>
        <div>
          <Button
            size="sm"
            icon={<Plus aria-hidden="true" />}
            onClick={() =>
              setDraft({
                ...draft,
                stages: [
                  ...stages,
                  { name: "", label: "", color: freeHue(stages.map((s) => ({ color: hueOf(s.color ?? "", s.name) }))) },
                ],
              })
            }
          >
            {t("settings.stages.add")}
          </Button>
        </div>
        <p className="about">{t("settings.stages.about")}</p>
        <Fault text={problem ? problem.faults.map((f) => f.detail).join(" ") : loose()} />
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button
            type="submit"
            variant="primary"
            loading={sending}
            disabled={!draft.name || stages.length === 0 || stages.some((s) => !s.name)}
          >
            {t("save")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}

/** The options that a field has become its first stages. */
function begun(field: FreeField | undefined): PipelineDef {
  const stages = (field?.options ?? []).map((option): StageDef => {
    const { value, label, color } = typeof option === "string" ? { value: option, label: option, color: "" } : option;
    return { name: value, label: label ?? value, color: color ?? "" };
  });
  return { name: "", label: "", field: field?.name ?? "", stages };
}

/** What is empty is not said. */
function said({ name, label, field, stages }: PipelineDef) {
  const filled = (stage: StageDef) =>
    Object.fromEntries(
      Object.entries(stage).filter(
        ([, value]) => value !== null && value !== "" && !(Array.isArray(value) && value.length === 0),
      ),
    );
  return { name, label, field, stages: stages.map(filled) };
}
