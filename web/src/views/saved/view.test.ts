import { expect, test } from "vitest";
import type { ObjectDef, ViewDef } from "../../api/model";
import type { ViewRecord } from "../../api/views";
import { addressOf, differs, draftOf, ofBlueprint, ofRecord, shownBy, standardOf } from "./view";

const def = (more: Partial<ViewDef>): ViewDef => ({
  name: "open_deals",
  label: "Open",
  kind: "table",
  columns: ["name", "stage"],
  filter: null,
  order: null,
  groupBy: null,
  start: null,
  end: null,
  standard: false,
  ...more,
});
const record = (more: Partial<ViewRecord>): ViewRecord => ({
  id: "r1",
  version: 1,
  name: "Mine",
  object: "deal",
  kind: "table",
  filter: null,
  sorting: null,
  shown_columns: null,
  group_by: null,
  start_field: null,
  end_field: null,
  visibility: "private",
  role: null,
  is_default: false,
  is_pinned: false,
  settings: null,
  owner_id: "me",
  ...more,
});
const deal = { name: "deal" } as ObjectDef;

test("an address says the view and what differs from it, and says the same when it is read", () => {
  const view = ofRecord(record({ filter: "stage=eq.won&amount=gte.1&amount=lte.9", sorting: "amount.desc" }));
  expect(view.search).toEqual({ stage: "eq.won", amount: "gte.1;lte.9", order: "amount.desc" });
  const shown = { amount: "gte.1;lte.9", order: "name.asc", q: "kiel" };
  const address = addressOf(view, shown);
  expect(address).toEqual({ order: "name.asc", q: "kiel", _view: "r1", _without: "stage" });
  expect(shownBy(view, address)).toEqual({ ...shown, _view: "r1" });
  expect(differs(address)).toBe(true);
  expect(differs(addressOf(view, { ...view.search, _peek: "x" }))).toBe(false);
});

test("a filter that the server keeps to itself goes by the name of its view", () => {
  expect(ofBlueprint(def({})).search).toEqual({ view: "open_deals", _cols: "name,stage" });
  expect(ofBlueprint(def({ filter: "stage=eq.won", order: "name.asc", kind: "gantt", start: "a" })).search).toEqual({
    stage: "eq.won",
    order: "name.asc",
    _as: "timeline",
    _cols: "name,stage",
    _start: "a",
  });
});

test("what is saved comes back", () => {
  const shown = {
    stage: "in.(a,b)",
    q: "x",
    order: "name.asc",
    _as: "cards",
    _cols: "name",
    _group: "stage",
    _pins: "2",
  };
  expect(ofRecord(record(draftOf(deal, { ...shown, _peek: "1", _view: "r1" }) as Partial<ViewRecord>)).search).toEqual(
    shown,
  );
});

test("one's own choice opens first, then one's own standard, the role's, the blueprint's", () => {
  const blueprint = ofBlueprint(def({ standard: true }));
  const role = ofRecord(record({ id: "r2", visibility: "role", role: "admin", is_default: true, owner_id: "you" }));
  const own = ofRecord(record({ is_default: true }));
  const all = [blueprint, role, own];
  expect(standardOf(all, "r2", "me")).toBe(role);
  expect(standardOf(all, "gone", "me")).toBe(own);
  expect(standardOf([blueprint, role], undefined, "me")).toBe(role);
  expect(standardOf([blueprint], undefined, "me")).toBe(blueprint);
});
