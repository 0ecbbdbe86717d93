import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, base, findings, open, signIn } from "./browser.mjs";

let it;
let page;
let tasks = [];
let project;
const mark = `Timeline story ${Date.now()}`;
before(async () => {
  it = await open();
  page = it.page;
  await signIn(page);
  project = await api(page, "POST", "/api/v1/projects", { name: `${mark} house` });
  const task = (letter, start_date, due_date) => ({ name: `${mark} ${letter}`, start_date, due_date, project_id: letter === "E" ? null : project.id });
  const rows = [task("A", "2026-05-04", "2026-05-08"), task("B", "2026-05-09", "2026-05-12"), task("C", "2026-05-13", "2026-05-15"), task("D", "2026-05-04", "2026-05-06"), task("E", "2026-05-05", "2026-05-05")];
  tasks = await api(page, "POST", "/api/v1/tasks", rows);
  const [a, b, c, d, e] = tasks.map((row) => row.id);
  const link = (predecessor_id, successor_id, type) => ({ predecessor_id, successor_id, type });
  await api(page, "POST", "/api/v1/task_dependencies", [link(a, b, "finish_to_start"), link(b, c, "finish_to_start"), link(a, d, "start_to_start"), link(d, c, "finish_to_finish"), link(e, c, "start_to_finish")]);
});
after(async () => {
  await api(page, "DELETE", `/api/v1/tasks?id=in.(${tasks.map((row) => row.id).join(",")})`).catch(() => {});
  await api(page, "DELETE", `/api/v1/projects?id=eq.${project.id}`).catch(() => {});
  await it.close();
});

const bar = (letter) => page.locator(`.bar[data-record="${tasks["ABCDE".indexOf(letter)].id}"]`);
const days = async () => Object.fromEntries((await api(page, "GET", `/api/v1/tasks?id=in.(${tasks.map((row) => row.id).join(",")})&select=name,start_date,due_date&order=name`)).map((row) => [row.name.at(-1), `${row.start_date} ${row.due_date}`]));
const becomes = async (letter, wanted) => {
  for (let at = 0; at < 40 && (await days())[letter] !== wanted; at++) await page.waitForTimeout(100);
  assert.equal((await days())[letter], wanted);
};
const query = `q=${encodeURIComponent(mark)}&_as=timeline&_start=start_date&_end=due_date&_date=2026-05-04`;

test("records stand from start to end with arrows of all four kinds, and what decides the end is marked", async () => {
  await page.goto(`${base}/tasks?${query}`);
  await bar("A").waitFor();
  assert.deepEqual((await page.locator(".arrows > path").evaluateAll((all) => all.map((each) => each.dataset.type))).sort(), ["finish_to_finish", "finish_to_start", "finish_to_start", "start_to_finish", "start_to_start"]);
  const tense = await page.locator('.bar[data-critical="true"]').evaluateAll((all) => all.map((each) => each.getAttribute("aria-label")[each.getAttribute("aria-label").indexOf(",") - 1]));
  assert.deepEqual(tense.sort(), ["A", "B", "C"]);
  await page.getByText("critical path").first().waitFor();
  assert.deepEqual(await findings(page), []);
});

test("a bar is dragged, the toast takes it back", async () => {
  const box = await bar("E").boundingBox();
  await page.mouse.move(box.x + 6, box.y + 9);
  await page.mouse.down();
  await page.mouse.move(box.x + 6 + 24, box.y + 9, { steps: 4 });
  await page.mouse.up();
  await becomes("E", "2026-05-07 2026-05-07");
  await page.getByRole("button", { name: "Undo" }).first().click();
  await becomes("E", "2026-05-05 2026-05-05");
});

test("Alt and the arrows move a record and resize it, and what waits is shifted when one asks for it, as one change", async () => {
  await bar("A").focus();
  await page.keyboard.press("Alt+Shift+ArrowRight");
  await becomes("A", "2026-05-04 2026-05-09");
  await page.getByText("2 records that wait for it would begin too early").waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Shift all 2, too" }).click();
  await becomes("C", "2026-05-14 2026-05-16");
  await becomes("B", "2026-05-10 2026-05-13");
  await page.getByText("2 records changed").waitFor();
  const at = (await page.getByRole("button", { name: "Undo" }).count()) - 1;
  await page.getByRole("dialog").filter({ hasText: "2 records changed" }).getByRole("button", { name: "Undo" }).click().catch(() => page.getByRole("button", { name: "Undo" }).nth(at).click());
  await becomes("C", "2026-05-13 2026-05-15");
  await becomes("B", "2026-05-09 2026-05-12");
});

test("it zooms from days to quarters, groups by a reference, and marks today", async () => {
  for (const zoom of ["Day", "Month", "Quarter", "Week"]) {
    await page.getByRole("button", { name: zoom, exact: true }).click();
    await page.waitForURL(new RegExp(`_zoom=${zoom.toLowerCase()}`));
    await bar("A").waitFor();
  }
  await page.getByLabel("Group by").selectOption({ label: "Project" });
  await page.waitForURL(/_group=project_id/);
  await page.locator(".timeline-names .group").filter({ hasText: `${mark} house` }).waitFor();
  await page.locator(".timeline-names .group").filter({ hasText: "No Project" }).waitFor();
  await page.getByRole("button", { name: "Today" }).click();
  await page.locator("line.today").waitFor({ state: "attached" });
  assert.deepEqual(it.faults, []);
});
