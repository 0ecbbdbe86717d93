// One record on the timeline: a bar from its start to its end, or a diamond where it has only one day.
import { memo, useRef } from "react";
import type { Row } from "../../api/records";

export interface Drag {
  id: string;
  /** Days that its start and its end have moved. */
  start: number;
  end: number;
}

export interface BarProps {
  row: Row;
  name: string;
  says: string;
  hue: string;
  x: number;
  y: number;
  /** 0: it has only one day. */
  width: number;
  /** How much of it is done, of a hundred. */
  done: number | null;
  critical: boolean;
  movable: boolean;
  day: number;
  onDrag: (drag: Drag | null) => void;
  onDrop: (row: Row, drag: Drag) => void;
  onOpen: (row: Row) => void;
}

export const BAR = 18;
const EDGE = 7;

export const Bar = memo(function Bar(props: BarProps) {
  const { row, name, says, hue, x, y, width, done, movable, day } = props;
  const moved = useRef(false);
  const grab = (down: React.PointerEvent) => {
    if (!movable || down.button !== 0) return;
    down.preventDefault();
    const box = down.currentTarget.getBoundingClientRect();
    const inside = down.clientX - box.left;
    const edge = width < 3 * EDGE ? "all" : inside < EDGE ? "start" : inside > box.width - EDGE ? "end" : "all";
    (down.currentTarget as HTMLElement).focus();
    const days = (event: PointerEvent): Drag => {
      const by = Math.round((event.clientX - down.clientX) / day);
      return { id: row.id, start: edge === "end" ? 0 : by, end: edge === "start" ? 0 : by };
    };
    moved.current = false;
    const move = (event: PointerEvent) => {
      const drag = days(event);
      if (drag.start !== 0 || drag.end !== 0) moved.current = true;
      props.onDrag(drag);
    };
    const stop = (event: PointerEvent) => {
      document.removeEventListener("pointermove", move);
      document.removeEventListener("pointerup", stop);
      document.removeEventListener("pointercancel", stop);
      props.onDrag(null);
      const drag = days(event);
      if (event.type === "pointerup" && (drag.start !== 0 || drag.end !== 0)) props.onDrop(row, drag);
    };
    document.addEventListener("pointermove", move);
    document.addEventListener("pointerup", stop);
    document.addEventListener("pointercancel", stop);
  };
  const style = { "--soft": `var(--${hue}-soft)`, "--text": `var(--${hue}-text)`, "--dot": `var(--${hue}-dot)` };
  // Of what begins before the window, the name stands at its edge.
  const cut = Math.max(0, -x);
  const label = width - cut > 60 ? width - cut - 14 : 0;
  return (
    <g
      role="button"
      tabIndex={0}
      aria-label={says}
      aria-keyshortcuts="Enter Alt+ArrowLeft Alt+ArrowRight Alt+Shift+ArrowLeft Alt+Shift+ArrowRight"
      className="bar"
      data-record={row.id}
      data-critical={props.critical}
      data-movable={movable}
      style={style as React.CSSProperties}
      transform={`translate(${x} ${y})`}
      onPointerDown={grab}
      onClick={() => !moved.current && props.onOpen(row)}
    >
      <title>{says}</title>
      {width === 0 ? (
        <path className="body" d={`M0 ${BAR / 2} L${BAR / 2} 0 L${BAR} ${BAR / 2} L${BAR / 2} ${BAR} Z`} />
      ) : (
        <rect className="body" width={Math.max(width, 3)} height={BAR} rx={4} />
      )}
      {done !== null && done > 0 && width > 0 ? (
        <rect className="done" width={(Math.max(width, 3) * Math.min(done, 100)) / 100} height={BAR} rx={4} />
      ) : null}
      {label > 0 ? (
        <foreignObject x={cut + 7} y={0} width={label} height={BAR} pointerEvents="none">
          <span className="bar-name">{name}</span>
        </foreignObject>
      ) : (
        <text className="beside" x={Math.max(width, width === 0 ? BAR : 3) + 6} y={13}>
          {name}
        </text>
      )}
    </g>
  );
});
