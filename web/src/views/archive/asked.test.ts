import { expect, test } from "vitest";
import { modelOf, type ToldField } from "../../api/model/from-told";
import { factsOf, putAway } from "./asked";

const field = (name: string, more: Partial<ToldField> = {}): ToldField => ({
  name,
  kind: "text",
  label: name,
  writable: ["create", "update"],
  ...more,
});
const client = modelOf({
  objects: [
    {
      name: "client",
      plural: "clients",
      label: "Client",
      label_plural: "Clients",
      title: "name",
      search: ["name"],
      archivable: true,
      may: { read: "all", create: "all", update: "all", archive: "all", delete: "all" },
      fields: [field("name"), field("note", { kind: "long_text" }), ...["a", "b", "c", "d", "e"].map((n) => field(n))],
      relations: [],
      pipelines: [],
    },
  ],
}).objects.get("client");
if (!client) throw new Error("the model has a client");

test("only what was put away is asked for, the latest first", () => {
  expect(putAway("").toString()).toBe("archived_at=not.is.null&order=archived_at.desc");
  expect(putAway("kiel").get("q")).toBe("kiel");
});

test("a few short facts tell one record from another, its title is not said twice", () => {
  expect(factsOf(client).map((f) => f.name)).toEqual(["a", "b", "c", "d"]);
});
