// Who belongs to the workspace, with which roles, and what roles may.
import { del, get, patch, post, put } from "./http";
import type { Reach } from "./model";

export interface Invitation {
  id: string;
  email: string;
  role: string;
  location_id: string | null;
  expires_at: string;
  created_at: string;
  accepted_at: string | null;
  revoked_at: string | null;
}

export async function invitations(signal: AbortSignal): Promise<Invitation[]> {
  return (await get<Invitation[]>("/api/v1/admin/invitations", { signal })).data;
}

export interface Invite {
  email: string;
  role: string;
  location_id?: string;
}

/** The link is told once. */
export async function invite(body: Invite): Promise<Invitation & { link: string }> {
  return (await post<Invitation & { link: string }>("/api/v1/admin/invitations", { body })).data;
}

export async function withdrawInvitation(id: string): Promise<void> {
  await del("/api/v1/admin/invitations/{id}", { path: { id } });
}

export interface MemberChange {
  is_active?: boolean;
  job_title?: string;
}

export async function changeMember(id: string, body: MemberChange): Promise<void> {
  await patch("/api/v1/admin/members/{id}", { path: { id }, body });
}

export interface Assignment {
  id: string;
  role: string;
  /** `null`: everywhere. */
  location_id: string | null;
}

export async function assignments(id: string, signal: AbortSignal): Promise<Assignment[]> {
  return (await get<Assignment[]>("/api/v1/admin/members/{id}/roles", { path: { id }, signal })).data;
}

export async function assign(id: string, role: string, location: string | null): Promise<Assignment> {
  const body = { role, location_id: location };
  return (await post<Assignment>("/api/v1/admin/members/{id}/roles", { path: { id }, body })).data;
}

export async function unassign(id: string, assignment: string): Promise<void> {
  await del("/api/v1/admin/members/{id}/roles/{assignment}", { path: { id, assignment } });
}

export const ACTIONS = ["read", "create", "update", "archive", "delete"] as const;
export type Action = (typeof ACTIONS)[number];

export type ObjectRights = Record<Action, Reach> & { hidden: string[]; read_only: string[] };

export interface Role {
  name: string;
  label: string;
  description: string;
  super_admin: boolean;
  permissions: string[];
  objects: Record<string, ObjectRights>;
}

export async function roles(signal: AbortSignal): Promise<Role[]> {
  return (await get<Role[]>("/api/v1/admin/roles", { signal })).data;
}

/** What a role may otherwise in one location. What is not named stays as the role has it. */
export interface Overrides {
  permissions?: Record<string, boolean>;
  objects?: Record<string, Partial<ObjectRights> & { full?: Reach }>;
}

export interface Override {
  location_id: string;
  role: string;
  rights: Overrides;
}

export async function overrides(signal: AbortSignal): Promise<Override[]> {
  return (await get<Override[]>("/api/v1/admin/role-overrides", { signal })).data;
}

/** Takes the place of what was said before about the pair. */
export async function saveOverride(location: string, role: string, rights: Overrides): Promise<void> {
  await put("/api/v1/admin/role-overrides/{location}/{role}", { path: { location, role }, body: rights });
}

export async function removeOverride(location: string, role: string): Promise<void> {
  await del("/api/v1/admin/role-overrides/{location}/{role}", { path: { location, role } });
}

export interface Question {
  /** Absent: oneself. */
  member_id?: string;
  object?: string;
  action?: Action;
  permission?: string;
  record_id?: string;
  field?: string;
}

export interface Explanation {
  allowed: boolean;
  right: string;
  why: string;
  decided_by: { role: string; location: string | null; overridden: boolean; reach: Reach; gives: boolean }[];
  hidden: string[];
  read_only: string[];
  roles_with_it: string[];
  granted_by: string[];
  record?: { id: string; within_reach: boolean };
  field?: { name: string; visible: boolean; writable: boolean };
}

export async function explain(question: Question): Promise<Explanation> {
  return (await post<Explanation>("/api/v1/admin/explain", { body: question })).data;
}
