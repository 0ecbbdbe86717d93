import { expect, test } from "vitest";
import type { Field } from "../../api/model";
import type { Row } from "../../api/records";
import { kitOf } from "../../fields/kits";
import { copyText, pasteText } from "./clipboard";
import { type Column, reordered } from "./columns";
import { moved } from "./keys";

const bounds = { rows: 10, columns: 3, page: 4 };
const field = (name: string, kind: Field["kind"], readOnly = false): Field => ({
  name,
  kind,
  label: name,
  help: "",
  unit: null,
  system: false,
  required: false,
  readOnly,
  given: !readOnly,
  many: false,
  options: [{ value: "won", label: "Won", color: "green" }],
  to: null,
  embed: null,
  of: null,
  min: null,
  max: null,
  maxLength: null,
  pattern: null,
});
const columns: Column[] = [
  field("name", "text"),
  field("amount", "money"),
  field("stage", "select"),
  field("number", "auto_number", true),
].map((f) => ({ field: f, width: 100, end: false, left: null }));
const rows: Row[] = [
  { id: "1", version: 1, name: "A\nB", amount: "10.00", stage: "won", number: "N1" },
  { id: "2", version: 1, name: "C", amount: null, stage: null, number: "N2" },
];

test("the active cell goes where the keys of a spreadsheet send it, and stays inside", () => {
  expect(moved({ row: 0, column: 0 }, { key: "ArrowUp" }, bounds)).toEqual({ row: 0, column: 0 });
  expect(moved({ row: 2, column: 1 }, { key: "PageDown" }, bounds)).toEqual({ row: 6, column: 1 });
  expect(moved({ row: 2, column: 1 }, { key: "End", ctrlKey: true }, bounds)).toEqual({ row: 9, column: 2 });
  expect(moved({ row: 2, column: 2 }, { key: "Tab" }, bounds)).toEqual({ row: 3, column: 0 });
  expect(moved({ row: 2, column: 0 }, { key: "Tab", shiftKey: true }, bounds)).toEqual({ row: 1, column: 2 });
  expect(moved({ row: 9, column: 2 }, { key: "Tab" }, bounds)).toBeNull();
  expect(moved({ row: 0, column: 0 }, { key: "q" }, bounds)).toBeNull();
});

test("rows are copied as lines and tabs that a spreadsheet reads", () => {
  expect(copyText(kitOf, rows, columns, { row: 0, column: 0 }, new Set())).toBe("A B");
  expect(copyText(kitOf, rows, columns, { row: 0, column: 0 }, new Set(["1"]))).toMatch(/^A B\t€?10\.00.?€?\tWon\tN1$/);
});

test("a pasted block is read by the kinds of its columns; what cannot be read is counted", () => {
  const { patches, bad } = pasteText(kitOf, "X\t1,500.5\twon\tZ\nY\tmuch\tlost\n", rows, columns, {
    row: 0,
    column: 0,
  });
  expect(patches.map((p) => [p.row.id, p.patch])).toEqual([
    ["1", { name: "X", amount: "1500.5", stage: "won" }],
    ["2", { name: "Y" }],
  ]);
  expect(bad).toBe(3);
});

test("a column is dropped in the place of another", () => {
  expect(reordered(["a", "b", "c"], "a", "c")).toEqual(["b", "c", "a"]);
  expect(reordered(["a", "b", "c"], "c", "a")).toEqual(["c", "a", "b"]);
});
