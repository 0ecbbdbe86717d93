import type { Kit } from "../kit";
import { TEXT } from "../operators";
import { TextFilter } from "../text/Filter";
import { LongTextDisplay } from "./Display";
import { LongTextInput } from "./Input";

export const longText: Kit = {
  Display: LongTextDisplay,
  Input: LongTextInput,
  Filter: TextFilter,
  operators: TEXT,
  width: 240,
  text: (value) => String(value ?? ""),
  parse: (pasted) => (pasted === "" ? null : pasted),
};
