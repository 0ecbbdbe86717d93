import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { api, base, findings, open, signIn } from "./browser.mjs";

let it;
let page;
const mark = `Many ${Date.now()}`;
const MANY = 10_050;
const LOW = 5000;
before(async () => {
  it = await open();
  page = it.page;
  await signIn(page);
  for (let from = 0; from < MANY; from += 1000) {
    const rows = Array.from({ length: Math.min(1000, MANY - from) }, (_, at) => ({ name: `${mark} ${from + at}`, priority: from + at < LOW ? "low" : "normal" }));
    await api(page, "POST", "/api/v1/tasks", rows, { Prefer: "return=minimal" });
  }
}, { timeout: 240_000 });
after(async () => {
  for (const priority of ["low", "normal", "high"]) await api(page, "DELETE", `/api/v1/tasks?name=like.${encodeURIComponent(mark)}*&priority=eq.${priority}`).catch(() => {});
  await it.close();
}, { timeout: 240_000 });

const count = async (filter) => (await api(page, "GET", `/api/v1/tasks?name=like.${encodeURIComponent(mark)}*&${filter}&select=n:count()`))[0].n;
const address = (filter) => `${base}/tasks?name=ilike.${encodeURIComponent(mark)}*&${filter}&_cols=name,priority,estimated_hours`;
const all = () => page.getByRole("checkbox", { name: "Select all" });
const asks = (name) => page.getByRole("dialog", { name });

test("five thousand records of a filter are checked, changed as one, and taken back", { timeout: 240_000 }, async () => {
  await page.goto(address("priority=in.(low)"));
  await page.getByText("5,000 tasks").or(page.getByText("5000 tasks")).waitFor();
  await all().check();
  await page.getByRole("toolbar", { name: "Selected records" }).getByText("100 selected").waitFor();
  await page.getByRole("button", { name: "Select all 5000 of this filter" }).click();
  await page.getByText("All 5000 of this filter").waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Set a field" }).click();
  const dialog = asks("Change 5000 records");
  await dialog.getByLabel("Field").selectOption({ label: "Priority" });
  await dialog.getByLabel("Priority").selectOption({ label: "High" }).catch(async () => {
    await dialog.getByLabel("Priority").click();
    await page.getByRole("option", { name: "High" }).click();
  });
  await dialog.getByRole("button", { name: "Check what changes" }).click();
  await dialog.getByText("5000 records would change. Nothing is written yet.").waitFor({ timeout: 60_000 });
  assert.equal(await count("priority=eq.low"), LOW);
  assert.deepEqual(await findings(page), []);
  await dialog.getByRole("button", { name: "Change 5000 records" }).click();
  await page.getByText("5000 records changed").first().waitFor({ timeout: 60_000 });
  assert.equal(await count("priority=eq.high"), LOW);
  await page.getByRole("button", { name: "Undo" }).first().click();
  await page.getByText("Taken back").or(page.getByText(/undone/i)).first().waitFor({ timeout: 60_000 });
  assert.equal(await count("priority=eq.low"), LOW);
});

test("what the server refuses of a filter is said before anything is written", async () => {
  await page.goto(address("priority=in.(low)"));
  await all().check();
  await page.getByRole("button", { name: "Select all 5000 of this filter" }).click();
  await page.getByRole("button", { name: "Set a field" }).click();
  const dialog = asks("Change 5000 records");
  await dialog.getByLabel("Field").selectOption({ label: "Estimate" });
  await dialog.getByLabel("Estimate").fill("-1");
  await dialog.getByRole("button", { name: "Check what changes" }).click();
  await dialog.locator("p.fault").waitFor({ timeout: 60_000 });
  await page.keyboard.press("Escape");
});

test("an export beyond ten thousand rows is a job: it says how far it is, and its file is fetched", { timeout: 240_000 }, async () => {
  await page.goto(address("priority=in.(low,normal)"));
  await page.getByRole("columnheader").first().waitFor();
  await page.getByRole("button", { name: "Export", exact: true }).click();
  const dialog = asks("Export Tasks");
  await dialog.getByText("written in the background").waitFor();
  await dialog.getByLabel("CSV").check();
  assert.deepEqual(await findings(page), []);
  await dialog.getByRole("button", { name: "Write the file" }).click();
  const file = dialog.getByRole("button", { name: `Download ${MANY} rows` });
  await file.first().waitFor({ timeout: 120_000 });
  const [download] = await Promise.all([page.waitForEvent("download"), file.first().click()]);
  const text = await readFile(await download.path(), "utf8");
  assert.equal(text.trim().split("\n").length, MANY + 1);
  await page.goto(address("priority=in.(unknown)"));
  assert.deepEqual(it.faults, []);
});
