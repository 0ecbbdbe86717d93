import { expect, test } from "vitest";
import type { Import } from "../../api/imports";
import { actsOf, stateOf } from "./state";

const imported = (more: Partial<Import>): Import => ({
  id: "i1",
  job: "j1",
  state: "done",
  object: "contact",
  file: "people.csv",
  upload: "u1",
  dry_run: false,
  done: 3,
  total: 3,
  notes: [],
  problem: null,
  conflicts: null,
  error_file: null,
  undo: null,
  created_at: "",
  finished_at: null,
  created: 3,
  updated: 0,
  unchanged: 0,
  skipped: 0,
  refused: 0,
  duplicates: 0,
  ...more,
});

test("a rehearsal leads to the import, an import to the way back", () => {
  expect(actsOf(imported({ dry_run: true }), "done")).toMatchObject({ write: true, takeBack: false });
  expect(actsOf(imported({ undo: "/api" }), "done")).toMatchObject({ write: false, takeBack: true });
  expect(actsOf(imported({ dry_run: true, created: 0, refused: 3 }), "done").write).toBe(false);
});

test("what runs can be cancelled, what was cancelled goes on", () => {
  expect(actsOf(imported({ state: "writing" }), "writing")).toMatchObject({ cancel: true, resume: false });
  expect(actsOf(imported({ state: "undoing" }), "undoing").cancel).toBe(false);
  expect(actsOf(imported({ state: "cancelled" }), "cancelled")).toMatchObject({ cancel: false, resume: true });
});

test("an import that was cancelled before it began does not wait any more", () => {
  expect(stateOf(imported({ state: "waiting" }), "cancelled")).toBe("cancelled");
  expect(stateOf(imported({ state: "waiting" }), "waiting")).toBe("waiting");
  expect(stateOf(imported({ state: "writing" }), "cancelled")).toBe("writing");
});
