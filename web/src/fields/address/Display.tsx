import type { Shown } from "../kit";
import { addressOf, lines } from "./lines";

export function AddressDisplay({ value, dense }: Shown) {
  const said = lines(addressOf(value));
  return dense ? <>{said.join(", ")}</> : <span className="long-text">{said.join("\n")}</span>;
}
