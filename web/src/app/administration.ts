// Pages that are about the workspace rather than about records, and who finds them in the navigation.
import { FileUp, type LucideIcon } from "lucide-react";
import { mayImport } from "../views/permissions";

export interface AdminPage {
  /** `admin.<name>` is its label. */
  name: "imports";
  path: "/imports";
  icon: LucideIcon;
  may: (held: ReadonlySet<string> | null) => boolean;
}

export const ADMIN_PAGES: readonly AdminPage[] = [{ name: "imports", path: "/imports", icon: FileUp, may: mayImport }];
