import { expect, test } from "vitest";
import type { Match } from "../../api/imports";
import { chosen, read, written } from "./choices";
import type { Draft } from "./draft";

const match: Match = {
  row: 17,
  choice: "create",
  candidates: [
    { id: "a", title: "Ann Lee", score: 0.98, reason: "Same e-mail" },
    { id: "b", title: "Anne Lee", score: 0.8, reason: "Like name" },
  ],
};
const draft = (more: Partial<Draft>): Draft => ({ duplicates: "create", choices: {}, ...more }) as Draft;

test("a row follows its own choice, then that for all, then what the rehearsal said", () => {
  expect(chosen(match, null)).toBe("create");
  expect(chosen(match, draft({ duplicates: "skip" }))).toBe("skip");
  expect(chosen(match, draft({ duplicates: "skip", choices: { 17: { update: "b" } } }))).toEqual({ update: "b" });
});

test("to change without a name is to change the record that the row is most like", () => {
  expect(chosen(match, draft({ duplicates: "update" }))).toEqual({ update: "a" });
});

test("a choice is written and read again", () => {
  for (const choice of ["skip", { update: "b" }] as const) expect(read(written(choice))).toEqual(choice);
});
