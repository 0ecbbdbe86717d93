import { embedKey } from "../../api/records";
import type { Kit } from "../kit";
import { CHOICE } from "../operators";
import { ReferenceDisplay } from "./Display";
import { ReferenceFilter } from "./Filter";
import { ReferenceInput } from "./Input";

export const reference: Kit = {
  Display: ReferenceDisplay,
  Input: ReferenceInput,
  Filter: ReferenceFilter,
  operators: CHOICE,
  width: 180,
  text: (_, field, row) => {
    const { id: _id, ...rest } = (row[embedKey(field)] ?? {}) as Record<string, unknown>;
    return String(Object.values(rest)[0] ?? "");
  },
};
