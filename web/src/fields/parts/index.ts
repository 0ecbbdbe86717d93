import { BooleanFilter as NoValue } from "../boolean/Filter";
import type { Kit } from "../kit";
import { PartsDisplay } from "./Display";
import { PartsInput } from "./Input";

export const parts: Kit = {
  Display: PartsDisplay,
  Input: PartsInput,
  Filter: NoValue,
  operators: [],
  width: 80,
  end: true,
  text: (value) => (Array.isArray(value) ? String(value.length) : ""),
};
