// Views that people have saved: records of the object `saved_view`, of which each sees their own, the shared ones and those of their roles.
import { del, get, patch, post } from "./http";

export const SAVED_VIEW = "saved_view";

export interface ViewRecord {
  id: string;
  version: number;
  name: string;
  object: string;
  kind: string;
  filter: string | null;
  sorting: string | null;
  shown_columns: unknown;
  group_by: string | null;
  start_field: string | null;
  end_field: string | null;
  visibility: "private" | "shared" | "role";
  role: string | null;
  is_default: boolean;
  is_pinned: boolean;
  settings: unknown;
  owner_id: string | null;
}

export type ViewDraft = Partial<Omit<ViewRecord, "id" | "version">>;

const LIST = "/api/v1/{object}";
const ITEM = "/api/v1/{object}/{id}";
const path = { object: "saved_views" };

const SELECT =
  "id,version,name,object,kind,filter,sorting,shown_columns,group_by,start_field,end_field,visibility,role,is_default,is_pinned,settings,owner_id";

/** Five hundred views are more than anybody looks through. */
export async function savedViews(roles: string[], signal: AbortSignal): Promise<ViewRecord[]> {
  const role = roles.length > 0 ? `,and(visibility.eq.role,role.in.(${roles.map((r) => `"${r}"`).join(",")}))` : "";
  const query = new URLSearchParams({
    or: `(owner_id.eq.me,visibility.eq.shared${role})`,
    select: SELECT,
    order: "rank,name",
    limit: "500",
  });
  return (await get<ViewRecord[]>(LIST, { path, query, signal })).data;
}

const query = new URLSearchParams({ select: SELECT });

export async function saveNewView(draft: ViewDraft): Promise<ViewRecord> {
  const headers = { "Idempotency-Key": crypto.randomUUID() };
  return (await post<ViewRecord>(LIST, { path, query, body: draft, headers })).data;
}

export async function changeView(id: string, draft: ViewDraft): Promise<ViewRecord> {
  return (await patch<ViewRecord>(ITEM, { path: { ...path, id }, query, body: draft })).data;
}

/** Answers with the change set, so that it can be taken back. */
export async function removeView(id: string): Promise<string | null> {
  return (await del(ITEM, { path: { ...path, id } })).changeSet;
}

/** One view of an object is one's standard: the others no longer are. */
export async function noStandard(object: string): Promise<void> {
  const mine = new URLSearchParams({ object: `eq.${object}`, owner_id: "eq.me", is_default: "is.true" });
  await patch(LIST, { path, query: mine, body: { is_default: false }, headers: { Prefer: "return=minimal" } });
}
