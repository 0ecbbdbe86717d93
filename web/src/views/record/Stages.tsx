// The way of a record through its stages. A click moves it; what a stage asks for is asked here, and saved with the move.
import { useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/http";
import { type Field, type ObjectDef, pipelineOf, waysOn } from "../../api/model";
import { embedKey, type Patch, type Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { Button } from "../../ui/kumo";
import { Modal } from "../../ui/Modal";
import { warn } from "../../ui/toast";
import type { useWrites } from "../save";

export interface Gap {
  row: Row;
  stage: Field;
  to: string;
  problem: Problem;
}

/** Moves a record to a stage, and keeps what the stage asks for. */
export function useMove(object: ObjectDef, writes: ReturnType<typeof useWrites>) {
  const { t } = useTranslation();
  const [gap, setGap] = useState<Gap | null>(null);
  const stage = object.fields.get(object.stage ?? "");
  /** `false`: it stays where it was. */
  const move = async (row: Row, to: string): Promise<boolean> => {
    if (!stage || row[stage.name] === to) return false;
    try {
      await writes.save(row, { patch: { [stage.name]: to } });
      return true;
    } catch (error) {
      const mendable =
        error instanceof Problem &&
        error.status === 422 &&
        error.faults.some((f) => f.field && f.field !== stage.name && object.fields.has(f.field));
      if (mendable) setGap({ row, stage, to, problem: error });
      else warn(t("refused.title"), writes.sentence(error));
      return false;
    }
  };
  return { move, gap, close: () => setGap(null) };
}

export function Stages({ object, row, onMove }: { object: ObjectDef; row: Row; onMove: (to: string) => void }) {
  const { t } = useTranslation();
  const stage = object.fields.get(object.stage ?? "");
  const path = useRef<HTMLOListElement>(null);
  const now = stage ? row[stage.name] : null;
  // On a phone the path is longer than the window: the present stage is what one must see.
  useEffect(() => {
    const here = now ? path.current?.querySelector<HTMLElement>("[aria-current]") : null;
    if (here && path.current) path.current.scrollLeft = here.offsetLeft - path.current.offsetLeft - 40;
  }, [now]);
  const pipeline = pipelineOf(object, row);
  if (!stage || !pipeline) return null;
  const at = pipeline.stages.findIndex((o) => o.value === row[stage.name]);
  const may = !stage.readOnly && object.rights.update !== "none";
  const open = new Set(may ? waysOn(object, row).map((o) => o.value) : []);
  return (
    <ol ref={path} className="stages" aria-label={stage.label}>
      {pipeline.stages.map((option, index) => (
        <li key={option.value}>
          <button
            type="button"
            aria-current={index === at ? "step" : undefined}
            disabled={index !== at && !open.has(option.value)}
            title={open.has(option.value) ? t("stage.move", { stage: option.label }) : undefined}
            onClick={() => onMove(option.value)}
          >
            {option.label}
          </button>
        </li>
      ))}
    </ol>
  );
}

/** The fields that a stage asks for, and the move, saved together. */
export function GapForm({
  object,
  gap,
  writes,
  onClose,
}: {
  object: ObjectDef;
  gap: Gap;
  writes: ReturnType<typeof useWrites>;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  const id = useId();
  const [problem, setProblem] = useState(gap.problem);
  const [patch, setPatch] = useState<Patch>({});
  const [shown, setShown] = useState<Patch>({});
  const [bad, setBad] = useState<Record<string, string>>({});
  const names = [...new Set([...gap.problem.faults, ...problem.faults].map((f) => f.field?.split(".")[0] ?? ""))];
  const fields = names
    .map((n) => object.fields.get(n))
    .filter((f): f is Field => f !== undefined && f !== gap.stage && !f.readOnly);
  const others = problem.faults.filter((f) => !fields.some((field) => f.field?.split(".")[0] === field.name));
  const to = gap.stage.options.find((o) => o.value === gap.to)?.label ?? gap.to;
  const submit = async () => {
    if (Object.keys(bad).length > 0) return;
    try {
      await writes.save(gap.row, { patch: { ...patch, [gap.stage.name]: gap.to }, shown });
      onClose();
    } catch (error) {
      if (error instanceof Problem && error.status === 422) setProblem(error);
      else warn(t("refused.title"), writes.sentence(error));
    }
  };
  return (
    <Modal title={t("stage.asks", { stage: to })} onClose={onClose}>
      <form
        className="form-grid"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {others.map((fault) => (
          <p key={fault.detail} className="fault" role="alert">
            {fault.detail}
          </p>
        ))}
        {fields.map((field) => {
          const { Input } = kitOf(field);
          const fault = bad[field.name] ?? problem.at(field.name);
          return (
            <div key={field.name} className="labelled">
              <label htmlFor={`${id}-${field.name}`}>{field.label}</label>
              <Input
                id={`${id}-${field.name}`}
                field={field}
                value={patch[field.name] ?? gap.row[field.name] ?? null}
                row={gap.row}
                invalid={fault !== undefined}
                describedBy={`${id}-${field.name}-fault`}
                onChange={(value, wrong, show) => {
                  setPatch({ ...patch, [field.name]: value });
                  if (field.embed && show !== undefined) setShown({ ...shown, [embedKey(field)]: show });
                  const { [field.name]: _, ...rest } = bad;
                  setBad(wrong ? { ...rest, [field.name]: wrong } : rest);
                }}
              />
              {fault ? (
                <p className="fault" id={`${id}-${field.name}-fault`}>
                  {fault}
                </p>
              ) : null}
            </div>
          );
        })}
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary">
            {t("stage.move", { stage: to })}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
