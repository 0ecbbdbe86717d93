// What others change comes to the screen: values in their places at once, rows that come or go when nobody points at any.
import type { QueryClient } from "@tanstack/react-query";
import { ourChangeSets } from "../api/http";
import { type Change, type Hearer, listen, type Told } from "../api/live";
import type { Field, Model, ObjectDef } from "../api/model";
import { list, type Row, selectOf } from "../api/records";
import { flash } from "../ui/flash";
import { cachedRows, paint } from "./cache";
import { isWriting } from "./save";

/** Changes gather for so long before the server is asked for their values. */
const GATHER = 300;
/** Between two questions: a hundred writers are no reason to ask a hundred times. */
const BETWEEN = 1_500;
/** Records of an object that are asked for by themselves; beyond it the lists are asked again. */
const MOST = 100;
/** Lists of more windows than this are not asked again under the reader. */
const WINDOWS = 3;

interface Waiting {
  /** Changed records of an object and their fields. */
  fields: Map<string, Set<string>>;
  /** Whether somebody else did it. */
  others: Set<string>;
  /** Records came or went. */
  moved: boolean;
}

/** Keeps the cache as others change what is in it, until it is told to stop. */
export function follow(
  cache: QueryClient,
  model: Model,
  me: string,
  hearer: Pick<Hearer, "onAgain" | "onConnected">,
): () => void {
  const live = new LiveCache(cache, model, me);
  const stop = listen({ ...hearer, onChange: (told) => live.heard(told), onReload: () => live.reload() });
  return () => {
    stop();
    live.stop();
  };
}

class LiveCache {
  readonly #cache: QueryClient;
  readonly #model: Model;
  readonly #me: string;
  readonly #waiting = new Map<string, Waiting>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #calm: ReturnType<typeof setInterval> | undefined;
  #lastAsked = 0;
  /** Objects whose lists are to be asked again when nobody points at them. */
  readonly #stale = new Set<string>();

  constructor(cache: QueryClient, model: Model, me: string) {
    this.#cache = cache;
    this.#model = model;
    this.#me = me;
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#calm);
  }

  heard(told: Told): void {
    if (told.more) {
      this.reload();
      return;
    }
    if (told.change_set && ourChangeSets.has(told.change_set)) return;
    for (const change of told.changes) this.#note(change, told.actor?.id !== this.#me);
    this.#later();
  }

  /** Something was missed, or is too much to be told: all that is shown is asked for again. */
  reload(): void {
    for (const name of this.#model.objects.keys()) this.#stale.add(name);
    this.#whenCalm();
  }

  #note(change: Change, byOthers: boolean): void {
    if (change.object === "model") void this.#cache.invalidateQueries({ queryKey: ["model"] });
    const object = this.#model.objects.get(change.object);
    if (!object || !change.id) return;
    const whole = object.part ? this.#wholeOf(object) : null;
    const waiting = this.#waitingFor(object.name);
    if (change.kind === "create" || change.kind === "delete" || whole) waiting.moved = true;
    const fields = waiting.fields.get(change.id) ?? new Set();
    for (const field of change.fields ?? []) fields.add(field);
    waiting.fields.set(change.id, fields);
    if (byOthers) waiting.others.add(change.id);
    // Lines are drawn as part of their document.
    if (whole) void this.#cache.invalidateQueries({ queryKey: ["record", whole.name] });
    const { stage } = object;
    if (fields.has("archived_at") || (stage && fields.has(stage))) waiting.moved = true;
  }

  #wholeOf(part: ObjectDef): ObjectDef | null {
    const has = (o: ObjectDef) => [...o.fields.values()].some((f) => f.of === part.name);
    return [...this.#model.objects.values()].find(has) ?? null;
  }

