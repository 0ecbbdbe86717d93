import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, base, findings, open, signIn } from "./browser.mjs";

const stamp = Date.now();
const [short, long] = [`Nordlicht ${stamp}`, `Nordlicht ${stamp} GmbH`];
let it;
let page;
let one;
let two;
before(async () => {
  it = await open();
  page = it.page;
  await signIn(page);
  const phone = `+49 40 ${String(stamp).slice(-8)}`;
  one = await api(page, "POST", "/api/v1/clients", { name: short, phone, tags: ["harbour"] });
  two = await api(page, "POST", "/api/v1/clients", { name: long, phone, email: `info@nordlicht-${stamp}.example`, tags: ["vip"] });
});
after(() => it.close());

const pairs = () => page.getByRole("list", { name: "Pairs that look alike" });

test("a new record that looks like another is found, with the reason", async () => {
  for (let tries = 0; tries < 60; tries++) {
    const { duplicates } = await api(page, "GET", "/api/v1/clients/duplicates?limit=200");
    if (duplicates.some((pair) => [pair.a_id, pair.b_id].includes(one.id))) break;
    await page.waitForTimeout(500);
  }
  await page.goto(`${base}/settings`);
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Duplicates" }).click();
  const line = pairs().getByRole("listitem").filter({ hasText: long });
  await line.getByText(/Same phone/).waitFor();
  assert.deepEqual(await findings(page), []);
});

test("a pair is said to be two, and the toast brings it back", async () => {
  await pairs().getByRole("listitem").filter({ hasText: long }).getByRole("button").click();
  await page.getByText("Said to be two").waitFor();
  assert.equal(await pairs().getByRole("listitem").filter({ hasText: long }).count(), 0);
  await page.getByRole("button", { name: "Undo" }).last().click();
  await pairs().getByRole("listitem").filter({ hasText: long }).waitFor();
});

test("two become one, field by field as chosen, and are two again by the list of merges", async () => {
  await pairs().getByRole("listitem").filter({ hasText: long }).getByRole("link").click();
  const table = page.getByRole("region", { name: "Side by side" });
  await table.getByRole("radio", { name: short, exact: true }).check();
  assert.ok(await table.getByRole("radio", { name: `Name of ${short}`, exact: true }).isChecked());
  // What is empty here is taken from there.
  assert.ok(await table.getByRole("radio", { name: `Email of ${long}`, exact: true }).isChecked());
  await table.getByText("united unless you choose").first().waitFor();
  await table.getByRole("radio", { name: `Name of ${long}`, exact: true }).check();
  assert.equal(await table.getByText("Phone", { exact: true }).count(), 0);
  await page.getByLabel("Also what is alike in both").check();
  await table.getByText("Phone", { exact: true }).waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: `Merge ${long} into ${short}` }).click();
  await page.getByText(`Merged into ${short}`).waitFor();
  const kept = await api(page, "GET", `/api/v1/clients/${one.id}?select=name,email,tags`);
  assert.deepEqual([kept.name, kept.email, kept.tags.toSorted()], [long, `info@nordlicht-${stamp}.example`, ["harbour", "vip"]]);
  await page.getByLabel("Show", { exact: true }).selectOption({ label: "What was merged" });
  const line = page.getByRole("list", { name: "What was merged" }).getByRole("listitem").filter({ hasText: long });
  await line.getByText("took in 1 record").waitFor();
  assert.deepEqual(await findings(page), []);
  await line.getByRole("button", { name: `Make ${long} two again` }).click();
  await page.getByText("They are two again").waitFor();
  const names = await api(page, "GET", `/api/v1/clients?id=in.(${one.id},${two.id})&select=name&order=name`);
  assert.deepEqual(names.map((row) => row.name), [short, long]);
});

test("older records are compared when somebody asks for it", async () => {
  await page.goto(`${base}/settings/duplicates?object=contacts`);
  await page.getByRole("button", { name: "Look for duplicates" }).click();
  await page.getByText(/are being compared/).waitFor();
  assert.deepEqual(it.faults, []);
});

test("who changes nothing has no page of duplicates", async () => {
  const other = await open();
  try {
    await signIn(other.page, "viewer@demo.kontor.local");
    await other.page.goto(`${base}/settings/duplicates`);
    await other.page.getByRole("heading", { level: 2, name: "This is not for you to see" }).waitFor();
  } finally {
    await other.close();
  }
});
