// Pages that are about the workspace rather than about records, and who finds them in the navigation.
import { FileUp, ListChecks, type LucideIcon } from "lucide-react";
import { mayImport, maySeeJobs } from "../views/permissions";

export interface AdminPage {
  /** `admin.<name>` is its label. */
  name: "imports" | "jobs";
  path: "/imports" | "/jobs";
  icon: LucideIcon;
  may: (held: ReadonlySet<string> | null) => boolean;
}

export const ADMIN_PAGES: readonly AdminPage[] = [
  { name: "imports", path: "/imports", icon: FileUp, may: mayImport },
  { name: "jobs", path: "/jobs", icon: ListChecks, may: maySeeJobs },
];
