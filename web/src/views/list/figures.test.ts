import { expect, test } from "vitest";
import type { Field, ObjectDef } from "../../api/model";
import { chosenFigures, figureSelect, figureText, figureValues, withFigure } from "./figures";

const field = (name: string, kind: Field["kind"]) => ({ name, kind, system: false, many: false }) as Field;
const amount = field("amount", "money");
const day = field("due", "date");
const fields = [amount, day, field("name", "text")];
const object = {
  fields: new Map([...fields, field("currency", "text")].map((f) => [f.name, f])),
} as unknown as ObjectDef;

test("amounts are summed unless somebody chose otherwise, and nothing else is", () => {
  expect([...chosenFigures(undefined, fields)]).toEqual([["amount", "sum"]]);
  const said = withFigure(withFigure("amount:sum", "amount", "none"), "due", "max");
  expect(said).toBe("amount:none,due:max");
  expect([...chosenFigures(said, fields)]).toEqual([["due", "max"]]);
  expect([...chosenFigures("name:avg", fields)]).toEqual([["amount", "sum"]]);
});

test("sums stand by currency, days and shares over all of them", () => {
  const chosen = chosenFigures("due:max,name:filled", fields);
  expect(figureSelect(object, fields, chosen)).toEqual([
    "currency",
    "n:count()",
    "amount:amount.sum()",
    "due:due.max()",
    "name:name.count()",
  ]);
  const rows = [
    { currency: "EUR", n: 3, amount: "5.50", due: "2026-01-02", name: 2 },
    { currency: "CHF", n: 1, amount: "0", due: "2026-05-01", name: 1 },
  ];
  const values = figureValues(rows, fields, chosen);
  expect(values.get("amount")).toEqual([{ currency: "EUR", value: "5.50" }]);
  expect(values.get("due")).toEqual([{ currency: null, value: "2026-05-01" }]);
  expect(figureText(field("name", "text"), "filled", values.get("name")?.[0] ?? { value: 0, currency: null }, 4)).toBe(
    "75 %",
  );
});
