// Arrows from what must come first to what waits for it, from and to the end that each kind of link means.
import { BAR } from "./Bar";
import type { Link } from "./links";

export interface Box {
  x: number;
  y: number;
  width: number;
}

export function Arrows({ links, boxes, critical }: { links: Link[]; boxes: Map<string, Box>; critical: Set<string> }) {
  return (
    <g className="arrows">
      <defs>
        <marker id="arrow-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path d="M0 0 L8 4 L0 8 Z" />
        </marker>
      </defs>
      {links.map((link) => {
        const before = boxes.get(link.before);
        const after = boxes.get(link.after);
        if (!before || !after) return null;
        const tense = critical.has(link.before) && critical.has(link.after);
        return (
          <path
            key={link.id}
            d={route(link, before, after)}
            data-critical={tense}
            data-type={link.type}
            markerEnd="url(#arrow-head)"
          />
        );
      })}
    </g>
  );
}

const GAP = 8;

/** Out of one side, between the rows where it must turn back, and into the other side. */
export function route({ type }: Pick<Link, "type">, before: Box, after: Box): string {
  const fromEnd = type === "finish_to_start" || type === "finish_to_finish";
  const intoStart = type === "finish_to_start" || type === "start_to_start";
  const size = (box: Box) => (box.width === 0 ? BAR : box.width);
  const x1 = fromEnd ? before.x + size(before) : before.x;
  const x2 = intoStart ? after.x : after.x + size(after);
  const y1 = before.y + BAR / 2;
  const y2 = after.y + BAR / 2;
  const out = x1 + (fromEnd ? GAP : -GAP);
  const into = x2 + (intoStart ? -GAP : GAP);
  const direct =
    fromEnd && intoStart ? out <= into : fromEnd === intoStart ? false : !fromEnd && !intoStart && into <= out;
  if (direct) return `M${x1} ${y1} H${out} V${y2} H${x2}`;
  if (fromEnd !== intoStart) {
    const side = fromEnd ? Math.max(out, into) : Math.min(out, into);
    return `M${x1} ${y1} H${side} V${y2} H${x2}`;
  }
  const between = y1 < y2 ? after.y - 6 : after.y + BAR + 6;
  return `M${x1} ${y1} H${out} V${between} H${into} V${y2} H${x2}`;
}
