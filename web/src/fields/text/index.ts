import type { Kit } from "../kit";
import { TEXT } from "../operators";
import { TextDisplay } from "./Display";
import { TextFilter } from "./Filter";
import { TextInput } from "./Input";

export const text: Kit = {
  Display: TextDisplay,
  Input: TextInput,
  Filter: TextFilter,
  operators: TEXT,
  width: 180,
  text: (value) => String(value ?? ""),
  parse: (pasted) => (pasted === "" ? null : pasted),
};
