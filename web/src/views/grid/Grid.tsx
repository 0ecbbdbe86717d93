// The table of any object: virtual rows, the keys of a spreadsheet, and an editor over the active cell.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ObjectDef } from "../../api/model";
import type { Row as Data } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { warn } from "../../ui/toast";
import type { Chosen, Figure } from "../list/figures";
import type { Sums } from "../list/rows";
import type { Sort } from "../list/state";
import type { useWrites } from "../save";
import { BandRow } from "./BandRow";
import { type Band, bandOf, isRecord } from "./bands";
import { copyText, pasteText } from "./clipboard";
import { type Column, reordered } from "./columns";
import { type After, Editor, type Refused } from "./Editor";
import { Foot } from "./Foot";
import { Head } from "./Head";
import { type Cell, moved } from "./keys";
import { Row } from "./Row";
import type { Selection } from "./selection";

export interface GridProps {
  object: ObjectDef;
  rows: Data[];
  columns: Column[];
  total: number | null;
  about: boolean;
  sums: Sums;
  chosen: Chosen;
  onFigure: (name: string, figure: Figure | "none") => void;
  /** The height of a row. */
  height: number;
  /** Folds a group, unfolds it, or brings more of it. */
  onBand?: (band: Band) => void;
  sort: Sort[];
  selection: Selection;
  writes: ReturnType<typeof useWrites>;
  peeked: string | null;
  more: boolean;
  onMore: () => void;
  onSort: (sort: Sort[]) => void;
  onColumns: (names: string[]) => void;
  onResize: (name: string, width: number) => void;
  onOpen: (row: Data) => void;
  onPeek: (row: Data | null) => void;
}

