// What becomes of a row that is like a stored record, as a value of a list of choices.
import type { Match, RowChoice } from "../../api/imports";
import type { Draft } from "./draft";

/** What was chosen for this row, else for all; "update" means the record that it is most like. */
export function chosen(match: Match, draft: Draft | null): RowChoice {
  const choice = draft ? (draft.choices[match.row] ?? draft.duplicates) : match.choice;
  const best = match.candidates[0];
  return choice === "update" && best ? { update: best.id } : choice;
}

export const written = (choice: RowChoice): string => (typeof choice === "string" ? choice : `update ${choice.update}`);

export function read(text: string): RowChoice {
  const [word = "", id] = text.split(" ");
  return id ? { update: id } : (word as RowChoice);
}
