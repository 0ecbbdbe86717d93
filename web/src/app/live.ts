// The stream of changes of this tab, from sign-in to sign-out.
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { listen } from "../api/live";
import { type Me, whoAmI } from "../api/session";
import { useSurroundings } from "../fields/context";
import { LiveCache } from "../views/live";

/** A stream that breaks off comes back within this, mostly: nothing is said before. */
const PATIENCE = 10_000;

/** Who is nobody by now is asked to sign in where they are (`onExpired`); anybody else sees what they may see by now. */
async function again(cache: QueryClient): Promise<void> {
  const me = await whoAmI().catch(() => null);
  if (!me) return;
  cache.setQueryData(["me"], me);
  for (const key of ["permissions", "model"]) void cache.invalidateQueries({ queryKey: [key] });
}

/** Whether changes by others arrive. */
export function useLive(me: Me): boolean {
  const cache = useQueryClient();
  const { model } = useSurroundings();
  const [lost, setLost] = useState(false);
  // A member of one workspace: another workspace is another stream.
  const { member_id: member } = me;
  useEffect(() => {
    const live = new LiveCache(cache, model, member);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = listen({
      onChange: (told) => live.heard(told),
      onReload: () => live.reload(),
      onAgain: () => void again(cache),
      onConnected: (connected) => {
        clearTimeout(timer);
        if (connected) setLost(false);
        else timer = setTimeout(() => setLost(true), PATIENCE);
      },
    });
    return () => {
      clearTimeout(timer);
      stop();
      live.stop();
    };
  }, [cache, model, member]);
  return !lost;
}