export function Grid(props: GridProps) {
  const { object, rows, columns, selection, writes } = props;
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  const id = useId();
  const scroll = useRef<HTMLDivElement>(null);
  const [cell, setCell] = useState<Cell>({ row: 0, column: 0 });
  const [editing, setEditing] = useState<{ at: Cell; id: string; refused?: Refused } | null>(null);
  const selectable = object.writable;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => props.height,
    overscan: 12,
    scrollPaddingStart: 40,
    scrollPaddingEnd: 48,
  });
  const { height } = props;
  useEffect(() => {
    if (height) virtual.measure();
  }, [height, virtual]);
  const seen = virtual.getVirtualItems();
  const end = seen.at(-1)?.index ?? 0;
  const { more, onMore } = props;
  useEffect(() => {
    if (more && end >= rows.length - 30) onMore();
  }, [more, onMore, end, rows.length]);

  const go = (to: Cell) => {
    setCell(to);
    virtual.scrollToIndex(to.row);
    const row = rows[to.row];
    if (props.peeked && row && isRecord(row)) props.onPeek(row);
    requestAnimationFrame(() =>
      document.getElementById(`${id}-${to.row}-${to.column}`)?.scrollIntoView({ block: "nearest", inline: "nearest" }),
    );
  };
  const edit = (at: Cell) => {
    const row = rows[at.row];
    const band = bandOf(row);
    if (band) return props.onBand?.(band);
    const field = columns[at.column]?.field;
    if (
      !row ||
      !field ||
      field.readOnly ||
      field.kind === "parts" ||
      !object.writable ||
      object.rights.update === "none"
    )
      return;
    setEditing({ at, id: row.id });
  };
  const closed = (after: After) => {
    setEditing(null);
    scroll.current?.focus({ preventScroll: true });
    const bounds = { rows: rows.length, columns: columns.length, page: 10 };
    const key = { down: { key: "ArrowDown" }, right: { key: "Tab" }, left: { key: "Tab", shiftKey: true }, stay: null }[
      after
    ];
    const to = key && moved(cell, key, bounds);
    if (to) go(to);
  };

  const pressed = (event: React.KeyboardEvent) => {
    if (event.target !== scroll.current) return;
    const row = rows[cell.row];
    const page = Math.max(1, Math.floor((scroll.current?.clientHeight ?? 400) / props.height) - 2);
    const act =
      actions[
        `${event.ctrlKey || event.metaKey ? "Mod+" : ""}${event.shiftKey && event.key.length === 1 ? "Shift+" : ""}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`
      ];
    const band = bandOf(row);
    if (band && (event.key === "ArrowRight" || event.key === "ArrowLeft") && band.more === null) {
      event.preventDefault();
      return band.open === (event.key === "ArrowLeft") ? props.onBand?.(band) : undefined;
    }
    if (act && row) {
      event.preventDefault();
      // Of a group's head there is nothing to open or select: whatever acts on a row folds it.
      if (band && event.key.length === 1 && !event.ctrlKey && !event.metaKey) return props.onBand?.(band);
      return act(row);
    }
    const to = moved(cell, event, { rows: rows.length, columns: columns.length, page });
    if (!to) return;
    event.preventDefault();
    if (event.shiftKey && event.key.startsWith("Arrow") && to.row !== cell.row) selection.range(rows, to.row);
    go(to);
  };
  const actions: Record<string, (row: Data) => void> = {
    Enter: () => edit(cell),
    F2: () => edit(cell),
    " ": (row) => props.onPeek(props.peeked === row.id ? null : row),
    o: (row) => props.onOpen(row),
    x: () => selection.toggle(rows, cell.row),
    "Shift+x": () => selection.range(rows, cell.row),
    "Mod+a": () => selection.all(rows),
    Escape: () => (props.peeked ? props.onPeek(null) : selection.clear()),
    "Mod+c": () => void navigator.clipboard.writeText(copyText(kitOf, rows, columns, cell, selection.ids)),
  };
  const pasted = (event: React.ClipboardEvent) => {
    if (event.target !== scroll.current || !object.writable) return;
    event.preventDefault();
    const found = pasteText(kitOf, event.clipboardData.getData("text"), rows, columns, cell);
    if (found.bad > 0) warn(t("paste.bad", { count: found.bad }));
    for (const { row, patch } of found.patches)
      writes.save(row, { patch }).catch((error: unknown) => warn(t("refused.title"), writes.sentence(error)));
  };
  const clicked = (event: React.MouseEvent) => {
    const target = event.target as HTMLElement;
    const at = cellOf(target);
    if (!at || target.closest(".cell-editor")) return;
    const row = rows[at.row];
    if (!row) return;
    const band = bandOf(row);
    if (band) {
      setCell({ row: at.row, column: 0 });
      scroll.current?.focus({ preventScroll: true });
      return props.onBand?.(band);
    }
    if (target.closest(".check"))
      return event.shiftKey ? selection.range(rows, at.row) : selection.toggle(rows, at.row);
    if (target.closest("[data-open]")) {
      event.preventDefault();
      return event.shiftKey ? props.onPeek(row) : props.onOpen(row);
    }
    if (at.column < 0) return;
    if (at.row === cell.row && at.column === cell.column && document.activeElement === scroll.current) return edit(at);
    setCell(at);
    scroll.current?.focus({ preventScroll: true });
    if (props.peeked) props.onPeek(row);
  };

  const width = columns.reduce((sum, c) => sum + c.width, selectable ? 40 : 0);
  const names = columns.map((c) => c.field.name);
  const records = rows.filter(isRecord);
  const active = bandOf(rows[cell.row]) ? 0 : cell.column;
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles have an active descendant
    // biome-ignore lint/a11y/noStaticElementInteractions: the role is one of two, both are grids
    <div
      ref={scroll}
      className="grid"
      style={{ "--row": `${height}px` } as React.CSSProperties}
      role={props.onBand ? "treegrid" : "grid"}
      tabIndex={0}
      aria-label={object.labelPlural}
      aria-rowcount={props.total === null ? -1 : props.total + 1}
      aria-colcount={columns.length + (selectable ? 1 : 0)}
      aria-multiselectable={selectable || undefined}
      aria-activedescendant={rows.length > 0 ? `${id}-${cell.row}-${active}` : undefined}
      onKeyDown={pressed}
      onPaste={pasted}
      onClick={clicked}
      onDoubleClick={(event) => {
        const at = cellOf(event.target as HTMLElement);
        if (at && at.column >= 0 && !bandOf(rows[at.row])) edit(at);
      }}
    >
      <div role="rowgroup" className="grid-top" style={{ width }}>
        <Head
          columns={columns}
          sort={props.sort}
          onSort={props.onSort}
          onMove={(name, onto) => props.onColumns(reordered(names, name, onto))}
          onResize={props.onResize}
          all={records.length > 0 && records.every((row) => selection.has(row.id))}
          some={selection.ids.size > 0}
          onAll={() => (selection.ids.size > 0 ? selection.clear() : selection.all(rows))}
          selectable={selectable}
        />
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), width, position: "relative" }}>
        {seen.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          const band = bandOf(row);
          if (band)
            return (
              <BandRow
                key={row.id}
                id={id}
                index={item.index}
                band={band}
                columns={columns}
                chosen={props.chosen}
                active={item.index === cell.row}
                top={item.start}
                selectable={selectable}
              />
            );
          const here = editing?.id === row.id ? editing : null;
          const on = here ? here.at.column : item.index === cell.row ? cell.column : -1;
          const field = columns[on]?.field;
          const editor =
            here && field ? (
              <Editor
                key={here.refused ? "refused" : "fresh"}
                field={field}
                row={row}
                refused={here.refused}
                sentence={writes.sentence}
                onSave={(save) => writes.save(row, save)}
                onRefused={(refused) => setEditing({ at: here.at, id: row.id, refused })}
                onClose={closed}
              />
            ) : null;
          return (
            <Row
              key={row.id}
              id={id}
              index={item.index}
              row={row}
              columns={columns}
              selected={selection.has(row.id)}
              active={on}
              editor={editor}
              top={item.start}
              selectable={selectable}
            />
          );
        })}
      </div>
      <Foot
        columns={columns}
        sums={props.sums}
        chosen={props.chosen}
        onFigure={props.onFigure}
        total={props.total}
        about={props.about}
        label={object.labelPlural}
        width={width}
        selectable={selectable}
      />
    </div>
  );
}

function cellOf(target: HTMLElement): Cell | null {
  const row = target.closest<HTMLElement>("[data-row]")?.dataset.row;
  const column = target.closest<HTMLElement>("[data-column]")?.dataset.column;
  return row === undefined ? null : { row: Number(row), column: column === undefined ? -1 : Number(column) };
}
