import { expect, test } from "vitest";
import type { Field, Model, ObjectDef } from "../../api/model";
import { pictureOf } from "./picture";

const object = (name: string, ...fields: Partial<Field>[]) =>
  ({ name, fields: new Map(fields.map((f) => [f.name, { many: false, ...f }])) }) as unknown as ObjectDef;
const file = object("file", { name: "mime_type", kind: "text" });
const product = object("product", { name: "image_id", kind: "file", to: "file", embed: "image" });
const task = object("task", { name: "name", kind: "text" });
const model = { objects: new Map([file, product, task].map((o) => [o.name, o])) } as unknown as Model;

test("a record has the picture of its file, a file its own, and what is no picture is none", () => {
  const found = pictureOf(model, product);
  expect(found?.select).toBe("_picture:image(id,mime_type)");
  const row = (mime_type: string) => ({ id: "p", version: 1, _picture: { id: "f", mime_type } });
  expect(found?.of(row("image/png"))).toBe("/api/v1/files/f/content?inline=true");
  expect(found?.of(row("image/svg+xml"))).toBeNull();
  expect(pictureOf(model, file)?.of({ id: "f", version: 1, mime_type: "image/jpeg" })).toBe(
    "/api/v1/files/f/content?inline=true",
  );
  expect(pictureOf(model, task)).toBeNull();
});
