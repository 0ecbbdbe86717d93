// A list whose order people choose: by dragging the handle, or with Alt and the arrows on it.
import { combine } from "@atlaskit/pragmatic-drag-and-drop/combine";
import { draggable, dropTargetForElements } from "@atlaskit/pragmatic-drag-and-drop/element/adapter";
import { GripVertical } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

interface Props<T> {
  label: string;
  items: T[];
  keyOf: (item: T) => string;
  nameOf: (item: T) => string;
  children: (item: T, at: number) => ReactNode;
  onOrder: (items: T[]) => void;
  className?: string;
}

export function Sortable<T>({ label, items, keyOf, nameOf, children, onOrder, className = "admin-list" }: Props<T>) {
  const { t } = useTranslation();
  const list = useId();
  const [said, setSaid] = useState("");
  const move = (from: number, to: number) => {
    const moved = items[from];
    if (moved === undefined || to < 0 || to >= items.length || from === to) return;
    const next = items.toSpliced(from, 1).toSpliced(to, 0, moved);
    onOrder(next);
    setSaid(t("sort.moved", { name: nameOf(moved), at: to + 1, of: items.length }));
  };
  return (
    <>
      <ol className={className} aria-label={label}>
        {items.map((item, at) => (
          <Item key={keyOf(item)} list={list} at={at} name={nameOf(item)} onMove={move}>
            {children(item, at)}
          </Item>
        ))}
      </ol>
      <span className="hidden-text" aria-live="polite">
        {said}
      </span>
    </>
  );
}

interface ItemProps {
  list: string;
  at: number;
  name: string;
  onMove: (from: number, to: number) => void;
  children: ReactNode;
}

function Item({ list, at, name, onMove, children }: ItemProps) {
  const { t } = useTranslation();
  const line = useRef<HTMLLIElement>(null);
  const handle = useRef<HTMLButtonElement>(null);
  const [over, setOver] = useState<"above" | "below" | null>(null);
  const move = useRef(onMove);
  move.current = onMove;
  useEffect(() => {
    const [element, grip] = [line.current, handle.current];
    if (!element || !grip) return;
    return combine(
      draggable({ element, dragHandle: grip, getInitialData: () => ({ list, at }) }),
      dropTargetForElements({
        element,
        canDrop: ({ source }) => source.data.list === list && source.data.at !== at,
        onDragEnter: ({ source }) => setOver(Number(source.data.at) < at ? "below" : "above"),
        onDragLeave: () => setOver(null),
        onDrop: ({ source }) => {
          setOver(null);
          move.current(Number(source.data.at), at);
        },
      }),
    );
  }, [list, at]);
  const pressed = (event: React.KeyboardEvent) => {
    const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (!event.altKey || by === 0) return;
    event.preventDefault();
    onMove(at, at + by);
  };
  return (
    <li ref={line} data-over={over ?? undefined}>
      <button
        ref={handle}
        type="button"
        className="icon-button grip"
        aria-label={t("sort.move", { name })}
        aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
        title={t("sort.how")}
        onKeyDown={pressed}
      >
        <GripVertical aria-hidden="true" />
      </button>
      {children}
    </li>
  );
}
