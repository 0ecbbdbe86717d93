import { BooleanFilter as NoValue } from "../boolean/Filter";
import type { Kit } from "../kit";
import { PRESENCE } from "../operators";
import { AddressDisplay } from "./Display";
import { AddressInput } from "./Input";
import { addressOf, lines } from "./lines";

export const address: Kit = {
  Display: AddressDisplay,
  Input: AddressInput,
  Filter: NoValue,
  operators: PRESENCE,
  width: 220,
  text: (value) => lines(addressOf(value)).join(", "),
};
