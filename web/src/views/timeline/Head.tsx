// The head of the timeline: months over days, or years over months; it stays while the rows scroll.
import { majors, minors, type Scale } from "./scale";

export const HEAD = 44;

export function Head({ scale }: { scale: Scale }) {
  return (
    <svg className="timeline-head" width={scale.width} height={HEAD} aria-hidden="true">
      {majors(scale).map((mark) => (
        <g key={mark.x}>
          <line x1={mark.x} x2={mark.x} y1={0} y2={HEAD} />
          {mark.width > 40 ? (
            <text className="major" x={mark.x + 6} y={16}>
              {mark.text}
            </text>
          ) : null}
        </g>
      ))}
      {minors(scale).map((mark) => (
        <text key={mark.x} className="minor" x={mark.x + 4} y={36}>
          {mark.width > 13 ? mark.text : ""}
        </text>
      ))}
    </svg>
  );
}
