import { embedKey } from "../../api/records";
import type { Kit } from "../kit";
import { CHOICE, SEVERAL } from "../operators";
import { ReferenceFilter } from "../reference/Filter";
import { UserDisplay } from "./Display";
import { UserInput } from "./Input";

const named = (record: unknown) => String((record as { name?: string } | null)?.name ?? "");

export const user: Kit = {
  Display: UserDisplay,
  Input: UserInput,
  Filter: ReferenceFilter,
  operators: CHOICE,
  width: 170,
  text: (_, field, row) => [row[embedKey(field)] ?? []].flat().map(named).join(", "),
};

export const users: Kit = { ...user, operators: SEVERAL };
