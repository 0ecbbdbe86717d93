import type { Field } from "../../api/model";
import type { Kit } from "../kit";
import { CHOICE } from "../operators";
import { SelectDisplay } from "./Display";
import { SelectFilter } from "./Filter";
import { SelectInput } from "./Input";

export const select: Kit = {
  Display: SelectDisplay,
  Input: SelectInput,
  Filter: SelectFilter,
  operators: CHOICE,
  width: 150,
  text: (value, field) => labelOf(field, value),
  parse: (pasted, field) => (pasted === "" ? null : optionNamed(field, pasted)),
};

export const labelOf = (field: Field, value: unknown): string =>
  field.options.find((o) => o.value === value)?.label ?? String(value ?? "");

export function optionNamed(field: Field, text: string): string | undefined {
  const wanted = text.trim().toLowerCase();
  return field.options.find((o) => o.value.toLowerCase() === wanted || o.label.toLowerCase() === wanted)?.value;
}
