import { expect, test } from "vitest";
import type { Field, ObjectDef } from "../../api/model";
import type { Row } from "../../api/records";
import { decided, differs, keptOf, united } from "./choosing";

const field = (name: string, more: Partial<Field> = {}): Field =>
  ({ name, kind: "text", system: false, readOnly: false, of: null, many: false, ...more }) as Field;
const a: Row = { id: "a", version: 1, name: "Nordlicht", email: null, tags: ["x"] };
const b: Row = { id: "b", version: 1, name: "Nordlicht GmbH", email: "info@nordlicht.example", tags: ["y"] };

test("without a choice the survivor's value is kept, or what is filled", () => {
  expect(keptOf(field("name"), a, b, {})).toBe("a");
  expect(keptOf(field("email"), a, b, {})).toBe("b");
  expect(keptOf(field("name"), b, a, {})).toBe("b");
  expect(keptOf(field("name"), a, b, { name: "b" })).toBe("b");
});

test("lists are united until somebody chooses", () => {
  expect(united(field("tags", { kind: "tags" }), {})).toBe(true);
  expect(united(field("tags", { kind: "tags" }), { tags: "a" })).toBe(false);
  expect(united(field("name"), {})).toBe(false);
});

test("computed values and lines are not chosen among, and what is alike does not differ", () => {
  const fields = [field("name"), field("total", { readOnly: true }), field("lines", { of: "line" })];
  expect(decided({ fields: new Map(fields.map((f) => [f.name, f])) } as ObjectDef).map((f) => f.name)).toEqual([
    "name",
  ]);
  expect(differs(field("missing"), a, b)).toBe(false);
  expect(differs(field("tags"), a, b)).toBe(true);
});
