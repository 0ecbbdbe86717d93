import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, base, findings, open, settled, signIn } from "./browser.mjs";

let it;
let page;
const mark = `Archive story ${Date.now()}`;
const ids = [];
before(async () => {
  it = await open();
  page = it.page;
  await signIn(page);
  for (const letter of ["A", "B", "C"]) {
    const { id } = await api(page, "POST", "/api/v1/clients", { name: `${mark} ${letter}` });
    await api(page, "PUT", `/api/v1/clients/${id}/archival`);
    ids.push(id);
  }
});
after(async () => {
  await api(page, "DELETE", `/api/v1/clients?name=ilike.${encodeURIComponent(`${mark}*`)}&or=(archived_at.is.null,archived_at.not.is.null)`).catch(() => {});
  await it.close();
});

const lines = () => page.getByRole("list", { name: "Archive: Companies" }).getByRole("listitem");
const archivedAt = async (id) => (await api(page, "GET", `/api/v1/clients/${id}?select=archived_at`)).archived_at;

test("the list leads to its archive, where one finds by words what was put away", async () => {
  await page.goto(`${base}/clients`);
  await page.getByRole("button", { name: "Archive" }).click();
  await page.getByRole("heading", { level: 1, name: "Archive: Companies" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type(mark);
  await page.waitForFunction(() => document.querySelectorAll(".admin-list > li").length === 3);
  assert.deepEqual(await findings(page), []);
});

test("a record is brought back, and the toast puts it away again", async () => {
  await page.getByRole("button", { name: `Restore ${mark} A` }).click();
  await page.getByText("1 record restored").waitFor();
  assert.equal(await archivedAt(ids[0]), null);
  assert.equal(await lines().count(), 2);
  await page.getByRole("button", { name: "Undo" }).first().click();
  await page.waitForFunction(() => document.querySelectorAll(".admin-list > li").length === 3);
  assert.notEqual(await archivedAt(ids[0]), null);
});

test("what is selected is brought back together", async () => {
  await page.getByLabel(`Select ${mark} A`).check();
  await page.getByLabel(`Select ${mark} B`).check();
  await page.getByRole("toolbar").getByRole("button", { name: "Restore" }).click();
  await page.getByText("2 records restored").waitFor();
  assert.deepEqual([await archivedAt(ids[0]), await archivedAt(ids[1])], [null, null]);
});

test("deleting for good asks first, deletes, and can be undone", async () => {
  await page.getByRole("button", { name: `Delete ${mark} C for good` }).click();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Delete 1 record" }).click();
  await page.getByText("1 record deleted").waitFor();
  await assert.rejects(api(page, "GET", `/api/v1/clients/${ids[2]}`), /404/);
  await page.getByText("No companies match").waitFor();
  await page.getByRole("button", { name: "Undo" }).first().click();
  await page.getByText("Undone").waitFor();
  assert.notEqual(await archivedAt(ids[2]), null);
  await lines().first().waitFor();
});

test("an archived record is deleted from its own page, too", async () => {
  await page.goto(`${base}/clients/${ids[2]}`);
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete this company" }).click();
  await page.getByText("1 record deleted").waitFor();
  await assert.rejects(api(page, "GET", `/api/v1/clients/${ids[2]}`), /404/);
  assert.deepEqual(it.faults, []);
});

test("who may only read finds nothing to press", async () => {
  const other = await open({ size: "small" });
  try {
    await signIn(other.page, "viewer@demo.kontor.local");
    await other.page.goto(`${base}/clients/archive`);
    await other.page.getByRole("heading", { level: 1, name: "Archive: Companies" }).waitFor();
    await settled(other.page);
    assert.equal(await other.page.getByRole("button", { name: /^(Restore|Delete)/ }).count(), 0);
    assert.deepEqual(await findings(other.page), []);
    assert.deepEqual(other.faults, []);
  } finally {
    await other.close();
  }
});
