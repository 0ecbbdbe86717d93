import { formatMoment } from "../../ui/format";
import { DateFilter } from "../date/Filter";
import type { Kit } from "../kit";
import { DAY } from "../operators";
import { DateTimeDisplay } from "./Display";
import { DateTimeInput } from "./Input";

export const dateTime: Kit = {
  Display: DateTimeDisplay,
  Input: DateTimeInput,
  Filter: DateFilter,
  operators: DAY,
  width: 140,
  text: (value) => (typeof value === "string" ? formatMoment(value) : ""),
  parse: (pasted) => {
    const at = new Date(pasted);
    return pasted === "" ? null : Number.isNaN(at.getTime()) ? undefined : at.toISOString();
  },
};
