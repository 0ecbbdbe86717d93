import { expect, test } from "vitest";
import { hueOf, modelOf, type Told, type ToldField, type ToldObject } from "./from-told";
import { pipelineOf, waysOn } from "./stages";

const field = (name: string, kind: ToldField["kind"], more: Partial<ToldField> = {}): ToldField => ({
  name,
  kind,
  label: name,
  writable: ["create", "update"],
  ...more,
});
const object = (name: string, more: Partial<ToldObject> = {}): ToldObject => ({
  name,
  plural: `${name}s`,
  label: name,
  label_plural: `${name}s`,
  search: [],
  may: { read: "all", create: "all", update: "own", archive: "none", delete: "none" },
  fields: [field("name", "text")],
  relations: [],
  pipelines: [],
  ...more,
});
const stage = (name: string, to?: string[]) => ({ name, label: name, color: "blue", ...(to ? { to } : {}) });
const choice = (value: string) => ({ value, label: value, color: "blue" });
const told: Told = {
  objects: [
    object("deal", {
      title: "name",
      icon: "handshake",
      archivable: true,
      fields: [
        field("id", "id", { system: true, writable: [] }),
        field("name", "text", { required: true, max: "200" }),
        field("pipeline", "select"),
        field("stage", "select", { required: true, default: "open", options: ["open", "won", "offer"].map(choice) }),
        field("amount", "money", { min: "0", max: "9.5" }),
        field("expected", "formula", { result: "money", writable: [] }),
        field("client_id", "reference", { to: "client", embed: "client" }),
        field("number", "text", { writable: ["create"] }),
        field("key", "text", { secret: true }),
      ],
      pipelines: [
        {
          name: "renewal",
          field: "stage",
          selector: "pipeline",
          may_move: true,
          stages: [stage("open"), stage("won")],
        },
        {
          name: "sales",
          field: "stage",
          selector: "pipeline",
          may_move: true,
          stages: [stage("open", ["offer"]), stage("offer"), stage("won", [])],
        },
      ],
    }),
    object("client", {
      relations: [
        { name: "deals", object: "deal", field: "client_id" },
        { name: "lines", object: "line", field: "client_id" },
        { name: "contacts", object: "contact", field: "client_id", link: "client_contact" },
        { name: "secrets", object: "unseen", field: "client_id" },
      ],
    }),
    object("line", { part_of: "deal", fields: [field("client_id", "reference", { to: "client" })] }),
    object("member", { engine: true }),
  ],
};
const model = modelOf(told);
const deal = model.objects.get("deal");
if (!deal) throw new Error("no deal");

test("an object has its names, its stage and what may be done with it", () => {
  expect(deal).toMatchObject({ title: "name", icon: "handshake", stage: "stage", archivable: true, writable: true });
  expect(model.byPlural.get("clients")).toMatchObject({ title: "id", stage: null, archivable: false });
  expect(model.objects.get("member")?.writable).toBe(false);
  expect(model.objects.get("line")).toMatchObject({ part: true, writable: false });
});

test("a field knows its kind, its bounds, and who may write it when", () => {
  expect(deal.fields.get("name")).toMatchObject({ required: true, maxLength: 200, max: null, readOnly: false });
  expect(deal.fields.get("amount")).toMatchObject({ min: 0, max: 9.5, maxLength: null });
  expect(deal.fields.get("expected")).toMatchObject({ kind: "money", readOnly: true, given: false });
  expect(deal.fields.get("number")).toMatchObject({ readOnly: true, given: true });
  expect(deal.fields.get("stage")?.required).toBe(false);
  expect(deal.fields.has("key")).toBe(false);
});

test("relations are those that people look for: not parts, not links, not what is out of sight", () => {
  expect(model.objects.get("client")?.relations).toEqual([
    { name: "deals", object: "deal", field: "client_id", one: false },
  ]);
});

test("stages stand in the order of the longest pipeline, and a record goes its own", () => {
  expect(deal.fields.get("stage")?.options.map((o) => o.value)).toEqual(["open", "offer", "won"]);
  const sale = { pipeline: "sales", stage: "open" };
  expect(pipelineOf(deal, sale)?.name).toBe("sales");
  expect(waysOn(deal, sale).map((s) => s.value)).toEqual(["offer"]);
  expect(waysOn(deal, { pipeline: "sales", stage: "won" })).toEqual([]);
  expect(waysOn(deal, { pipeline: "renewal", stage: "open" }).map((s) => s.value)).toEqual(["won"]);
});

test("a colour that was chosen is drawn, one that the screen lacks is grey, and a word without one keeps its own", () => {
  expect(hueOf("teal", "open")).toBe("teal");
  expect(hueOf("slate", "open")).toBe("gray");
  expect(hueOf("", "open")).toBe(hueOf("", "open"));
});
