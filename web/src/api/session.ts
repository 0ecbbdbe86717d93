// Who is signed in.
import { del, get, Problem, patch, post } from "./http";

export interface Me {
  id: string;
  email: string;
  name: string;
  timezone: string | null;
  preferences: Record<string, unknown>;
  member_id: string;
  roles: { role: string }[];
  workspace: Workspace;
  workspaces: Workspace[];
  locations: { id: string; slug: string; name: string }[];
}

export interface Workspace {
  id: string;
  slug: string;
  name: string;
}

export async function signIn(email: string, password: string): Promise<void> {
  await post("/api/v1/auth/session", { body: { email, password } });
}

export async function signOut(): Promise<void> {
  await del("/api/v1/auth/session");
}

export async function switchWorkspace(slug: string): Promise<void> {
  await post("/api/v1/auth/workspace", { body: { workspace: slug } });
}

/** `null`: nobody is signed in. */
export async function whoAmI(): Promise<Me | null> {
  try {
    return (await get<Me>("/api/v1/me")).data;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

export async function savePreferences(preferences: Record<string, unknown>): Promise<Me> {
  return (await patch<Me>("/api/v1/me", { body: { preferences } })).data;
}

/** What the member may do beside records: `imports.run`, `jobs.manage`. */
export async function permissions(): Promise<ReadonlySet<string>> {
  return new Set((await get<{ permissions: string[] }>("/api/v1/me/permissions")).data.permissions);
}
