import { Chip } from "../../ui/parts";
import type { Shown } from "../kit";

export function MultiSelectDisplay({ field, value }: Shown) {
  if (!Array.isArray(value)) return null;
  return (
    <span className="chips">
      {value.map((each: string) => {
        const option = field.options.find((o) => o.value === each);
        return (
          <Chip key={each} hue={option?.color ?? "gray"}>
            {option?.label ?? each}
          </Chip>
        );
      })}
    </span>
  );
}
