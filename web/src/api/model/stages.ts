// The ways of records through their stages.
import type { ObjectDef, Pipeline, Stage } from "./types";

/** The pipeline that a record goes through: the one that it names, where an object has several. */
export function pipelineOf(object: ObjectDef, row: Record<string, unknown>): Pipeline | undefined {
  const own = object.pipelines.filter((p) => p.field === object.stage);
  return own.find((p) => p.selector !== null && row[p.selector] === p.name) ?? own[0];
}

/** The stages that a record may go to from where it stands. What a stage asks for is asked when it is entered. */
export function waysOn(object: ObjectDef, row: Record<string, unknown>): Stage[] {
  const pipeline = pipelineOf(object, row);
  if (!pipeline?.mayMove) return [];
  const at = pipeline.stages.find((s) => s.value === row[pipeline.field]);
  return pipeline.stages.filter((s) => s !== at && (at?.to?.includes(s.value) ?? true));
}
