// What a role may, and what it may otherwise in a location: the server lays the same over the role.
import { ACTIONS, type Action, type Overrides, type Role } from "../../api/members";
import type { Reach } from "../../api/model";

export const REACHES: readonly Reach[] = ["none", "own", "assigned", "team", "location", "all"];

export const ofRole = (role: Role, object: string, action: Action): Reach => role.objects[object]?.[action] ?? "none";

/** With what the location says about it. */
export function inPlace(role: Role, rights: Overrides, object: string, action: Action): Reach {
  const over = rights.objects?.[object];
  return over?.[action] ?? over?.full ?? ofRole(role, object, action);
}

export const holdsInPlace = (role: Role, rights: Overrides, permission: string): boolean =>
  rights.permissions?.[permission] ?? role.permissions.includes(permission);

/** What is as the role has it is not said, so that it follows the role from then on. */
export function withReach(role: Role, rights: Overrides, object: string, action: Action, reach: Reach): Overrides {
  const { full, ...before } = rights.objects?.[object] ?? {};
  const spread = full ? Object.fromEntries(ACTIONS.map((each) => [each, full])) : {};
  const said: Record<string, unknown> = { ...spread, ...before, [action]: reach };
  for (const each of ACTIONS) if (said[each] === ofRole(role, object, each)) delete said[each];
  const objects = { ...rights.objects, [object]: said };
  if (Object.keys(said).length === 0) delete objects[object];
  return { ...rights, objects };
}

export function withRight(role: Role, rights: Overrides, permission: string, on: boolean): Overrides {
  const permissions = { ...rights.permissions, [permission]: on };
  if (role.permissions.includes(permission) === on) delete permissions[permission];
  return { ...rights, permissions };
}

export type Change =
  | { object: string; action: Action; from: Reach; to: Reach }
  | { right: string; from: boolean; to: boolean };

/** What a member with the role would find changed. */
export function changes(role: Role, before: Overrides, after: Overrides): Change[] {
  const objects = new Set([...Object.keys(before.objects ?? {}), ...Object.keys(after.objects ?? {})]);
  const reaches = [...objects].flatMap((object) =>
    ACTIONS.map((action) => ({
      object,
      action,
      from: inPlace(role, before, object, action),
      to: inPlace(role, after, object, action),
    })),
  );
  const rights = new Set([...Object.keys(before.permissions ?? {}), ...Object.keys(after.permissions ?? {})]);
  const held = [...rights].map((right) => ({
    right,
    from: holdsInPlace(role, before, right),
    to: holdsInPlace(role, after, right),
  }));
  return [...reaches, ...held].filter((each) => each.from !== each.to);
}

/** Rights may also stand nested by resource (`{"clients": {"view": true}}`): here they have their full names. */
export function flat(rights: Overrides): Overrides {
  const found: Record<string, boolean> = {};
  const walk = (at: string, said: unknown) => {
    if (typeof said === "boolean") found[at] = said;
    else if (typeof said === "object" && said !== null)
      for (const [key, value] of Object.entries(said)) walk(at ? `${at}.${key}` : key, value);
  };
  walk("", rights.permissions ?? {});
  return { ...rights, permissions: found };
}

export const isEmpty = (rights: Overrides): boolean =>
  Object.keys(rights.objects ?? {}).length === 0 && Object.keys(rights.permissions ?? {}).length === 0;
