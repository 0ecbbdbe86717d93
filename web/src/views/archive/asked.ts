// What is asked of the server about archived records.
import type { Field, ObjectDef } from "../../api/model";
import { usualColumns } from "../list/state";

/** Archived records that hold the words, those that were put away last first. */
export function putAway(words: string): URLSearchParams {
  const query = new URLSearchParams({ archived_at: "not.is.null", order: "archived_at.desc" });
  if (words) query.set("q", words);
  return query;
}

/** What helps to tell one from another. */
export function factsOf(object: ObjectDef): Field[] {
  return usualColumns(object)
    .filter((name) => name !== object.title)
    .map((name) => object.fields.get(name))
    .filter((field) => field !== undefined)
    .slice(0, 4);
}
