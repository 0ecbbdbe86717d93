// Pages that are about the workspace rather than about records, and who finds them in the navigation.
import {
  FileUp,
  KeyRound,
  ListChecks,
  type LucideIcon,
  MessageCircleQuestion,
  Settings,
  Shapes,
  ShieldCheck,
  UserRound,
  UsersRound,
} from "lucide-react";
import type { Model } from "../api/model";
import { mayImport, maySeeJobs } from "../views/permissions";

type Held = ReadonlySet<string> | null;

export interface AdminPage {
  /** `admin.<name>` is its label. */
  name: "imports" | "jobs" | "settings";
  path: "/imports" | "/jobs" | "/settings";
  icon: LucideIcon;
  may: (held: Held) => boolean;
}

export const ADMIN_PAGES: readonly AdminPage[] = [
  { name: "imports", path: "/imports", icon: FileUp, may: mayImport },
  { name: "jobs", path: "/jobs", icon: ListChecks, may: maySeeJobs },
  { name: "settings", path: "/settings", icon: Settings, may: (held) => held !== null },
];

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

export type SettingsName = "profile" | "keys" | "members" | "roles" | "explain" | "objects";

export const SETTINGS: readonly SettingsPage[] = [
  { name: "profile", icon: UserRound, rights: [] },
  { name: "keys", icon: KeyRound, rights: ["api_keys.manage"] },
  { name: "members", icon: UsersRound, rights: MEMBERS },
  { name: "roles", icon: ShieldCheck, rights: MEMBERS },
  { name: "explain", icon: MessageCircleQuestion, rights: MEMBERS },
  { name: "objects", icon: Shapes, rights: OBJECTS },
];

export const mayOpen = (page: SettingsPage, held: Held, model: Model): boolean =>
  held !== null &&
  (page.rights.length === 0 || page.rights.some((right) => held.has(right))) &&
  (page.fits?.(model) ?? true);
