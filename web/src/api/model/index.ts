// Loads the model of the workspace that is signed in to.
import { get } from "../http";
import { myRights } from "../session";
import { type Document, modelOf } from "./from-openapi";
import type { Model } from "./types";

export { hueOf, words } from "./from-openapi";
export * from "./types";

export async function loadModel(): Promise<Model> {
  const [document, rights] = await Promise.all([
    get<Document>("/api/v1/openapi.json").then((reply) => reply.data),
    myRights(),
  ]);
  return modelOf(document, rights);
}
