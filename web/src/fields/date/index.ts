import { formatDay } from "../../ui/format";
import { parseDay } from "../../ui/parse";
import type { Kit } from "../kit";
import { DAY } from "../operators";
import { DateDisplay } from "./Display";
import { DateFilter } from "./Filter";
import { DateInput } from "./Input";

export const date: Kit = {
  Display: DateDisplay,
  Input: DateInput,
  Filter: DateFilter,
  operators: DAY,
  width: 120,
  text: (value) => (typeof value === "string" ? formatDay(value) : ""),
  parse: (pasted) => parseDay(pasted),
};
