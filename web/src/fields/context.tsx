// The model and the member that the fields on a screen belong to.
import { createContext, useContext } from "react";
import type { Surroundings } from "./kit";

const Context = createContext<Surroundings | null>(null);
export const SurroundingsProvider = Context.Provider;

export function useSurroundings(): Surroundings {
  const found = useContext(Context);
  if (!found) throw new Error("Fields are drawn inside of a workspace.");
  return found;
}
