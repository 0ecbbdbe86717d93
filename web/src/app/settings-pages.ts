// The pages of the settings, and who may open which. Their icons are no part of the first load.
import {
  Copy,
  HeartPulse,
  History,
  KeyRound,
  type LucideIcon,
  MessageCircleQuestion,
  Shapes,
  ShieldCheck,
  UserRound,
  UsersRound,
} from "lucide-react";
import type { Model } from "../api/model";

type Held = ReadonlySet<string> | null;

const MEMBERS = ["members.manage", "admin.manage_users"];
const OBJECTS = ["objects.manage", "admin.manage_custom_fields"];

/** A page of the settings: `/settings/<name>`. */
export interface SettingsPage {
  /** `admin.<name>` is its label. */
  name: SettingsName;
  icon: LucideIcon;
  /** Any of these opens it; none: it is everybody's own. */
  rights: readonly string[];
  /** Whether there is anything to do on it for the member. */
  fits?: (model: Model) => boolean;
}

export type SettingsName =
  | "profile"
  | "keys"
  | "members"
  | "roles"
  | "explain"
  | "objects"
  | "duplicates"
  | "changes"
  | "health";

/** Whoever changes more than their own records: of duplicates, one is somebody else's. */
const changesAny = (model: Model) =>
  [...model.objects.values()].some((o) => o.writable && o.archivable && !["none", "own"].includes(o.rights.update));

export const SETTINGS: readonly SettingsPage[] = [
  { name: "profile", icon: UserRound, rights: [] },
  { name: "keys", icon: KeyRound, rights: ["api_keys.manage"] },
  { name: "members", icon: UsersRound, rights: MEMBERS },
  { name: "roles", icon: ShieldCheck, rights: MEMBERS },
  { name: "explain", icon: MessageCircleQuestion, rights: MEMBERS },
  { name: "objects", icon: Shapes, rights: OBJECTS },
  { name: "duplicates", icon: Copy, rights: [], fits: changesAny },
  { name: "changes", icon: History, rights: ["audit.view"] },
  { name: "health", icon: HeartPulse, rights: ["settings.manage"] },
];

export const mayOpen = (page: SettingsPage, held: Held, model: Model): boolean =>
  held !== null &&
  (page.rights.length === 0 || page.rights.some((right) => held.has(right))) &&
  (page.fits?.(model) ?? true);
