import type { Kit } from "../kit";
import { MultiSelectDisplay } from "../multi_select/Display";
import { MultiSelectInput } from "../multi_select/Input";
import { SEVERAL } from "../operators";
import { TagsFilter } from "./Filter";

export const tags: Kit = {
  Display: MultiSelectDisplay,
  Input: MultiSelectInput,
  Filter: TagsFilter,
  operators: SEVERAL,
  width: 160,
  text: (value) => (Array.isArray(value) ? value.join(", ") : ""),
  parse: (pasted) => {
    const all = pasted
      .split(",")
      .map((word) => word.trim())
      .filter(Boolean);
    return all.length > 0 ? all : null;
  },
};
