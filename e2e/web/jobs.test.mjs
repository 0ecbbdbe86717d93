import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, base, findings, open, signIn } from "./browser.mjs";

let it;
let page;
before(async () => {
  it = await open();
  page = it.page;
  await signIn(page);
});
after(() => it.close());

const upload = (name, text) =>
  page.evaluate(async ([name, text]) => {
    const csrf = /(?:^|; )[\w-]+\.csrf=([^;]+)/.exec(document.cookie)?.[1] ?? "";
    const reply = await fetch(`/api/v1/imports/uploads?name=${name}`, { method: "POST", headers: { "X-CSRF-Token": csrf, "Content-Type": "application/octet-stream" }, body: text });
    return (await reply.json()).id;
  }, [name, text]);

async function until(path, is) {
  for (let tries = 0; tries < 100; tries++) {
    const seen = await api(page, "GET", path);
    if (is(seen)) return seen;
    await page.waitForTimeout(200);
  }
  throw new Error(`${path} did not come true`);
}

test("a job that failed says why, and is run again", async () => {
  const id = await upload("broken.pdf", "%PDF-1.7\nno table");
  const order = { upload: id, mapping: { object: "contact", key: [], columns: { a: "last_name" } } };
  const { id: imported } = await api(page, "POST", "/api/v1/imports/jobs", order);
  await until(`/api/v1/imports/jobs/${imported}`, (told) => told.state === "failed");
  await page.goto(`${base}/contacts`);
  await page.getByRole("link", { name: "Jobs" }).click();
  await page.getByRole("navigation", { name: "Jobs by state" }).getByRole("button", { name: "Failed" }).click();
  assert.equal(new URL(page.url()).search, "?state=failed");
  const line = page.getByRole("list", { name: "Jobs" }).getByRole("listitem").filter({ hasText: "import." }).first();
  await line.getByText("Failed").waitFor();
  assert.deepEqual(await findings(page), []);
  await line.getByRole("button", { name: "Run again: Import" }).click();
  await page.getByText("Import waits again").waitFor();
});

test("new jobs appear by themselves, an import leads to its page, and a filter without any says so", async () => {
  await page.goto(`${base}/jobs`);
  await page.getByRole("list", { name: "Jobs" }).waitFor();
  const exported = page.getByRole("listitem").getByText("Export", { exact: true });
  const before = await exported.count();
  await api(page, "POST", "/api/v1/exports", { object: "clients", query: "select=name", format: "csv" });
  await exported.nth(before).waitFor({ timeout: 30_000 });
  await page.getByRole("button", { name: "Cancelled" }).click();
  await page.getByText("No jobs in this state").waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Show all" }).click();
  await page.getByRole("link", { name: "Import", exact: true }).first().click();
  await page.getByRole("heading", { level: 1, name: "broken.pdf" }).waitFor();
});

test("a job that waits is cancelled, and the toast lets it wait again", async () => {
  // The worker takes a job within moments, so this one is held back on the way to the page.
  const waiting = { id: "0192e0a0-0000-7000-8000-000000000001", queue: "bulk", kind: "duplicates.scan", state: "waiting", payload: {}, member_id: null, attempt: 0, max_attempts: 5, done: 0, total: null, error: null, run_at: "2026-01-01T00:00:00Z", created_at: "2026-01-01T00:00:00Z", started_at: null, finished_at: null };
  let state = "waiting";
  const answer = (route, body) => route.fulfill({ contentType: "application/json", body: JSON.stringify(body) });
  await page.route("**/api/v1/jobs?*", (route) => answer(route, { jobs: [{ ...waiting, state }], cursor: null }));
  await page.route(`**/api/v1/jobs/${waiting.id}`, (route) => answer(route, { ...waiting, state: (state = "cancelled") }));
  await page.route(`**/api/v1/jobs/${waiting.id}/retry`, (route) => answer(route, { ...waiting, state: (state = "waiting") }));
  await page.goto(`${base}/jobs`);
  await page.getByRole("button", { name: "Cancel: Search for duplicates" }).click();
  await page.getByText("Search for duplicates cancelled").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Cancel: Search for duplicates" }).waitFor();
  await page.unrouteAll();
});

test("who administers nothing has their own jobs at the address, and no link to them", async () => {
  const other = await open();
  try {
    await signIn(other.page, "viewer@demo.kontor.local");
    await other.page.goto(`${base}/jobs`);
    await other.page.getByRole("heading", { level: 1, name: "Your jobs" }).waitFor();
    await other.page.getByText("No jobs", { exact: true }).waitFor();
    assert.equal(await other.page.getByRole("link", { name: "Jobs" }).count(), 0);
    assert.deepEqual(await findings(other.page), []);
  } finally {
    await other.close();
  }
  assert.deepEqual(it.faults, []);
});
