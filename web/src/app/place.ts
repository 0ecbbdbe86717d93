// Where one works: one location of the workspace, or all of them. Kept by the browser, for each workspace.
import { setLocation } from "../api/http";
import type { Me } from "../api/session";

const keyOf = (me: Me) => `kontor.location.${me.workspace.id}`;

/** The chosen location, as long as one may be there; `null`: all of them. */
export function chosenPlace(me: Me): string | null {
  const kept = localStorage.getItem(keyOf(me));
  return me.locations.length > 1 && me.locations.some((l) => l.id === kept) ? kept : null;
}

/** From here on every request is about the chosen location. */
export function takePlace(me: Me): void {
  setLocation(chosenPlace(me));
}

/** Everything that is cached is about another place, so the page begins anew where the list of what it showed is. */
export function moveTo(me: Me, id: string | null): void {
  if (id) localStorage.setItem(keyOf(me), id);
  else localStorage.removeItem(keyOf(me));
  location.assign(`/${location.pathname.split("/")[1] ?? ""}`);
}
