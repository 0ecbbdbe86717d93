// Changes by others as they happen: one stream for this tab, that comes back by itself and misses nothing for two minutes.
import { address } from "./http";

export interface Change {
  object: string;
  /** None where what exists has changed: `object` is `model`. */
  id?: string;
  kind: string;
  /** Which of the fields that one may see changed; none of a record that came or went. */
  fields?: string[];
}

/** One change set, as far as the member may know of it. */
export interface Told {
  change_set?: string;
  actor?: { id: string; name: string };
  changes: Change[];
  /** There are more than are named. */
  more: boolean;
}

export interface Hearer {
  onChange: (told: Told) => void;
  /** Something was missed: what is shown may be old. */
  onReload: () => void;
  /** The session is over, or rights have changed. */
  onAgain: () => void;
  onConnected: (connected: boolean) => void;
}

const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 60_000;
/** A browser opens six connections to a server, so tabs that nobody looks at give theirs back. */
const UNSEEN = 15_000;

/** Listens until it is told to stop. */
export function listen(to: Hearer): () => void {
  let source: EventSource | null = null;
  let last: string | null = null;
  let pause = FIRST_PAUSE;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const open = () => {
    clearTimeout(timer);
    if (source) return;
    const query = last === null ? {} : { query: new URLSearchParams({ after: last }) };
    const stream = new EventSource(address("/api/v1/live", query));
    source = stream;
    const on = (name: string, act: (data: string) => void) =>
      stream.addEventListener(name, (event: MessageEvent<string>) => {
        last = event.lastEventId || last;
        act(event.data);
      });
    on("hello", () => {
      pause = FIRST_PAUSE;
      to.onConnected(true);
    });
    on("change", (data) => to.onChange(JSON.parse(data) as Told));
    on("reload", () => to.onReload());
    on("again", () => {
      close();
      to.onAgain();
      later();
    });
    stream.onerror = () => {
      to.onConnected(false);
      // What broke off comes back by itself; what was refused does not.
      if (stream.readyState !== EventSource.CLOSED) return;
      close();
      to.onAgain();
      later();
    };
  };
  const close = () => {
    source?.close();
    source = null;
  };
  const later = () => {
    timer = setTimeout(open, pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  };
  const looked = () => {
    clearTimeout(timer);
    if (document.visibilityState === "visible") open();
    else timer = setTimeout(close, UNSEEN);
  };
  // A stream that was open when the network went may look open for a long time yet.
  const restart = () => {
    close();
    looked();
  };
  document.addEventListener("visibilitychange", looked);
  window.addEventListener("online", restart);
  looked();
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", looked);
    window.removeEventListener("online", restart);
    close();
  };
}
