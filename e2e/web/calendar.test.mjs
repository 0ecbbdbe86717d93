import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, base, findings, open, settled, signIn } from "./browser.mjs";

let it;
let page;
let task;
let call;
const mark = `Calendar story ${Date.now()}`;
before(async () => {
  it = await open();
  page = it.page;
  await signIn(page);
  task = await api(page, "POST", "/api/v1/tasks", { name: `${mark} task`, start_date: "2026-03-27", due_date: "2026-03-29" });
  call = await api(page, "POST", "/api/v1/activities", { subject: `${mark} call`, type: "call", starts_at: "2026-03-27T09:00:00Z", ends_at: "2026-03-27T10:00:00Z" });
});
after(async () => {
  await api(page, "DELETE", `/api/v1/tasks?name=like.${encodeURIComponent(mark)}*`).catch(() => {});
  await api(page, "DELETE", `/api/v1/activities?id=eq.${call.id}`).catch(() => {});
  await it.close();
});

const event = (record) => page.locator(`[data-record="${record.id}"]`).first();
const days = () => api(page, "GET", `/api/v1/tasks/${task.id}?select=start_date,due_date`);
const times = () => api(page, "GET", `/api/v1/activities/${call.id}?select=starts_at,ends_at`);
const becomes = async (ask, wanted) => {
  for (let at = 0; at < 40; at++) {
    if (JSON.stringify(await ask()) === JSON.stringify(wanted)) return;
    await page.waitForTimeout(100);
  }
  assert.deepEqual(await ask(), wanted);
};
const query = `q=${encodeURIComponent(mark)}`;

test("the same filter shows the table's records on their days", async () => {
  await page.goto(`${base}/tasks?${query}`);
  await page.getByRole("button", { name: "Calendar", exact: true }).click();
  await page.waitForURL(/_as=calendar/);
  await page.goto(`${base}/tasks?${query}&_as=calendar&_start=start_date&_end=due_date&_date=2026-03-15`);
  await page.getByRole("heading", { name: "March 2026" }).waitFor();
  await event(task).waitFor();
  assert.deepEqual(await findings(page), []);
});

test("a record is dragged over the change of the clocks, its days move and nothing else; the toast takes it back", async () => {
  await event(task).dragTo(page.locator('[data-date="2026-03-31"]').first(), { sourcePosition: { x: 8, y: 8 } });
  await becomes(days, { start_date: "2026-03-31", due_date: "2026-04-02" });
  await page.getByRole("button", { name: "Undo" }).first().click();
  await becomes(days, { start_date: "2026-03-27", due_date: "2026-03-29" });
});

test("Alt and the arrows move it, with Shift its end", async () => {
  // What was taken back has been drawn again.
  await settled(page);
  await event(task).focus();
  await page.keyboard.press("Alt+ArrowRight");
  await becomes(days, { start_date: "2026-03-28", due_date: "2026-03-30" });
  await settled(page);
  await event(task).focus();
  await page.keyboard.press("Alt+Shift+ArrowRight");
  await becomes(days, { start_date: "2026-03-28", due_date: "2026-03-31" });
});

test("a week of moments is in the member's time zone, and a drag keeps its length", async () => {
  await page.goto(`${base}/activities?${query}&_as=calendar&_start=starts_at&_end=ends_at&_zoom=week&_date=2026-03-25`);
  // Nine in the morning in UTC is ten in Berlin, where the workspace is.
  await event(call).filter({ hasText: "10:00" }).waitFor();
  assert.deepEqual(await findings(page), []);
  await event(call).focus();
  await page.keyboard.press("Alt+ArrowLeft");
  await becomes(times, { starts_at: "2026-03-26T09:00:00Z", ends_at: "2026-03-26T10:00:00Z" });
});

test("a click on a free day makes a record of that day, and Enter opens one", async () => {
  await page.goto(`${base}/tasks?${query}&_as=calendar&_start=start_date&_end=due_date&_date=2026-03-15`);
  await event(task).waitFor();
  const box = await page.locator('[data-date="2026-03-11"]').first().boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height - 12);
  await page.waitForURL(/\/tasks\/new\?start_date=2026-03-11&due_date=2026-03-11/);
  await page.goBack();
  await event(task).waitFor();
  await event(task).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: `${mark} task` }).waitFor();
  assert.deepEqual(it.faults, []);
});
