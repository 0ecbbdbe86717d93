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

const viewer = async () => (await api(page, "GET", "/api/v1/members?email=eq.viewer@demo.kontor.local&select=id,name"))[0];

test("a role is read as a table of records by what may be done, and searched", async () => {
  await page.goto(`${base}/settings/roles`);
  await page.getByLabel("Role", { exact: true }).selectOption({ label: "Viewer" });
  assert.equal(new URL(page.url()).pathname, "/settings/roles/viewer");
  const table = page.getByRole("region", { name: "What Viewer may" });
  await page.getByLabel("Search objects and rights").fill("deals");
  const deals = table.getByRole("row", { name: /^Deals/ });
  assert.deepEqual(await deals.getByRole("cell").allInnerTexts(), ["all", "–", "–", "–", "–"]);
  assert.equal(await table.getByRole("row", { name: /^Companies/ }).count(), 0);
  assert.deepEqual(await findings(page), []);
});

test("a location lets the role do more: what changes is shown before, holds after, and is taken back", async () => {
  const { id: member } = await viewer();
  await page.getByLabel("Where", { exact: true }).selectOption({ label: "Head office" });
  await page.getByLabel("Deals, change").selectOption("all");
  const planned = page.getByRole("region", { name: "What changes for Viewer in Head office" });
  await planned.getByText("Deals, change").waitFor();
  assert.match(await planned.getByRole("listitem").innerText(), /–.*→.*all/s);
  assert.deepEqual(await findings(page), []);
  await planned.getByRole("button", { name: "Save 1 change" }).click();
  await page.getByText("Viewer in Head office: saved").waitFor();
  assert.deepEqual((await api(page, "GET", "/api/v1/admin/role-overrides")).map((o) => o.rights.objects), [{ deal: { update: "all" } }]);
  assert.ok(member);
  await page.getByRole("button", { name: "As everywhere" }).click();
  await page.getByText("Here the role may what it may everywhere.", { exact: false }).waitFor();
  assert.deepEqual(await api(page, "GET", "/api/v1/admin/role-overrides"), []);
});

test("why a member may not is explained in sentences, with the roles that would give it", async () => {
  const { id, name } = await viewer();
  await page.goto(`${base}/settings/members/${id}`);
  await page.getByRole("button", { name: "Why can't they…?" }).click();
  await page.getByRole("heading", { level: 1, name: "Why can't they…?" }).waitFor();
  await page.getByLabel("With what").selectOption({ label: "Deals" });
  await page.getByLabel("Would do what").selectOption({ label: "change" });
  await page.getByRole("button", { name: "Explain" }).click();
  const answer = page.locator(".answer");
  await answer.getByRole("heading", { name: `${name} may not: Deals, change` }).waitFor();
  await answer.getByText("Viewer (Everywhere) does not give it.").waitFor();
  await answer.getByText(/Roles that give it: Administrator/).waitFor();
  assert.deepEqual(await findings(page), []);
});

test("a record and a field are asked about, too", async () => {
  const [deal] = await api(page, "GET", "/api/v1/deals?limit=1&select=id,name&order=name");
  await page.getByLabel("Would do what").selectOption({ label: "read" });
  await page.getByLabel("Which Deal (any)").fill(deal.name);
  await page.getByRole("option", { name: deal.name }).first().click();
  await page.getByLabel("Which field").selectOption({ label: "Amount" });
  await page.getByRole("button", { name: "Explain" }).click();
  await page.getByText("The record is within reach.").waitFor();
  await page.getByText("Amount may be read, not written.").waitFor();
  assert.deepEqual(it.faults, []);
});
