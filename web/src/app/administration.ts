// Pages that are about the workspace rather than about records, and who finds them in the navigation.
import { FileUp, ListChecks, type LucideIcon, Settings } from "lucide-react";
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
