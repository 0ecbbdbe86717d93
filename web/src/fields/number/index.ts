import type { Kit } from "../kit";
import { NUMBER } from "../operators";
import { NumberDisplay } from "./Display";
import { NumberFilter } from "./Filter";
import { numberText, readNumber } from "./format";
import { NumberInput } from "./Input";

export const number: Kit = {
  Display: NumberDisplay,
  Input: NumberInput,
  Filter: NumberFilter,
  operators: NUMBER,
  width: 130,
  end: true,
  text: numberText,
  parse: readNumber,
};
