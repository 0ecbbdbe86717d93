import type { Kit } from "../kit";
import { SEVERAL } from "../operators";
import { labelOf, optionNamed } from "../select";
import { SelectFilter } from "../select/Filter";
import { MultiSelectDisplay } from "./Display";
import { MultiSelectInput } from "./Input";

export const multiSelect: Kit = {
  Display: MultiSelectDisplay,
  Input: MultiSelectInput,
  Filter: SelectFilter,
  operators: SEVERAL,
  width: 180,
  text: (value, field) => (Array.isArray(value) ? value.map((v) => labelOf(field, v)).join(", ") : ""),
  parse: (pasted, field) => {
    const all = pasted
      .split(",")
      .filter((word) => word.trim())
      .map((word) => optionNamed(field, word));
    return all.includes(undefined) ? undefined : all.length > 0 ? all : null;
  },
};
