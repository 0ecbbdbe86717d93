import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, base, findings, open, password } from "./browser.mjs";

let it;
before(async () => {
  it = await open();
});
after(() => it.close());

test("a wrong password is refused with a sentence, and nothing is lost", async () => {
  const { page } = it;
  await page.goto(`${base}/clients`);
  assert.deepEqual(await findings(page), []);
  await page.getByLabel("E-mail").fill("admin@demo.kontor.local");
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("E-mail").inputValue(), "admin@demo.kontor.local");
});

test("signing in leads to the address that was asked for", async () => {
  const { page } = it;
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Where you are" }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/clients");
});

test("the palette finds records and goes anywhere by the keyboard", async () => {
  const { page } = it;
  await inSales(page);
  await page.goto(`${base}/clients`);
  await page.getByRole("grid").waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: "Command palette" }).waitFor();
  await page.keyboard.type("hansen log");
  await page.getByRole("option", { name: /Hansen Logistik/ }).waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("option", { name: /Hansen Logistik/ }).first().click();
  await page.getByRole("heading", { level: 1, name: "Hansen Logistik GmbH" }).waitFor();
  assert.match(await page.title(), /^Hansen Logistik GmbH/);
});

test("? lists the keys of the page, and Esc closes the list", async () => {
  const { page } = it;
  await page.goto(`${base}/clients`);
  await page.getByRole("grid").waitFor();
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await help.getByText("Command palette").waitFor();
  assert.deepEqual(await findings(page), []);
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "detached" });
});

test("light, dark and language are chosen in one's menu and stay after a reload", async () => {
  const { page } = it;
  const menu = () => page.getByRole("button", { name: /your menu|Ihr Menü/ });
  await menu().click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.mode), "dark");
  await page.keyboard.press("Escape");
  await menu().click();
  await page.getByRole("menuitemradio", { name: "Deutsch" }).click();
  await page.reload();
  await page.getByRole("button", { name: "Filter" }).waitFor();
  assert.equal(await page.evaluate(() => [document.documentElement.dataset.mode, document.documentElement.lang].join()), "dark,de");
  await page.getByRole("button", { name: "Spalten" }).waitFor();
  await page.evaluate(() => localStorage.clear());
});

test("an address with nothing behind it says so", async () => {
  const { page } = it;
  await page.goto(`${base}/unicorns`);
  await page.getByRole("heading", { level: 2, name: "There is nothing at this address" }).waitFor();
  assert.deepEqual(await findings(page), []);
  await page.goto(`${base}/clients/0192e0a0-0000-7000-8000-000000000001`);
  await page.getByText("This record is not there").waitFor();
});

test("a session that ends is taken up again, and what was typed is still there", async () => {
  const { page, context } = it;
  await page.goto(`${base}/clients/new`);
  await page.getByLabel("Name *").fill("Half typed");
  await context.clearCookies();
  await page.getByRole("button", { name: "Create company" }).click();
  const again = page.getByRole("dialog", { name: "Your session is over" });
  await again.getByLabel("Password").fill(password);
  assert.deepEqual(await findings(page), []);
  await again.getByRole("button", { name: "Sign in" }).click();
  await again.waitFor({ state: "detached" });
  assert.equal(await page.getByLabel("Name *").inputValue(), "Half typed");
  await page.getByRole("button", { name: "Cancel" }).click();
});

test("word comes when the network is away", async () => {
  const { page, context } = it;
  await page.goto(`${base}/clients`);
  await page.getByRole("grid").waitFor();
  await context.setOffline(true);
  await page.getByText("You are offline").waitFor();
  await context.setOffline(false);
  await page.getByText("You are offline").waitFor({ state: "detached" });
});

test("signing out ends the session", async () => {
  const { page } = it;
  await page.getByRole("button", { name: /your menu/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to Kontor" }).waitFor();
  await assert.rejects(api(page, "GET", "/api/v1/me"), /401/);
  assert.deepEqual(it.faults, []);
});

/** These stories are about the workspace `sales`. */
async function inSales(page) {
  const me = await api(page, "GET", "/api/v1/me");
  if (me.workspace.slug !== "sales") await api(page, "POST", "/api/v1/auth/workspace", { workspace: "sales" });
}
