import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, base, findings, open, signIn } from "./browser.mjs";

let it;
let page;
const name = `Big ones ${Date.now()}`;
before(async () => {
  it = await open();
  page = it.page;
  await signIn(page);
  await api(page, "PATCH", "/api/v1/me", { preferences: {} });
});
after(async () => {
  await api(page, "DELETE", "/api/v1/saved_views?owner_id=eq.me&object=eq.deal").catch(() => {});
  await api(page, "PATCH", "/api/v1/me", { preferences: {} });
  await it.close();
});

const tabs = page => page.getByRole("navigation", { name: "Views" });
const tab = (label) => tabs(page).getByRole("button", { name: label });
const menu = async (item) => {
  await page.getByRole("button", { name: "More views" }).click();
  await page.getByRole("menuitem", { name: item }).click();
};
const heads = () => page.getByRole("columnheader").allInnerTexts();

test("an object opens with the standard view of its blueprint, and every view of it is a tab", async () => {
  await page.goto(`${base}/deals`);
  await tab("All deals").and(page.locator("[aria-current=page]")).waitFor();
  await page.getByRole("columnheader", { name: "Expected revenue" }).waitFor();
  await tab("Open deals").click();
  await page.waitForURL(/_view=open_deals$/);
  await page.getByRole("columnheader", { name: "Next step" }).waitFor();
  await page.getByText(/^\d+ deals$/).waitFor();
  const open = await api(page, "GET", "/api/v1/deals?select=n:count()&stage=not.in.(won,lost)");
  await page.getByText(`${open[0].n} deals`, { exact: true }).waitFor();
  await tab("Sales board").click();
  await page.getByRole("region", { name: /^Qualification: / }).waitFor();
  assert.deepEqual(await findings(page), []);
});

test("what differs from a view is marked, stands in the address, and can be reset", async () => {
  await page.goto(`${base}/deals?_view=open_deals`);
  await page.getByRole("columnheader", { name: "Amount" }).getByRole("button").click();
  await page.waitForURL(/order=amount\.asc/);
  assert.match(page.url(), /_view=open_deals/);
  await tab("Open deals changed").waitFor();
  await page.reload();
  await tab("Open deals changed").waitFor();
  await page.getByRole("button", { name: "Reset" }).click();
  await page.waitForURL(/\?_view=open_deals$/);
  assert.equal(await page.getByTitle("changed").count(), 0);
});

test("a view is saved, opens first, is changed and saved again", async () => {
  await page.goto(`${base}/deals?amount=gte.50000&order=amount.desc&_cols=name,amount,close_date`);
  await page.getByRole("button", { name: "Save as a new view" }).click();
  const asks = page.getByRole("dialog", { name: "Save as a new view" });
  await asks.getByLabel("Name of the view").fill(name);
  await asks.getByLabel("Opens first for me").check();
  assert.deepEqual(await findings(page), []);
  await asks.getByRole("button", { name: "Save" }).click();
  await tab(name).and(page.locator("[aria-current=page]")).waitFor();
  await page.waitForURL(/\?_view=[0-9a-f-]{36}$/);
  await page.goto(`${base}/deals`);
  await tab(name).and(page.locator("[aria-current=page]")).waitFor();
  await page.getByRole("columnheader", { name: "Expected close" }).waitFor();
  assert.deepEqual((await heads()).slice(1).map((h) => h.trim()), ["Name", "Amount", "Expected close"]);
  await page.getByRole("button", { name: "Remove the filter Amount" }).click();
  await page.waitForURL(/_without=amount/);
  await page.getByRole("button", { name: "Save view" }).click();
  await page.waitForURL(/\?_view=[0-9a-f-]{36}$/);
  const [kept] = await api(page, "GET", "/api/v1/saved_views?owner_id=eq.me&object=eq.deal&select=filter,sorting,is_default,visibility");
  assert.deepEqual(kept, { filter: null, sorting: "amount.desc", is_default: true, visibility: "private" });
});

test("a view is pinned to the sidebar and found in the palette, renamed, and deleted with a way back", async () => {
  await menu("Pin to the sidebar");
  await page.getByRole("link", { name: `${name}, Deals` }).waitFor();
  await page.goto(`${base}/clients`);
  await page.getByRole("columnheader").first().waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill(name);
  await page.getByRole("option", { name }).click();
  await page.waitForURL(/\/deals\?_view=[0-9a-f-]{36}$/);
  await tab(name).waitFor();
  await menu("Rename and share");
  const asks = page.getByRole("dialog", { name: "Rename and share" });
  await asks.getByLabel("Name of the view").fill(`${name}, shared`);
  await asks.getByLabel("Everybody", { exact: true }).check();
  await asks.getByRole("button", { name: "Save" }).click();
  await tab(`${name}, shared`).waitFor();
  await menu("Delete view");
  await tab(`${name}, shared`).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).first().click();
  await tab(`${name}, shared`).waitFor();
  assert.deepEqual(it.faults, []);
});
