import type { Kit } from "../kit";
import { TRUTH } from "../operators";
import { BooleanDisplay } from "./Display";
import { BooleanFilter } from "./Filter";
import { BooleanInput } from "./Input";

const READ: Record<string, boolean | null> = {
  "": null,
  true: true,
  yes: true,
  ja: true,
  da: true,
  "1": true,
  false: false,
  no: false,
  nein: false,
  ne: false,
  "0": false,
};

export const boolean: Kit = {
  Display: BooleanDisplay,
  Input: BooleanInput,
  Filter: BooleanFilter,
  operators: TRUTH,
  width: 100,
  text: (value) => (value === null || value === undefined ? "" : String(value)),
  parse: (pasted) => READ[pasted.trim().toLowerCase()],
};
