import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, base, findings, open, signIn } from "./browser.mjs";

const email = `new-${Date.now()}@demo.kontor.local`;
let it;
let page;
let link;
before(async () => {
  it = await open();
  page = it.page;
  await signIn(page);
});
after(() => it.close());

test("somebody is invited with a role, and the link is told once", async () => {
  await page.goto(`${base}/clients`);
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Members" }).click();
  await page.getByRole("heading", { level: 1, name: "Members" }).waitFor();
  await page.getByRole("button", { name: "Invite somebody" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite somebody" });
  await dialog.getByLabel("E-mail").fill("no address");
  await dialog.getByLabel("Role").selectOption({ label: "Viewer" });
  await dialog.getByLabel("Where").selectOption({ index: 1 });
  await dialog.getByRole("button", { name: "Make the invitation" }).click();
  await dialog.locator(".fault").first().waitFor();
  await dialog.getByLabel("E-mail").fill(email);
  await dialog.getByRole("button", { name: "Make the invitation" }).click();
  const told = page.getByRole("dialog", { name: `Invitation for ${email}` });
  link = await told.locator("code").innerText();
  assert.deepEqual(await findings(page), []);
  await told.getByRole("button", { name: "Copy" }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), link);
  await told.getByRole("button", { name: "Done" }).click();
  const line = page.getByRole("list", { name: "Invitations" }).getByRole("listitem").filter({ hasText: email });
  await line.getByText("Viewer · Head office").waitFor();
  assert.equal(await page.getByText(link).count(), 0);
});

test("an invitation is withdrawn, and its link says that it is not valid", async () => {
  const other = `gone-${Date.now()}@demo.kontor.local`;
  const { link: dead } = await api(page, "POST", "/api/v1/admin/invitations", { email: other, role: "viewer" });
  await page.reload();
  await page.getByRole("button", { name: `Withdraw the invitation for ${other}` }).click();
  await page.getByText(`The invitation for ${other} is withdrawn`).waitFor();
  assert.equal(await page.getByRole("listitem").filter({ hasText: other }).count(), 0);
  const guest = await open();
  try {
    await guest.page.goto(`${base}/invitations/${new URL(dead).searchParams.get("token")}`);
    await guest.page.getByRole("heading", { level: 2, name: "This invitation is not valid" }).waitFor();
    assert.deepEqual(await findings(guest.page), []);
  } finally {
    await guest.close();
  }
});

test("who is invited chooses name and password, with the rules ticked off while typing, and is in", async () => {
  const guest = await open({ size: "phone" });
  try {
    const { pathname, search } = new URL(link);
    await guest.page.goto(base + pathname + search);
    await guest.page.getByRole("heading", { level: 1, name: "Join B2B sales sample" }).waitFor();
    await guest.page.getByLabel("Name").fill("Petra Neu");
    const rules = guest.page.getByRole("list", { name: "What a password must be" });
    await guest.page.getByLabel("New password", { exact: true }).fill("harbour");
    assert.equal(await rules.locator("[data-kept=true]").count(), 1);
    assert.ok(await guest.page.getByRole("button", { name: "Join" }).isDisabled());
    await guest.page.getByLabel("New password", { exact: true }).fill("Harbour-2026-light");
    await guest.page.getByLabel("New password, once more").fill("Harbour-2026-light");
    assert.equal(await rules.locator("[data-kept=true]").count(), 6);
    assert.deepEqual(await findings(guest.page), []);
    await guest.page.getByRole("button", { name: "Join" }).click();
    await guest.page.getByRole("button", { name: /Petra Neu/ }).waitFor();
    assert.deepEqual(guest.faults, []);
  } finally {
    await guest.close();
  }
});

test("a member is given a role somewhere, it is taken away and comes back by the toast; they are disabled and let in", async () => {
  await page.goto(`${base}/settings/members`);
  await page.getByLabel("Search Members").fill("Petra");
  await page.getByRole("link", { name: "Petra Neu" }).click();
  await page.getByRole("heading", { level: 1, name: "Petra Neu" }).waitFor();
  const roles = page.getByRole("list", { name: "Roles" });
  await roles.getByRole("listitem").first().waitFor();
  assert.equal(await roles.getByRole("listitem").count(), 1);
  await page.getByRole("button", { name: "Give a role" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Give a role" });
  await dialog.getByLabel("Role").selectOption({ label: "Manager" });
  await dialog.getByRole("button", { name: "Give a role" }).click();
  await roles.getByText("Manager").waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Take away Manager, Everywhere" }).click();
  await page.getByText("Manager taken away").waitFor();
  await page.getByRole("button", { name: "Undo" }).last().click();
  await roles.getByText("Manager").waitFor();
  await page.getByRole("button", { name: "Disable" }).click();
  await page.getByText("Petra Neu is disabled").waitFor();
  await page.getByRole("button", { name: "Let in again" }).click();
  await page.getByText("Petra Neu may come in again").waitFor();
  await page.getByLabel("Job title").fill("Purser");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
});

test("an API key with chosen scopes is shown once, works, and is revoked", async () => {
  await page.goto(`${base}/settings/keys`);
  await page.getByRole("button", { name: "New key" }).first().click();
  const dialog = page.getByRole("dialog", { name: "New key" });
  await dialog.getByLabel("Name").fill("Website");
  await dialog.getByLabel("What it may", { exact: true }).selectOption({ label: "Only what is ticked" });
  await dialog.getByLabel("Search what it may").fill("deals");
  await dialog.getByLabel("read Deals", { exact: true }).check();
  assert.deepEqual(await findings(page), []);
  await dialog.getByRole("button", { name: "Make the key" }).click();
  const told = page.getByRole("dialog", { name: "Key Website" });
  const key = await told.locator("code").innerText();
  const ask = (path) => fetch(`${base}/api/v1${path}`, { headers: { Authorization: `Bearer ${key}` } });
  assert.equal((await ask("/deals?limit=1")).status, 200);
  assert.equal((await ask("/clients?limit=1")).status, 403);
  await told.getByRole("button", { name: "I have kept it" }).click();
  await page.getByText(/deal:read/).first().waitFor();
  await page.getByRole("button", { name: "Revoke Website" }).first().click();
  await page.getByRole("dialog", { name: "Revoke Website?" }).getByRole("button", { name: "Revoke" }).click();
  await page.getByText("Website is revoked").waitFor();
  assert.equal((await ask("/deals?limit=1")).status, 401);
});

test("one's own page: a name is changed, another session ended, the password changed only by who knows it", async () => {
  const other = await open();
  try {
    await signIn(other.page, email, "sales", "Harbour-2026-light");
    await other.page.getByRole("button", { name: /Petra Neu/ }).click();
    await other.page.getByRole("menuitem", { name: "Your profile" }).click();
    await other.page.getByLabel("Name").fill("Petra Alt");
    await other.page.getByRole("form", { name: "About you" }).getByRole("button", { name: "Save" }).click();
    await other.page.getByRole("button", { name: /Petra Alt/ }).waitFor();
    const sessions = other.page.getByRole("list", { name: "Where you are signed in" });
    assert.equal(await sessions.getByRole("listitem").count(), 2);
    await sessions.getByRole("button", { name: /^Sign out/ }).click();
    await other.page.getByText("1 session ended").waitFor();
    const form = other.page.getByRole("form", { name: "Password" });
    await form.getByLabel("Current password").fill("wrong");
    await form.getByLabel("New password", { exact: true }).fill("Harbour-2027-light");
    await form.getByLabel("New password, once more").fill("Harbour-2027-light");
    await form.getByRole("button", { name: "Change the password" }).click();
    await form.getByText("This is not your current password.").waitFor();
    assert.deepEqual(await findings(other.page), []);
    await form.getByLabel("Current password").fill("Harbour-2026-light");
    await form.getByRole("button", { name: "Change the password" }).click();
    await other.page.getByText("Password changed").waitFor();
    assert.deepEqual(other.faults, []);
  } finally {
    await other.close();
  }
});

test("who lacks the right finds no page of it, and its address names the right and who has it", async () => {
  const other = await open();
  try {
    await signIn(other.page, "viewer@demo.kontor.local");
    await other.page.goto(`${base}/settings`);
    const nav = other.page.getByRole("navigation", { name: "Settings" });
    await nav.getByRole("link", { name: "Your profile" }).waitFor();
    assert.equal(await nav.getByRole("link").count(), 1);
    await other.page.goto(`${base}/settings/members`);
    await other.page.getByText("members.manage").waitFor();
    await other.page.getByText(/Roles that have it: admin/).waitFor();
    assert.deepEqual(await findings(other.page), []);
  } finally {
    await other.close();
  }
  assert.deepEqual(it.faults, []);
});
