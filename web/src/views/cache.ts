// What is on the screen changes at once; the server is asked after it. A refusal puts back what was there.
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { Reply } from "../api/http";
import type { Patch, Row } from "../api/records";

type Pages = InfiniteData<Reply<Row[]>, string | null>;

const isPages = (data: unknown): data is Pages => typeof data === "object" && data !== null && "pages" in data;

/** Puts `change` over every copy of the record in the cache. */
export function paint(cache: QueryClient, object: string, id: string, change: Patch): void {
  const over = (row: Row): Row => (row.id === id ? ({ ...row, ...change } as Row) : row);
  cache.setQueriesData<unknown>({ queryKey: ["rows", object] }, (data: unknown) =>
    isPages(data)
      ? { ...data, pages: data.pages.map((page) => ({ ...page, data: page.data.map(over) })) }
      : Array.isArray(data)
        ? (data as Row[]).map(over)
        : data,
  );
  cache.setQueriesData<Row | undefined>({ queryKey: ["record", object, id] }, (row) => (row ? over(row) : row));
}

/** Every record of an object that is in the cache, as it was read last. */
export function cachedRows(cache: QueryClient, object: string): Map<string, Row> {
  const found = new Map<string, Row>();
  const keep = (row: Row) => {
    const known = found.get(row.id);
    if (!known || known.version <= row.version) found.set(row.id, { ...known, ...row });
  };
  for (const [, data] of cache.getQueriesData<unknown>({ queryKey: ["rows", object] })) {
    if (isPages(data)) for (const page of data.pages) page.data.forEach(keep);
    else if (Array.isArray(data)) (data as Row[]).forEach(keep);
  }
  for (const [, row] of cache.getQueriesData<Row>({ queryKey: ["record", object] })) if (row) keep(row);
  return found;
}

/** The rows as they are cached: to put them back. */
export function snapshot(cache: QueryClient, object: string, id: string): () => void {
  const kept = [
    ...cache.getQueriesData({ queryKey: ["rows", object] }),
    ...cache.getQueriesData({ queryKey: ["record", object, id] }),
  ];
  return () => {
    for (const [key, data] of kept) cache.setQueryData(key, data);
  };
}

/** Takes records off the lists. */
export function takeAway(cache: QueryClient, object: string, ids: Set<string>): void {
  cache.setQueriesData<unknown>({ queryKey: ["rows", object] }, (data: unknown) =>
    isPages(data)
      ? {
          ...data,
          pages: data.pages.map((page) => {
            const left = page.data.filter((row) => !ids.has(row.id));
            const gone = page.data.length - left.length;
            return { ...page, data: left, total: page.total === null ? null : page.total - gone };
          }),
        }
      : data,
  );
}

/** What others may see in other places: asked for again when it is looked at. */
export function refresh(cache: QueryClient, object: string): Promise<unknown> {
  const keys = ["rows", "record", "sums", "groups", "history", "related", "names", "candidates"];
  return Promise.all(
    keys.map((key) =>
      cache.invalidateQueries({ queryKey: key === "rows" || key === "record" ? [key, object] : [key] }),
    ),
  );
}
