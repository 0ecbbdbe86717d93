import { expect, test } from "vitest";
import type { Suggested } from "../../api/imports";
import { modelOf, type ToldField } from "../../api/model/from-told";
import { doubtOf, draftOf, faultsOf, feedTo, keep, kept, keysOf, orderOf, placesOf } from "./draft";

const field = (name: string, more: Partial<ToldField> = {}): ToldField => ({
  name,
  kind: "text",
  label: name,
  writable: ["create", "update"],
  ...more,
});
const all = { read: "all", create: "all", update: "all", archive: "all", delete: "all" } as const;
const told = (name: string, fields: ToldField[]) => ({
  name,
  plural: `${name}s`,
  label: name,
  label_plural: `${name}s`,
  title: "name",
  search: [],
  may: all,
  fields,
  relations: [],
  pipelines: [],
});
const model = modelOf({
  objects: [
    told("contact", [
      field("name", { required: true }),
      field("email", { kind: "email" }),
      field("address", { kind: "address" }),
      field("client_id", { kind: "reference", to: "client", embed: "client" }),
      field("tags", { kind: "tags" }),
      field("created_at", { kind: "date_time", system: true, writable: [] }),
    ]),
    told("client", [field("name")]),
  ],
});
const contact = model.objects.get("contact");
if (!contact) throw new Error("the model has a contact");

const suggestion = (column: string, to: string | null, confidence: number, how = {}) => ({
  column,
  field: to,
  confidence,
  reason: "",
  how,
  alternatives: [],
  samples: [],
});
const suggested: Suggested = {
  columns: [
    suggestion("Full name", "name", 0.95),
    suggestion("E-Mail", "email", 1),
    suggestion("Firm", "client_id", 0.72, { by: "name" }),
    suggestion("Fax", null, 0),
  ],
  mapping: { key: [] },
  rows: [],
  notes: [],
};
const draft = () => draftOf(contact, { id: "u1", name: "people.csv", bytes: 10 }, suggested);

test("the order says of every column where it goes, also of those that go nowhere", () => {
  expect(orderOf(draft(), true)).toMatchObject({
    upload: "u1",
    dry_run: true,
    mapping: {
      object: "contact",
      key: [],
      columns: { "Full name": "name", "E-Mail": "email", Firm: { field: "client_id", by: "name" }, Fax: false },
    },
  });
});

test("what becomes of known records is asked only where they can be found", () => {
  expect(orderOf(draft(), false).mode).toBeUndefined();
  expect(orderOf({ ...draft(), key: "email", mode: "update" }, false).mode).toBe("update");
});

test("a column that goes elsewhere is read as its new field is read", () => {
  const next = feedTo(draft(), 3, "client_id", model);
  expect(next.feeds[3]).toEqual({ field: "client_id", how: { by: "name" } });
  expect(feedTo(draft(), 3, "tags", model).feeds[3]).toEqual({ field: "tags", how: { split: ";" } });
  const keyed = { ...draft(), key: "email" };
  expect(feedTo(keyed, 1, null, model).key).toBe("");
});

test("two columns of one field, and a field that nothing feeds, are told", () => {
  const wrong = faultsOf(feedTo(feedTo(draft(), 3, "email", model), 0, null, model), contact);
  expect([...wrong.twice]).toEqual([[3, "E-Mail"]]);
  expect(wrong.missing.map((f) => f.name)).toEqual(["name"]);
  expect(faultsOf({ ...draft(), feeds: draft().feeds.map(() => ({ field: null, how: {} })) }, contact).nothing).toBe(
    true,
  );
});

test("an address is fed part by part, and what the engine makes by nothing", () => {
  const paths = placesOf(contact).map((place) => place.path);
  expect(paths).toContain("address.city");
  expect(paths).not.toContain("address");
  expect(paths).not.toContain("created_at");
});

test("a suggestion is as sure as it says, and a person is sure", () => {
  const [name, , firm, fax] = suggested.columns;
  if (!name || !firm || !fax) throw new Error("there are four columns");
  expect(doubtOf(name, { field: "name", how: {} })).toBe("sure");
  expect(doubtOf(firm, { field: "client_id", how: {} })).toBe("likely");
  expect(doubtOf({ ...firm, confidence: 0.55 }, { field: "client_id", how: {} })).toBe("unsure");
  expect(doubtOf(fax, { field: null, how: {} })).toBe("none");
  expect(doubtOf(fax, { field: "tags", how: {} })).toBe("sure");
});

test("records are found again by what a column feeds", () => {
  expect(keysOf(draft(), contact).map((f) => f.name)).toEqual(["name", "email"]);
});

test("what was chosen survives a reload of the page", () => {
  keep({ ...draft(), key: "email" });
  expect(kept("u1")?.key).toBe("email");
  expect(kept("another")).toBeNull();
});
