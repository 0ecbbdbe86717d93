// A box beside its anchor, outside of whatever scrolls or cuts the anchor.
import { type ReactNode, type RefObject, useLayoutEffect, useState } from "react";
import { createPortal } from "react-dom";

interface Place {
  left: number;
  top?: number;
  bottom?: number;
  minWidth: number;
}

export function Floating({ anchor, children }: { anchor: RefObject<HTMLElement | null>; children: ReactNode }) {
  const [place, setPlace] = useState<Place | null>(null);
  useLayoutEffect(() => {
    const measure = () => anchor.current && setPlace(beside(anchor.current.getBoundingClientRect()));
    measure();
    window.addEventListener("scroll", measure, true);
    window.addEventListener("resize", measure);
    return () => {
      window.removeEventListener("scroll", measure, true);
      window.removeEventListener("resize", measure);
    };
  }, [anchor]);
  if (!place) return null;
  // Inside a dialog it stays inside: the dialog makes everything else unreachable.
  const home = anchor.current?.closest<HTMLElement>("dialog") ?? document.body;
  return createPortal(
    // biome-ignore lint/a11y/noStaticElementInteractions: a press inside must not take the focus from the anchor
    <div
      className="pop"
      style={{ ...place, maxWidth: "min(420px, calc(100vw - 16px))" }}
      onMouseDown={(e) => e.preventDefault()}
    >
      {children}
    </div>,
    home,
  );
}

function beside(rect: DOMRect): Place {
  const left = Math.max(8, Math.min(rect.left, window.innerWidth - Math.max(rect.width, 240) - 8));
  const below = window.innerHeight - rect.bottom;
  const minWidth = Math.max(rect.width, 200);
  return below < 240 && rect.top > below
    ? { left, bottom: window.innerHeight - rect.top + 4, minWidth }
    : { left, top: rect.bottom + 4, minWidth };
}