  #waitingFor(object: string): Waiting {
    const found = this.#waiting.get(object) ?? { fields: new Map(), others: new Set(), moved: false };
    this.#waiting.set(object, found);
    return found;
  }

  #later(): void {
    if (this.#timer !== undefined || this.#waiting.size === 0) return;
    const wait = Math.max(GATHER, this.#lastAsked + BETWEEN - Date.now());
    this.#timer = setTimeout(() => void this.#ask(), wait);
  }

  async #ask(): Promise<void> {
    this.#timer = undefined;
    this.#lastAsked = Date.now();
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const [name, waiting] of all) {
      const object = this.#model.objects.get(name);
      if (object) await this.#bring(object, waiting).catch(() => this.#stale.add(name));
    }
    this.#later();
    this.#whenCalm();
  }

  /** The values of what is on the screen, painted where they stand. */
  async #bring(object: ObjectDef, waiting: Waiting): Promise<void> {
    const cached = cachedRows(this.#cache, object.name);
    const ids = [...waiting.fields.keys()].filter((id) => cached.has(id) && !isWriting(id));
    if (waiting.moved || ids.length > MOST) this.#stale.add(object.name);
    const busy = [...waiting.fields].filter(([id]) => isWriting(id));
    for (const [id, fields] of busy) this.#waitingFor(object.name).fields.set(id, fields);
    this.#aside(object, [...waiting.fields.keys()]);
    if (ids.length === 0 || ids.length > MOST) return;
    const names = new Set(ids.flatMap((id) => [...(waiting.fields.get(id) ?? [])]));
    const fields = [...names].map((n) => object.fields.get(n)).filter((f): f is Field => f !== undefined);
    if (fields.length === 0) return;
    for (const row of await this.#read(object, ids, fields)) this.#put(object, row, cached.get(row.id), waiting);
  }

  async #read(object: ObjectDef, ids: string[], fields: Field[]): Promise<Row[]> {
    const query = new URLSearchParams({ id: `in.(${ids.join(",")})`, limit: String(ids.length) });
    query.set("select", selectOf(this.#model, object, fields));
    // What was put away is still shown where it was opened.
    if (object.archivable) query.set("or", "(archived_at.is.null,archived_at.not.is.null)");
    return (await list(object, query)).data;
  }

  #put(object: ObjectDef, row: Row, before: Row | undefined, waiting: Waiting): void {
    if (isWriting(row.id) || (before && row.version < before.version)) return;
    paint(this.#cache, object.name, row.id, row);
    if (!waiting.others.has(row.id) || !before) return;
    const differs = (name: string) => JSON.stringify(before[name] ?? null) !== JSON.stringify(row[name] ?? null);
    flash(row.id, [...(waiting.fields.get(row.id) ?? [])].filter(differs));
  }

  /** What stands beside rows and moves none of them. */
  #aside(object: ObjectDef, ids: string[]): void {
    for (const id of ids) void this.#cache.invalidateQueries({ queryKey: ["history", object.name, id] });
    for (const key of ["sums", "groups"]) void this.#cache.invalidateQueries({ queryKey: [key, object.name] });
    for (const key of ["related", "names", "candidates"])
      void this.#cache.invalidateQueries({ queryKey: [key], refetchType: key === "related" ? "active" : "none" });
  }

  #whenCalm(): void {
    if (this.#stale.size === 0 || this.#calm !== undefined) return;
    const look = () => {
      if (!isCalm()) return;
      clearInterval(this.#calm);
      this.#calm = undefined;
      const names = [...this.#stale];
      this.#stale.clear();
      for (const name of names) this.#again(name);
    };
    this.#calm = setInterval(look, 500);
    look();
  }

  #again(object: string): void {
    void this.#cache.invalidateQueries({ queryKey: ["record", object] });
    void this.#cache.invalidateQueries({
      queryKey: ["rows", object],
      // A long list is asked again when it is opened the next time.
      predicate: ({ state }) => windows(state.data) <= WINDOWS,
    });
    void this.#cache.invalidateQueries({ queryKey: ["rows", object], refetchType: "none" });
  }
}

const windows = (data: unknown): number =>
  typeof data === "object" && data !== null && "pages" in data && Array.isArray(data.pages) ? data.pages.length : 1;

/** Nobody points at a row, edits one or drags a card: what moves now moves under nobody's hand. */
export function isCalm(): boolean {
  return !document.querySelector(
    '.cell-editor, [data-row]:hover, [data-card]:hover, [data-dragged="true"], [data-card]:focus',
  );
}
