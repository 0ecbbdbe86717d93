import { expect, test } from "vitest";
import type { Job } from "../../api/jobs";
import { actsOf, errorOf, importOf, readState, took } from "./state";

const job = (more: Partial<Job>): Job => ({
  id: "j1",
  queue: "import",
  kind: "import.run",
  state: "running",
  payload: { import: "i1" },
  member_id: "m1",
  attempt: 1,
  max_attempts: 5,
  done: 0,
  total: null,
  error: null,
  run_at: "2026-11-21T12:00:00Z",
  created_at: "2026-11-21T12:00:00Z",
  started_at: "2026-11-21T12:00:05Z",
  finished_at: null,
  ...more,
});

test("one's own jobs are cancelled and run again by oneself, others' by who manages jobs", () => {
  expect(actsOf(job({}), "m1", false)).toEqual({ cancel: true, retry: false });
  expect(actsOf(job({}), "m2", false)).toEqual({ cancel: false, retry: false });
  expect(actsOf(job({ state: "failed", member_id: null }), "m2", true)).toEqual({ cancel: false, retry: true });
  expect(actsOf(job({ state: "done" }), "m1", true)).toEqual({ cancel: false, retry: false });
});

test("an error is a code for machines and a sentence for people", () => {
  expect(errorOf(job({ error: "import.file: This is a PDF: no table." }))).toEqual({
    code: "import.file",
    detail: "This is a PDF: no table.",
  });
  expect(errorOf(job({ error: "The disk is full" }))).toEqual({ code: "", detail: "The disk is full" });
  expect(errorOf(job({}))).toBeNull();
});

test("a job took from its start to its end, or to now", () => {
  expect(took(job({ finished_at: "2026-11-21T12:00:35Z" }))).toBe(30);
  expect(took(job({}), Date.parse("2026-11-21T12:01:05Z"))).toBe(60);
  expect(took(job({ started_at: null }))).toBeNull();
});

test("the job of an import leads to it, and an unknown state filters nothing", () => {
  expect(importOf(job({}))).toBe("i1");
  expect(importOf(job({ kind: "export.run" }))).toBeNull();
  expect(readState("failed")).toBe("failed");
  expect(readState("lost")).toBeNull();
});
