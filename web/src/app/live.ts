// The stream of changes of this tab, from sign-in to sign-out.
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type Me, whoAmI } from "../api/session";
import { useSurroundings } from "../fields/context";

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
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stop: (() => void) | null = null;
    let over = false;
    // No page waits for it.
    void import("../views/live").then(({ follow }) => {
      if (over) return;
      stop = follow(cache, model, member, {
        onAgain: () => void again(cache),
        onConnected: (connected) => {
          clearTimeout(timer);
          if (connected) setLost(false);
          else timer = setTimeout(() => setLost(true), PATIENCE);
        },
      });
    });
    return () => {
      over = true;
      clearTimeout(timer);
      stop?.();
    };
  }, [cache, model, member]);
  return !lost;
}
