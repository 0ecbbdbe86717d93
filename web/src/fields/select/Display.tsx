import { Chip } from "../../ui/parts";
import type { Shown } from "../kit";

export function SelectDisplay({ field, value }: Shown) {
  if (typeof value !== "string" || value === "") return null;
  const option = field.options.find((o) => o.value === value);
  return <Chip hue={option?.color ?? "gray"}>{option?.label ?? value}</Chip>;
}
