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

test("one filter follows from the table to the cards, the board, the calendar and the timeline", async () => {
  await page.goto(`${base}/projects?name=ilike.*a*&order=name.asc&_cols=name,client_id,start_date`);
  await page.getByRole("columnheader").first().waitFor();
  const shapes = page.getByRole("group", { name: "Shown as" });
  for (const [name, shape] of [["Cards", "cards"], ["Board", "board"], ["Calendar", "calendar"], ["Timeline", "timeline"]]) {
    await shapes.getByRole("button", { name, exact: true }).click();
    await page.waitForURL(new RegExp(`_as=${shape}`));
    assert.match(page.url(), /name=ilike\.\*a\*/);
    await page.getByRole("button", { name: "Remove the filter Name" }).waitFor();
  }
  await page.goBack();
  await page.waitForURL(/_as=calendar/);
  await shapes.getByRole("button", { name: "Table", exact: true }).click();
  await page.getByRole("columnheader", { name: "Name" }).waitFor();
});

test("any object has cards, in its order, more of them as one scrolls, and Enter opens one", async () => {
  await page.goto(`${base}/deals?order=amount.desc&_as=cards&_cols=name,amount,stage,client_id`);
  const [first, second] = await api(page, "GET", "/api/v1/deals?order=amount.desc.nullslast&limit=2&select=name");
  const names = page.locator(".gallery-card h2");
  await names.first().waitFor();
  const shown = await page.locator(".gallery li").evaluateAll((all) => all.map((each) => ({ name: each.querySelector("h2").textContent, x: each.getBoundingClientRect().x, y: each.getBoundingClientRect().y })).sort((a, b) => a.y - b.y || a.x - b.x));
  assert.deepEqual(shown.slice(0, 2).map((each) => each.name), [first.name, second.name]);
  assert.deepEqual(await findings(page), []);
  const [{ n }] = await api(page, "GET", "/api/v1/deals?select=n:count()");
  const [last] = await api(page, "GET", `/api/v1/deals?order=amount.desc.nullslast&limit=1&offset=${n - 1}&select=id`);
  await page.locator(".gallery").evaluate(async (box) => {
    for (let at = 0; at < 60; at++) {
      box.scrollTop += 300;
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  });
  await page.locator(`[data-record="${last.id}"]`).waitFor();
  assert.ok((await page.locator(".gallery-card").count()) < 80, "only what is seen is drawn");
  await page.locator(".gallery").evaluate((box) => { box.scrollTop = 0; });
  await page.getByRole("button", { name: first.name }).first().focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: first.name }).waitFor();
  assert.deepEqual(it.faults, []);
});
