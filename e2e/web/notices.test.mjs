// What somebody should know stands behind the bell: it comes by itself, leads to its record, and is marked as read.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, base, findings, open, signIn } from "./browser.mjs";

let boss;
let seller;
const mark = `Notice story ${Date.now()}`;
before(async () => {
  [boss, seller] = [await open(), await open()];
  await signIn(boss.page, "manager@demo.kontor.local");
  await signIn(seller.page, "member@demo.kontor.local");
});
after(async () => {
  await api(boss.page, "DELETE", `/api/v1/leads?company_name=like.${encodeURIComponent(`${mark}*`)}`).catch(() => {});
  await boss.close();
  await seller.close();
});

const bell = () => seller.page.getByRole("button", { name: /^Notifications/ });

test("who is given a record sees the bell count, without reloading, and goes to the record", async () => {
  const { page } = seller;
  const { member_id } = await api(page, "GET", "/api/v1/me");
  const heard = page.waitForResponse((r) => r.url().includes("/api/v1/live") && r.status() === 200);
  await page.goto(`${base}/leads`);
  await heard;
  await api(boss.page, "POST", "/api/v1/leads", { last_name: "Berg", company_name: `${mark} Berg`, owner_id: member_id });
  await page.getByRole("button", { name: "Notifications, 1 unread" }).waitFor({ timeout: 30_000 });
  await bell().click();
  const list = page.getByRole("list", { name: "Notifications" });
  await list.getByText("assigned to you a lead").first().waitFor();
  assert.deepEqual(await findings(page), []);
  await list.getByRole("link").first().click();
  await page.waitForURL(/\/leads\/[0-9a-f-]{36}$/);
  await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();
});

test("the page filters by what it is about and by what is unread, and marks all", async () => {
  const { page } = seller;
  const { member_id } = await api(page, "GET", "/api/v1/me");
  await api(boss.page, "POST", "/api/v1/notes", { subject: mark, body: "Please call.", mention_ids: [member_id] });
  await page.goto(`${base}/notifications`);
  const list = page.getByRole("list", { name: "Notifications" });
  await list.getByText("mentioned you in a note").first().waitFor({ timeout: 30_000 });
  await page.getByRole("navigation", { name: "Which notifications" }).getByRole("button", { name: "Unread" }).click();
  await list.getByText("assigned to you a lead").waitFor({ state: "detached" });
  await page.getByLabel("About").selectOption({ label: "Mention" });
  await list.getByText("mentioned you in a note").first().waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Mark all as read" }).click();
  await page.getByText("You have read everything").waitFor();
  assert.deepEqual([...boss.faults, ...seller.faults], []);
});
