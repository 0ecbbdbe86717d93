// The sidebar's order. The blueprint does not say sections yet, so they follow from what objects are: what goes through
// stages, what other records refer to, and the rest. What a member has pinned stands above.
import type { Model, ObjectDef } from "../api/model";

export interface Section {
  key: "pinned" | "work" | "records" | "more";
  objects: ObjectDef[];
}

export function sections(model: Model, pinned: string[]): Section[] {
  const shown = [...model.objects.values()].filter((o) => !o.part && o.rights.read !== "none" && !o.link);
  const held = new Set(pinned);
  const own = pinned.map((name) => shown.find((o) => o.name === name)).filter((o) => o !== undefined);
  const rest = shown.filter((o) => !held.has(o.name));
  const work = rest.filter((o) => o.stage !== null);
  const records = rest.filter((o) => o.stage === null && o.relations.length > 0);
  const more = rest.filter((o) => o.stage === null && o.relations.length === 0);
  const byWeight = (a: ObjectDef, b: ObjectDef) => b.relations.length - a.relations.length;
  const all: Section[] = [
    { key: "pinned", objects: own },
    { key: "work", objects: work },
    { key: "records", objects: records.toSorted(byWeight) },
    { key: "more", objects: more },
  ];
  return all.filter((section) => section.objects.length > 0);
}
