import { BooleanFilter as NoValue } from "../boolean/Filter";
import type { Kit } from "../kit";
import { PRESENCE } from "../operators";
import { DataDisplay, dataText } from "./Display";
import { DataInput, readData } from "./Input";

export const data: Kit = {
  Display: DataDisplay,
  Input: DataInput,
  Filter: NoValue,
  operators: PRESENCE,
  width: 160,
  text: (value, field) => dataText(value, field.kind),
  parse: (pasted, field) => readData(pasted, field.kind),
};
