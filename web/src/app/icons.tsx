// An icon for an object. The API does not name one yet: objects with stages, with people and so on look alike.
import { Box, Columns3, FileText, type LucideIcon, UserRound, Wallet } from "lucide-react";
import type { ObjectDef } from "../api/model";

export function iconOf(object: ObjectDef): LucideIcon {
  const kinds = new Set([...object.fields.values()].map((f) => f.kind));
  if (kinds.has("parts") || kinds.has("auto_number")) return FileText;
  if (object.stage) return Columns3;
  if (kinds.has("email") || kinds.has("phone")) return UserRound;
  return kinds.has("money") ? Wallet : Box;
}
