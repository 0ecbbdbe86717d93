// What waits for what: found in the model, drawn as arrows, and kept when something moves.
import type { Field, Model, ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";

export const TYPES = ["finish_to_start", "start_to_start", "finish_to_finish", "start_to_finish"] as const;
export type LinkType = (typeof TYPES)[number];

/** An object that joins two records of the same kind, with the way in which one waits for the other. */
export interface LinkDef {
  object: ObjectDef;
  before: Field;
  after: Field;
  type: Field;
  lag: Field | null;
  /** The name that embeds, in a record, what it waits for. */
  embed: string;
}

export function linkOf(model: Model, object: ObjectDef): LinkDef | null {
  for (const relation of object.relations) {
    const joins = model.objects.get(relation.object);
    const fields = [...(joins?.fields.values() ?? [])];
    const ends = fields.filter((f) => f.kind === "reference" && f.to === object.name && !f.system);
    const type = fields.find((f) => f.kind === "select" && f.options.some((o) => o.value === TYPES[0]));
    const [before, after] = ends;
    if (!joins || !type || !before || !after || ends.length !== 2 || relation.field !== after.name) continue;
    const lag = fields.find((f) => f.kind === "integer" && !f.system) ?? null;
    return { object: joins, before, after, type, lag, embed: relation.name };
  }
  return null;
}

export const WAITS = "_waits";

export const linkSelect = (link: LinkDef): string =>
  `${WAITS}:${link.embed}(${["id", link.before.name, link.type.name, link.lag?.name].filter(Boolean).join(",")})`;

export interface Link {
  id: string;
  before: string;
  after: string;
  type: LinkType;
  lag: number;
}

export function linksIn(rows: Row[], link: LinkDef): Link[] {
  return rows.flatMap((row) =>
    ((row[WAITS] ?? []) as Row[]).map((each) => ({
      id: each.id,
      before: String(each[link.before.name]),
      after: row.id,
      type: TYPES.find((t) => t === each[link.type.name]) ?? TYPES[0],
      lag: link.lag ? Number(each[link.lag.name] ?? 0) : 0,
    })),
  );
}

/** Where a record lies, in days: its end is the first day that is free. */
export interface Place {
  start: number;
  end: number;
}

/** Where what waits may begin or end at the earliest. */
function bound({ type, lag }: Link, before: Place): { start: number } | { end: number } {
  const from = type === "start_to_start" || type === "start_to_finish" ? before.start : before.end;
  return type === "finish_to_start" || type === "start_to_start" ? { start: from + lag } : { end: from + lag };
}

/** By how many days everything that waits, directly or not, must move so that no link is broken. */
export function shifts(links: Link[], places: Map<string, Place>, moved: string[]): Map<string, number> {
  const now = new Map(places);
  const by = new Map<string, number>();
  const queue = [...moved];
  // Kontor refuses circles; should there be one, it ends.
  for (let round = 0; queue.length > 0 && round < links.length * links.length + 1; round++) {
    const id = queue.shift() as string;
    const before = now.get(id);
    for (const link of links.filter((l) => l.before === id)) {
      const after = now.get(link.after);
      if (!before || !after) continue;
      const least = bound(link, before);
      const needed = Math.ceil("start" in least ? least.start - after.start : least.end - after.end);
      if (needed <= 0) continue;
      now.set(link.after, { start: after.start + needed, end: after.end + needed });
      by.set(link.after, (by.get(link.after) ?? 0) + needed);
      queue.push(link.after);
    }
  }
  for (const id of moved) by.delete(id);
  return by;
}

/** The records that cannot slip without the end of their chain slipping. */
export function critical(links: Link[], places: Map<string, Place>): Set<string> {
  const known = links.filter((l) => places.has(l.before) && places.has(l.after));
  const chain = chains(known);
  const ends = new Map<string, number>();
  for (const [id, name] of chain)
    ends.set(name, Math.max(ends.get(name) ?? Number.NEGATIVE_INFINITY, places.get(id)?.end ?? 0));
  const latest = new Map<string, number>();
  const under = new Set<string>();
  const latestEnd = (id: string): number => {
    const found = latest.get(id);
    if (found !== undefined) return found;
    const place = places.get(id) as Place;
    const length = place.end - place.start;
    let end = ends.get(chain.get(id) ?? "") ?? place.end;
    under.add(id);
    for (const link of known.filter((l) => l.before === id && !under.has(l.after))) {
      const after = places.get(link.after) as Place;
      const last = latestEnd(link.after);
      const edge =
        (link.type === "finish_to_start" || link.type === "start_to_start" ? last - (after.end - after.start) : last) -
        link.lag;
      end = Math.min(end, link.type === "finish_to_start" || link.type === "finish_to_finish" ? edge : edge + length);
    }
    under.delete(id);
    latest.set(id, end);
    return end;
  };
  return new Set([...chain.keys()].filter((id) => latestEnd(id) <= (places.get(id)?.end ?? 0)));
}

/** Which records hang together, each under the name of one of them. */
function chains(links: Link[]): Map<string, string> {
  const root = new Map<string, string>();
  const find = (id: string): string => {
    const up = root.get(id) ?? id;
    return up === id ? id : find(up);
  };
  for (const { before, after } of links) {
    if (!root.has(before)) root.set(before, before);
    if (!root.has(after)) root.set(after, after);
    root.set(find(before), find(after));
  }
  return new Map([...root.keys()].map((id) => [id, find(id)]));
}
