import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, base, findings, open, settled, signIn } from "./browser.mjs";

let it;
let page;
let ids = [];
const mark = `Board story ${Date.now()}`;
before(async () => {
  it = await open();
  page = it.page;
  await signIn(page);
  const rows = ["A", "B"].map((letter) => ({ name: `${mark} ${letter}`, amount: "1000.00", currency: "EUR", stage: "qualification" }));
  ids = (await api(page, "POST", "/api/v1/deals", rows)).map((row) => row.id);
});
after(async () => {
  await api(page, "DELETE", `/api/v1/deals?id=in.(${ids.join(",")})`).catch(() => {});
  await it.close();
});

const lane = (label) => page.getByRole("region", { name: new RegExp(`^${label}: `) });
const card = (letter) => page.getByRole("group", { name: `${mark} ${letter}` });
const stageOf = async (at) => (await api(page, "GET", `/api/v1/deals/${ids[at]}?select=stage`)).stage;

test("a board has a lane for every stage, with its count and sum", async () => {
  await page.goto(`${base}/deals?q=${encodeURIComponent(mark)}`);
  await page.getByRole("button", { name: "Board", exact: true }).click();
  await page.waitForURL(/_as=board/);
  await lane("Qualification").getByText("€2K", { exact: false }).waitFor();
  await card("B").waitFor();
  assert.deepEqual(await findings(page), []);
});

test("a card is dragged to another lane, and the toast takes it back", async () => {
  await card("A").dragTo(lane("Negotiation"));
  await lane("Negotiation").getByRole("group", { name: `${mark} A` }).waitFor();
  await page.getByText("Deal saved").first().waitFor();
  assert.equal(await stageOf(0), "negotiation");
  await page.getByRole("button", { name: "Undo" }).first().click();
  await lane("Qualification").getByRole("group", { name: `${mark} A` }).waitFor();
});

test("Alt and an arrow move a card along its pipeline, it keeps the focus, and a reader is told", async () => {
  await card("B").focus();
  await page.keyboard.press("Alt+ArrowRight");
  await lane("Discovery").getByRole("group", { name: `${mark} B` }).waitFor();
  await page.waitForFunction((name) => document.activeElement?.getAttribute("aria-label") === name, `${mark} B`);
  await page.getByText(`${mark} B moved to Discovery`).waitFor({ state: "attached" });
});

test("a card that is moved twice in a row is no conflict with itself", async () => {
  const version = async () => (await api(page, "GET", `/api/v1/deals/${ids[1]}?select=version`)).version;
  const moved = await version();
  await page.route(`**/api/v1/deals/${ids[1]}?*`, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 400));
    await route.continue();
  });
  await card("B").focus();
  await page.keyboard.press("Alt+ArrowLeft");
  await lane("Qualification").getByRole("group", { name: `${mark} B` }).waitFor();
  await card("B").focus();
  await page.keyboard.press("Alt+ArrowRight");
  await lane("Discovery").getByRole("group", { name: `${mark} B` }).waitFor();
  while ((await version()) < moved + 2) await page.waitForTimeout(100);
  await settled(page);
  await lane("Discovery").getByRole("group", { name: `${mark} B` }).waitFor();
  assert.equal(await stageOf(1), "discovery");
  assert.equal(await page.getByText("Not saved").count(), 0);
  await page.unrouteAll({ behavior: "wait" });
});

test("a stage that asks for something puts the card back and opens its form", async () => {
  await card("B").getByRole("button", { name: `Move ${mark} B` }).click();
  await page.getByRole("menuitem", { name: "Move to Lost" }).click();
  const asks = page.getByRole("dialog", { name: "“Lost” asks for this" });
  await asks.waitFor();
  await lane("Discovery").getByRole("group", { name: `${mark} B`, includeHidden: true }).waitFor();
  assert.deepEqual(await findings(page), []);
  await asks.getByLabel("Lost because").fill("Price");
  await asks.getByRole("button", { name: "Move to Lost" }).click();
  await lane("Lost").getByRole("group", { name: `${mark} B` }).waitFor();
  assert.equal(await stageOf(1), "lost");
});

test("Enter opens the card, and back is the board as it was", async () => {
  await card("A").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: `${mark} A` }).waitFor();
  await page.goBack();
  await card("A").waitFor();
  assert.match(page.url(), /_as=board/);
  assert.deepEqual(it.faults, []);
});
