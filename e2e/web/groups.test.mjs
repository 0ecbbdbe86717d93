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

const grid = () => page.locator(".grid");
const band = (name) => grid().getByRole("row", { name, expanded: undefined }).and(page.locator(".band"));
const figure = (label) => page.getByRole("button", { name: new RegExp(`^${label}: `) });

test("a table is grouped by a field, with the count and the sum of each group", async () => {
  await page.goto(`${base}/deals?_cols=name,stage,amount,client_id`);
  await page.getByRole("button", { name: "Layout" }).click();
  await page.getByLabel("Group by").selectOption({ label: "Stage" });
  await page.waitForURL(/_group=stage/);
  await page.keyboard.press("Escape");
  const told = await api(page, "GET", "/api/v1/deals?select=stage,n:count(),s:amount.sum()&stage=eq.qualification");
  const sum = new Intl.NumberFormat("en-GB", { style: "currency", currency: "EUR" }).format(told[0].s);
  await band(/^Qualification/).filter({ hasText: String(told[0].n) }).filter({ hasText: sum }).waitFor();
  const rows = await grid().getByRole("row").allInnerTexts();
  assert.match(rows[1], /^Qualification/);
  assert.deepEqual(await findings(page), []);
});

test("a group is folded and unfolded by mouse and by keyboard, and brings more of its rows", async () => {
  const first = band(/^Qualification/);
  await first.click();
  await page.locator('.band[aria-expanded="false"]').first().filter({ hasText: "Qualification" }).waitFor();
  await page.keyboard.press("ArrowRight");
  await page.locator('.band[aria-expanded="true"]').first().filter({ hasText: "Qualification" }).waitFor();
  await page.getByText("Show more, 30 left").scrollIntoViewIfNeeded().catch(() => {});
  await grid().evaluate((element) => { element.scrollTop = 36 * 45; });
  await page.getByText(/^Show more, \d+ left$/).first().click();
  const { n } = (await api(page, "GET", "/api/v1/deals?select=n:count()&stage=eq.qualification"))[0];
  await grid().evaluate((element, n) => { element.scrollTop = 36 * (n - 5); }, n);
  await band(/^Discovery/).waitFor();
});

test("groups by a reference carry its name, groups by a day are months", async () => {
  await page.goto(`${base}/deals?_group=client_id&_cols=name,amount`);
  const [most] = await api(page, "GET", "/api/v1/deals?select=client_id,client(name),n:count()&order=n.desc&limit=1");
  await page.locator(".band").first().filter({ hasText: String(most.n) }).waitFor();
  await page.goto(`${base}/deals?_group=close_date&_cols=name,amount`);
  await page.locator(".band").first().filter({ hasText: "April 2026" }).waitFor();
  const { n } = (await api(page, "GET", "/api/v1/deals?select=n:count()&close_date=gte.2026-04-01&and=(close_date.lt.2026-05-01)"))[0];
  await page.locator(".band").first().filter({ hasText: String(n) }).waitFor();
});

test("a column stays where it is, has the figure that was chosen, and rows are as high as one likes", async () => {
  await page.goto(`${base}/deals?_cols=name,client_id,amount,probability,close_date,owner_id,stage,expected_revenue,created_at`);
  await figure("Probability").click();
  await page.getByRole("menuitem", { name: "Average" }).click();
  await page.waitForURL(/_foot=probability/);
  const told = await api(page, "GET", "/api/v1/deals?select=p:probability.avg()");
  const text = new Intl.NumberFormat("en-GB").format(Math.round(Number(told[0].p) * 100) / 100);
  await page.getByRole("button", { name: `Probability: Average ${text} %` }).waitFor();
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("button", { name: "Pin the columns up to Client" }).click();
  await page.waitForURL(/_pins=2/);
  await page.keyboard.press("Escape");
  await grid().evaluate((element) => { element.scrollLeft = 400; });
  const left = await page.getByRole("columnheader", { name: "Client" }).evaluate((e) => e.getBoundingClientRect().left - e.closest(".grid").getBoundingClientRect().left);
  assert.equal(Math.round(left), 280);
  await page.getByRole("button", { name: "Layout" }).click();
  await page.getByLabel("Compact").check();
  await page.reload();
  await grid().waitFor();
  const height = await grid().locator("[data-row]").first().evaluate((e) => e.getBoundingClientRect().height);
  assert.equal(height, 30);
  await page.evaluate(() => localStorage.removeItem("kontor.density"));
  assert.deepEqual(it.faults, []);
});
