// One's own account: profile, password, sessions, API keys; and the invitation by which one got it.
import { del, get, patch, post } from "./http";
import type { Me } from "./session";

export interface Profile {
  name?: string;
  timezone?: string;
}

export async function saveProfile(profile: Profile): Promise<Me> {
  return (await patch<Me>("/api/v1/me", { body: profile })).data;
}

export interface NewPassword {
  current_password: string;
  password: string;
  confirmation: string;
}

/** Signs every other device out. */
export async function changePassword(change: NewPassword): Promise<void> {
  await post("/api/v1/me/password", { body: change });
}

export interface Session {
  id: string;
  created_at: string;
  refreshed_at: string;
  expires_at: string;
  ip: string | null;
  user_agent: string | null;
  /** The one that asks. */
  current: boolean;
}

export async function sessions(signal: AbortSignal): Promise<Session[]> {
  return (await get<Session[]>("/api/v1/me/sessions", { signal })).data;
}

export async function endSession(id: string): Promise<void> {
  await del("/api/v1/me/sessions/{id}", { path: { id } });
}

/** How many were ended. */
export async function endOtherSessions(): Promise<number> {
  return (await del<{ ended: number }>("/api/v1/me/sessions")).data.ended;
}

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
}

export interface KeyWish {
  name: string;
  scopes: string[];
  expires_at?: string;
}

export async function apiKeys(signal: AbortSignal): Promise<ApiKey[]> {
  return (await get<ApiKey[]>("/api/v1/me/api-keys", { signal })).data;
}

/** The only time that the key itself is told. */
export async function createKey(wish: KeyWish): Promise<ApiKey & { key: string }> {
  return (await post<ApiKey & { key: string }>("/api/v1/me/api-keys", { body: wish })).data;
}

export async function revokeKey(id: string): Promise<void> {
  await del("/api/v1/me/api-keys/{id}", { path: { id } });
}

/** What a link invites to. */
export interface InvitedTo {
  email: string;
  role: string;
  workspace_name: string;
  expires_at: string;
  /** Then the password is that of the account. */
  has_account: boolean;
}

export async function invitedTo(token: string, signal: AbortSignal): Promise<InvitedTo> {
  return (await get<InvitedTo>("/api/v1/auth/invitations/{token}", { path: { token }, signal })).data;
}

export interface Acceptance {
  name: string;
  password: string;
  confirmation?: string;
}

/** Uses the link up and signs in. */
export async function acceptInvitation(token: string, body: Acceptance): Promise<void> {
  await post("/api/v1/auth/invitations/{token}", { path: { token }, body });
}
