import { expect, test } from "vitest";
import type { Rights } from "../session";
import { type Document, hueOf, modelOf, words } from "./from-openapi";

const may = {
  read: "all",
  create: "all",
  update: "own",
  archive: "none",
  delete: "none",
  hidden: ["secret_note"],
  read_only: ["id", "owner_id"],
} as const;
const rights = {
  super_admin: false,
  permissions: [],
  objects: {
    deal: { ...may, plural: "deals" },
    client: { ...may, plural: "clients" },
    deal_line: { ...may, plural: "deal_lines" },
  },
} as unknown as Rights;
const document: Document = {
  paths: {
    "/api/v1/deals": { get: { tags: ["Deals"] } },
    "/api/v1/deals/{id}": { get: {}, patch: {} },
    "/api/v1/deals/{id}/archival": { put: {} },
    "/api/v1/deals/{id}/stage-history": { get: {} },
    "/api/v1/clients": { get: { tags: ["Companies"] } },
    "/api/v1/clients/{id}": { get: {}, patch: {} },
  },
  components: {
    schemas: {
      deal: {
        title: "Deal",
        properties: {
          id: { "x-kind": "id", readOnly: true },
          name: { title: "Name", "x-kind": "text", maxLength: 200 },
          stage: { "x-kind": "select", enum: ["open", "won", null] },
          client_id: { title: "Client", "x-kind": "reference", "x-refers-to": "client" },
          owner_id: { title: "Owner", "x-kind": "user", type: ["string", "null"] },
          assignee_ids: { "x-kind": "user", type: ["array", "null"] },
          expected: { "x-kind": "formula", type: "string", format: "decimal", readOnly: true },
          secret_note: { "x-kind": "text" },
          lines: { "x-kind": "parts", items: { $ref: "#/components/schemas/deal_line" } },
        },
      },
      "deal.new": { required: ["name"] },
      client: { title: "Company", properties: { id: { "x-kind": "id" }, name: { "x-kind": "text" } } },
      deal_line: { title: "Line", properties: { description: { "x-kind": "text" } } },
      hidden_thing: { title: "Out of sight" },
    },
  },
};
const model = modelOf(document, rights);
const deal = model.objects.get("deal");

test("an object has the names, the stage and the ways that its routes tell", () => {
  expect(deal).toMatchObject({
    label: "Deal",
    labelPlural: "Deals",
    title: "name",
    stage: "stage",
    archivable: true,
    writable: true,
  });
  expect(model.byPlural.get("clients")?.labelPlural).toBe("Companies");
  expect(model.byPlural.get("clients")?.archivable).toBe(false);
});

test("what a member may not see is not there, and what they may not write is read only", () => {
  expect(deal?.fields.has("secret_note")).toBe(false);
  expect(model.objects.has("hidden_thing")).toBe(false);
  expect(deal?.fields.get("owner_id")?.readOnly).toBe(true);
  expect(deal?.fields.get("name")?.readOnly).toBe(false);
});

test("a field knows its kind, its options and what it refers to", () => {
  expect(deal?.fields.get("expected")?.kind).toBe("decimal");
  expect(deal?.fields.get("name")).toMatchObject({ required: true, maxLength: 200 });
  expect(deal?.fields.get("stage")?.options.map((o) => [o.label, o.color])).toEqual([
    ["Open", hueOf("open")],
    ["Won", "green"],
  ]);
  expect(deal?.fields.get("client_id")).toMatchObject({ to: "client", embed: "client" });
  expect(deal?.fields.get("assignee_ids")).toMatchObject({ many: true, to: "member", embed: "assignees" });
});

test("parts are known by who has them, and relations by who refers", () => {
  expect(model.objects.get("deal_line")?.part).toBe(true);
  expect(model.objects.get("client")?.relations).toEqual([{ object: "deal", field: "client_id" }]);
});

test("a name without a label becomes one as the engine makes it", () => {
  expect(words("details_sent")).toBe("Details sent");
  expect(words("client_id")).toBe("Client");
});
