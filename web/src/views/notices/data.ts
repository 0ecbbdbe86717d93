// What one is to know: one's own notifications, unread ones counted, marked one by one or all at once.
import { type QueryClient, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Reply } from "../../api/http";
import type { ObjectDef } from "../../api/model";
import { aggregate, change, changeMatching, list, type Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";

export interface Notice extends Row {
  type: string;
  title: string;
  description: string | null;
  link: string | null;
  severity: string;
  read_at: string | null;
  created_at: string;
}

const OBJECT = "notification";
const WINDOW = 30;
const SELECT = "id,version,type,title,description,link,severity,read_at,created_at";
/** Beyond it the bell says that there are more. */
export const MOST_COUNTED = 99;

/** The object of notifications, where the member has it. */
export function useNoticeObject(): ObjectDef | null {
  const object = useSurroundings().model.objects.get(OBJECT);
  return object && object.rights.read !== "none" ? object : null;
}

export function useUnread(object: ObjectDef | null): number {
  const { me } = useSurroundings();
  const found = useQuery({
    queryKey: ["sums", OBJECT, "unread"],
    enabled: object !== null,
    queryFn: async () => {
      const query = new URLSearchParams({ member_id: `eq.${me}`, read_at: "is.null", select: "n:count()" });
      return object ? Number((await aggregate(object, query))[0]?.n ?? 0) : 0;
    },
  });
  return found.data ?? 0;
}

export interface Shown {
  unread: boolean;
  type: string | null;
}

export function useNotices(object: ObjectDef, shown: Shown) {
  const { me } = useSurroundings();
  const query = new URLSearchParams({ member_id: `eq.${me}`, select: SELECT, order: "created_at.desc" });
  if (shown.unread) query.set("read_at", "is.null");
  if (shown.type) query.set("type", `eq.${shown.type}`);
  query.set("limit", String(WINDOW));
  return useInfiniteQuery({
    queryKey: ["rows", OBJECT, "mine", query.toString()],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const page = new URLSearchParams(query);
      if (pageParam) page.set("cursor", pageParam);
      return list(object, page, { signal }) as Promise<Reply<Notice[]>>;
    },
    getNextPageParam: (page: Reply<Notice[]>) => (page.data.length < WINDOW ? null : page.cursor),
  });
}

/** Marks them, and lets every place that counts them count again. */
export function useMarks(object: ObjectDef) {
  const cache = useQueryClient();
  const { me } = useSurroundings();
  const again = () => afterMarks(cache);
  return {
    async mark(notice: Notice, read: boolean): Promise<void> {
      await change(object, notice.id, { read_at: read ? new Date().toISOString() : null }, null, SELECT);
      await again();
    },
    /** Those that were there to be read: what comes meanwhile stays unread. */
    async markAll(until: string): Promise<void> {
      const query = new URLSearchParams({ member_id: `eq.${me}`, read_at: "is.null", created_at: `lte.${until}` });
      await changeMatching(object, query, { read_at: new Date().toISOString() });
      await again();
    },
  };
}

function afterMarks(cache: QueryClient): Promise<unknown> {
  return Promise.all([
    cache.invalidateQueries({ queryKey: ["sums", OBJECT] }),
    cache.invalidateQueries({ queryKey: ["rows", OBJECT] }),
  ]);
}
