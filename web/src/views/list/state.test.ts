import { expect, test } from "vitest";
import type { Field, ObjectDef } from "../../api/model";
import { asked, nextSort, ordered, readState, usualColumns, writeState } from "./state";

const field = (name: string, kind: Field["kind"], more: Partial<Field> = {}): Field => ({
  name,
  kind,
  label: name,
  help: "",
  unit: null,
  system: false,
  required: false,
  readOnly: false,
  given: true,
  many: false,
  options: [],
  to: null,
  embed: null,
  of: null,
  min: null,
  max: null,
  maxLength: null,
  pattern: null,
  ...more,
});
const fields = [
  field("name", "text"),
  field("stage", "select"),
  field("amount", "money"),
  field("notes", "long_text"),
  field("lines", "parts"),
];
const deal = {
  name: "deal",
  plural: "deals",
  title: "name",
  stage: "stage",
  archivable: true,
  fields: new Map(fields.map((f) => [f.name, f])),
} as unknown as ObjectDef;

test("an address and a list say the same", () => {
  const search = {
    q: "kiel",
    stage: "in.(open,won)",
    order: "amount.desc,name.asc",
    _cols: "name,amount",
    _as: "board",
  };
  const state = readState(search);
  expect(state.filters).toEqual([{ field: "stage", condition: "in.(open,won)" }]);
  expect(state.sort).toEqual([
    { field: "amount", down: true },
    { field: "name", down: false },
  ]);
  expect(writeState(state, search)).toEqual(search);
});

test("a field that is not there asks nothing, and a range asks twice", () => {
  const query = asked(deal, readState({ unicorn: "eq.1", amount: "gte.1;lte.9" }));
  expect(query.toString()).toBe("amount=gte.1&amount=lte.9");
});

test("empty values stand last, and what cannot be sorted is not asked for", () => {
  expect(
    ordered(deal, [
      { field: "amount", down: true },
      { field: "lines", down: false },
    ]),
  ).toBe("amount.desc.nullslast");
});

test("a click sorts up, down and not at all; with Shift beside the others", () => {
  const up = nextSort([], "name", false);
  expect(up).toEqual([{ field: "name", down: false }]);
  expect(nextSort(up, "name", false)).toEqual([{ field: "name", down: true }]);
  expect(nextSort([{ field: "name", down: true }], "name", false)).toEqual([]);
  expect(nextSort(up, "amount", true)).toEqual([...up, { field: "amount", down: false }]);
});

test("a list that nobody has arranged begins with title and stage, and leaves long things out", () => {
  expect(usualColumns(deal)).toEqual(["name", "stage", "amount"]);
});
