import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, base, findings, open, signIn } from "./browser.mjs";

let it;
let page;
let deal;
before(async () => {
  it = await open();
  page = it.page;
  await signIn(page);
  deal = await api(page, "POST", "/api/v1/deals", { name: `Pier ${Date.now()}`, amount: "1200.00" });
  await api(page, "PATCH", `/api/v1/deals/${deal.id}`, { amount: "1500.00" });
});
after(() => it.close());

const list = () => page.getByRole("list", { name: "What happened" });

test("who looks after the workspace sees what happened, field by field", async () => {
  await page.goto(`${base}/settings`);
  await page.getByRole("link", { name: "What happened" }).click();
  const line = list().getByRole("listitem").filter({ hasText: "changed: Deal" }).first();
  await line.getByRole("button", { name: "Hugo Lindgren changed: Deal" }).click();
  await line.getByRole("link", { name: deal.name }).waitFor();
  await line.getByText(/1,200/).waitFor();
  await line.getByText(/1,500/).waitFor();
  assert.deepEqual(await findings(page), []);
});

test("it is filtered by who, what, how and when, and the address keeps the filter", async () => {
  await page.getByLabel("What", { exact: true }).selectOption({ label: "Deals" });
  await page.getByLabel("Did what").selectOption({ label: "created" });
  await page.getByLabel("From").fill("2020-01-01");
  await page.getByLabel("Who", { exact: true }).fill("Hugo");
  await page.getByRole("option", { name: "Hugo Lindgren" }).click();
  await list().getByText("created: Deal").first().waitFor();
  const { searchParams } = new URL(page.url());
  assert.deepEqual([searchParams.get("object"), searchParams.get("action"), searchParams.get("from")], ["deal", "create", "2020-01-01"]);
  await page.reload();
  await list().getByText("created: Deal").first().waitFor();
  assert.equal(await list().getByText("changed: Deal").count(), 0);
  await page.getByLabel("From").fill("2199-01-01");
  await page.getByText("Nothing fits these filters").waitFor();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await list().waitFor();
  assert.equal(new URL(page.url()).search, "");
});

test("a change is taken back from the log, and says so there", async () => {
  await page.goto(`${base}/settings/changes?object=deal&action=update`);
  await page.getByRole("button", { name: "Undo: changed: Deal", exact: true }).first().click();
  await page.getByText("Undone", { exact: true }).waitFor();
  assert.equal((await api(page, "GET", `/api/v1/deals/${deal.id}?select=amount`)).amount, "1200.00");
  await page.goto(`${base}/settings/changes`);
  await list().getByText("takes a change back").first().waitFor();
});

test("the health page tells services, the calendar of work and backups, and leads to jobs that failed", async () => {
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Health" }).click();
  await page.getByRole("list", { name: "Services" }).getByText("postgres").waitFor();
  await page.getByRole("list", { name: "What comes round by the calendar" }).getByText("database-backup").waitFor();
  await page.getByRole("heading", { name: "Backups" }).waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("link", { name: "Jobs that failed" }).click();
  await page.getByRole("heading", { level: 1, name: "Jobs" }).waitFor();
});

test("who has no right to the log or the health page is told which right it takes", async () => {
  const other = await open();
  try {
    await signIn(other.page, "viewer@demo.kontor.local");
    for (const [path, right] of [["changes", "audit.view"], ["health", "settings.manage"]]) {
      await other.page.goto(`${base}/settings/${path}`);
      await other.page.getByText(right).waitFor();
    }
  } finally {
    await other.close();
  }
  assert.deepEqual(it.faults, []);
});
