// Loads the model of the workspace that is signed in to.
import { get } from "../http";
import { modelOf, type Told } from "./from-told";
import type { Model } from "./types";

export * from "./stages";
export * from "./types";

export async function loadModel(): Promise<Model> {
  return modelOf((await get<Told>("/api/v1/model")).data);
}
