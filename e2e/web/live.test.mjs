// Two people on one record, each in a browser of their own: what one writes the other sees, and nobody's typing is lost.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, base, open, signIn } from "./browser.mjs";

let anna;
let ben;
let deal;
const mark = `Live story ${Date.now()}`;
before(async () => {
  [anna, ben] = [await open(), await open()];
  await signIn(anna.page);
  await signIn(ben.page, "manager@demo.kontor.local");
  deal = await api(anna.page, "POST", "/api/v1/deals", { name: mark, amount: "1500.00", currency: "EUR" });
});
after(async () => {
  await api(anna.page, "DELETE", `/api/v1/deals?name=like.${encodeURIComponent(`${mark}*`)}`).catch(() => {});
  await anna.close();
  await ben.close();
});

const write = (page, patch) => api(page, "PATCH", `/api/v1/deals/${deal.id}`, patch);
const line = (page, label) => page.locator(".line", { has: page.locator("dt", { hasText: new RegExp(`^${label}$`) }) });
/** Waits until the page hears of changes. */
const listening = (page) => page.waitForResponse((r) => r.url().includes("/api/v1/live") && r.status() === 200);

test("what one changes the other sees on the record, in the timeline too, without reloading", async () => {
  const heard = listening(ben.page);
  await ben.page.goto(`${base}/deals/${deal.id}`);
  await line(ben.page, "Amount").getByText("€1,500.00").waitFor();
  await heard;
  await write(anna.page, { amount: "1750.00" });
  await line(ben.page, "Amount").getByText("€1,750.00").waitFor();
  await ben.page.locator(".moves").getByText(/1,?750/).first().waitFor();
});

test("a field that one edits is not replaced: both values are shown, and one is chosen", async () => {
  await line(ben.page, "Amount").getByRole("button", { name: "Edit Amount" }).click();
  await ben.page.keyboard.press("Control+a");
  await ben.page.keyboard.type("2000");
  await write(anna.page, { amount: "1900.00" });
  const both = line(ben.page, "Amount").getByRole("alert");
  await both.getByText("€1,900.00").waitFor();
  assert.equal(await line(ben.page, "Amount").getByRole("textbox").inputValue(), "2000");
  await both.getByRole("button").last().click();
  await line(ben.page, "Amount").getByText("€2,000.00").waitFor();
  await ben.page.getByText("Deal saved").first().waitFor();
  assert.equal(Number((await api(anna.page, "GET", `/api/v1/deals/${deal.id}?select=amount`)).amount), 2000);
});

test("what was written over while one typed is refused at saving, however quick", async () => {
  const before = await api(anna.page, "GET", `/api/v1/deals/${deal.id}?select=name,version`);
  await line(ben.page, "Name").getByRole("button", { name: "Edit Name" }).click();
  await ben.page.keyboard.press("End");
  await ben.page.keyboard.type(" by Ben");
  await write(anna.page, { name: `${mark} by Anna` });
  await ben.page.keyboard.press("Enter");
  const both = line(ben.page, "Name").getByRole("alert");
  await both.getByText(`${mark} by Anna`).waitFor();
  await both.getByRole("button").first().click();
  await ben.page.getByRole("heading", { level: 1, name: `${mark} by Anna` }).waitFor();
  const now = await api(anna.page, "GET", `/api/v1/deals/${deal.id}?select=name,version`);
  assert.deepEqual([now.name, now.version], [`${mark} by Anna`, before.version + 1]);
});

test("a row changes in its place while it is pointed at, and a new one comes when it is not", async () => {
  const heard = listening(ben.page);
  await ben.page.goto(`${base}/deals?q=${encodeURIComponent(mark)}&_cols=name,amount`);
  const row = ben.page.getByRole("row", { name: new RegExp(mark) });
  await row.hover();
  await heard;
  await write(anna.page, { amount: "2100.00" });
  await row.getByText("€2,100.00").waitFor();
  const second = `${mark} second`;
  await api(anna.page, "POST", "/api/v1/deals", { name: second, amount: "10.00", currency: "EUR" });
  await ben.page.waitForTimeout(2500);
  assert.equal(await ben.page.getByRole("row", { name: second }).count(), 0, "a row moved under the pointer");
  await ben.page.mouse.move(5, 5);
  await ben.page.getByRole("row", { name: new RegExp(second) }).waitFor();
});

test("without a connection a banner says so, and what was missed comes with it", async () => {
  await ben.page.goto(`${base}/deals/${deal.id}`);
  await line(ben.page, "Amount").getByText("€2,100.00").waitFor();
  await ben.context.setOffline(true);
  await ben.page.getByText("offline").waitFor();
  await write(anna.page, { amount: "2200.00" });
  const heard = listening(ben.page);
  await ben.context.setOffline(false);
  await heard;
  await line(ben.page, "Amount").getByText("€2,200.00").waitFor();
});

test("who signs out in one tab is asked to sign in in the other, which keeps its page", async () => {
  const other = await ben.context.newPage();
  const heard = listening(other);
  await other.goto(`${base}/deals/${deal.id}`);
  await heard;
  await api(ben.page, "DELETE", "/api/v1/auth/session");
  await other.getByRole("dialog", { name: "Your session is over" }).waitFor();
  assert.ok(other.url().endsWith(deal.id));
  assert.deepEqual([...anna.faults, ...ben.faults], []);
});
