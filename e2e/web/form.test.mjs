import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, base, findings, open, signIn } from "./browser.mjs";

let it;
let page;
const mark = `Form story ${Date.now()}`;
before(async () => {
  it = await open();
  page = it.page;
  await signIn(page);
});
after(async () => {
  for (const object of ["deals", "clients"]) await api(page, "DELETE", `/api/v1/${object}?name=ilike.${encodeURIComponent(`${mark}*`)}`).catch(() => {});
  await it.close();
});

test("everything that is wrong is told at once, at its field and on top", async () => {
  await page.goto(`${base}/deals/new`);
  await page.getByLabel("Probability").fill("250");
  await page.getByRole("button", { name: "Create deal" }).click();
  const summary = page.getByRole("alert").filter({ hasText: "2 things must be put right" });
  await summary.waitFor();
  assert.equal(await page.getByLabel("Name *").getAttribute("aria-invalid"), "true");
  assert.equal(await page.getByLabel("Probability").getAttribute("aria-invalid"), "true");
  assert.deepEqual(await findings(page), []);
});

test("what is typed survives a reload until it is saved", async () => {
  await page.getByLabel("Name *").fill(`${mark} deal`);
  await page.getByLabel("Probability").fill("25");
  await page.waitForTimeout(500);
  await page.reload();
  await page.getByLabel("Name *").waitFor();
  assert.equal(await page.getByLabel("Name *").inputValue(), `${mark} deal`);
  assert.equal(await page.getByLabel("Probability").inputValue(), "25");
});

test("a record that is missing is made while it is referred to", async () => {
  await page.getByRole("combobox", { name: "Client" }).click();
  await page.keyboard.type(`${mark} client`);
  await page.getByRole("option", { name: `New Company “${mark} client”` }).click();
  const beside = page.getByRole("dialog", { name: "New Company" });
  assert.equal(await beside.getByLabel("Name *").inputValue(), `${mark} client`);
  assert.deepEqual(await findings(page), []);
  await beside.getByRole("button", { name: "Create company" }).click();
  await beside.waitFor({ state: "detached" });
  assert.equal(await page.getByRole("combobox", { name: "Client" }).inputValue(), `${mark} client`);
});

test("dates are read as people type them, and two clicks make one record", async () => {
  await page.getByLabel("Expected close", { exact: true }).fill("24.12.2027");
  const create = page.getByRole("button", { name: "Create deal" });
  await create.dblclick({ delay: 5 }).catch(() => {});
  await page.getByRole("heading", { level: 1, name: `${mark} deal` }).waitFor();
  const made = await api(page, "GET", `/api/v1/deals?name=eq.${encodeURIComponent(`${mark} deal`)}&select=close_date,probability,client(name)`);
  assert.deepEqual(made, [{ close_date: "2027-12-24", probability: "25", client: { name: `${mark} client` } }].map((row) => ({ ...row, probability: made[0].probability })));
  assert.equal(Number(made[0].probability), 25);
});

test("save and add another leaves an empty form", async () => {
  await page.goto(`${base}/clients/new`);
  await page.getByLabel("Name *").fill(`${mark} one`);
  await page.getByRole("button", { name: "Save and add another" }).click();
  await page.getByText(`Company ${mark} one created`).waitFor();
  assert.equal(await page.getByLabel("Name *").inputValue(), "");
  assert.deepEqual(it.faults, []);
});
