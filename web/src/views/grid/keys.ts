// Where the active cell goes: the keys of a spreadsheet, as a function of where it is.
export interface Cell {
  row: number;
  column: number;
}

export interface Bounds {
  rows: number;
  columns: number;
  /** How many rows fit on the screen. */
  page: number;
}

export interface Pressed {
  key: string;
  ctrlKey?: boolean;
  metaKey?: boolean;
  shiftKey?: boolean;
}

/** `null`: the key moves nothing. */
export function moved(
  from: Cell,
  { key, ctrlKey, metaKey, shiftKey }: Pressed,
  { rows, columns, page }: Bounds,
): Cell | null {
  const far = ctrlKey || metaKey;
  const to = (row: number, column: number): Cell => ({ row: clamp(row, rows), column: clamp(column, columns) });
  switch (key) {
    case "ArrowDown":
    case "j":
      return to(far ? rows - 1 : from.row + 1, from.column);
    case "ArrowUp":
    case "k":
      return far && key === "k" ? null : to(far ? 0 : from.row - 1, from.column);
    case "ArrowRight":
      return to(from.row, far ? columns - 1 : from.column + 1);
    case "ArrowLeft":
      return to(from.row, far ? 0 : from.column - 1);
    case "Home":
      return to(far ? 0 : from.row, 0);
    case "End":
      return to(far ? rows - 1 : from.row, columns - 1);
    case "PageDown":
      return to(from.row + page, from.column);
    case "PageUp":
      return to(from.row - page, from.column);
    case "Tab":
      return beside(from, shiftKey ? -1 : 1, rows, columns);
    default:
      return null;
  }
}

/** Tab goes on in the next line, and out of the grid at its ends. */
function beside(from: Cell, step: number, rows: number, columns: number): Cell | null {
  const at = from.row * columns + from.column + step;
  return at < 0 || at >= rows * columns ? null : { row: Math.floor(at / columns), column: at % columns };
}

const clamp = (value: number, size: number) => Math.max(0, Math.min(size - 1, value));
