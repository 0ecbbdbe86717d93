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

const field = async (label, kind) => {
  await page.getByRole("button", { name: "New field" }).click();
  const dialog = page.getByRole("dialog", { name: "New field" });
  await dialog.getByLabel("Label", { exact: true }).fill(label);
  if (kind) await dialog.getByLabel("Kind").selectOption({ label: kind });
  return dialog;
};
const fields = () => page.getByRole("list", { name: "Fields", exact: true });
const names = async () => (await api(page, "GET", "/api/v1/admin/objects/boat")).fields.filter((f) => !f.system && !f.archived).map((f) => f.name);

test("an object of one's own is made, and is in the sidebar at once", async () => {
  await page.goto(`${base}/settings/objects`);
  await page.getByRole("button", { name: "New object" }).click();
  const dialog = page.getByRole("dialog", { name: "New object" });
  await dialog.getByLabel("What one is called").fill("Boat");
  await dialog.getByLabel("What many are called").fill("Boats");
  assert.equal(await dialog.getByLabel("Name for programs").inputValue(), "boat");
  assert.deepEqual(await findings(page), []);
  await dialog.getByRole("button", { name: "Make the object" }).click();
  await page.getByRole("heading", { level: 1, name: "Boats" }).waitFor();
  await page.getByRole("navigation", { name: "Records" }).getByRole("button", { name: "More" }).click();
  await page.getByRole("link", { name: "Boats" }).waitFor();
});

test("a field is drawn while it is described, its options have colours, and what is wrong stands at its place", async () => {
  const dialog = await field("Sail colour", "One of several options");
  for (const label of ["White", "Red"]) {
    await dialog.getByRole("button", { name: "Add an option" }).click();
    await dialog.getByRole("textbox", { name: /^Option \d/ }).last().fill(label);
  }
  await dialog.getByLabel("Colour of Red").selectOption({ label: "red" });
  await dialog.getByRole("button", { name: "Move Red", exact: true }).press("Alt+ArrowUp");
  const preview = dialog.getByRole("region", { name: "Preview" });
  await preview.getByLabel("Sail colour").click();
  assert.deepEqual(await dialog.getByRole("option", { name: /^(Red|White)$/ }).filter({ has: page.locator(".chip") }).allInnerTexts(), ["Red", "White"]);
  await page.keyboard.press("Enter");
  assert.deepEqual(await findings(page), []);
  await dialog.getByRole("button", { name: "Add the field" }).click();
  await fields().getByText("sail_colour").waitFor();
  const { options } = (await api(page, "GET", "/api/v1/admin/objects/boat")).fields.find((f) => f.name === "sail_colour");
  assert.deepEqual(options.map((o) => [o.value, o.color]), [["red", "red"], ["white", "blue"]]);

  const wrong = await field("Draught", "Formula");
  await wrong.getByLabel("Formula", { exact: true }).fill("depth_that_is_not_there * 2");
  await wrong.getByRole("button", { name: "Add the field" }).click();
  await wrong.locator(".fault").first().waitFor();
  await wrong.getByLabel("Kind").selectOption({ label: "Number" });
  await wrong.getByLabel("Unit").fill("m");
  await wrong.getByRole("button", { name: "Add the field" }).click();
  await fields().getByText("draught", { exact: true }).waitFor();
  // It gives the focus back when it goes.
  await wrong.waitFor({ state: "hidden" });
});

test("fields are put in order by keyboard and by dragging, and lists follow", async () => {
  assert.deepEqual(await names(), ["name", "sail_colour", "draught"]);
  const grip = page.getByRole("button", { name: "Move Draught" });
  const ordered = () => page.waitForResponse((r) => r.url().endsWith("/fields/order"));
  const first = ordered();
  await grip.press("Alt+ArrowUp");
  await first;
  assert.deepEqual(await names(), ["name", "draught", "sail_colour"]);
  await page.getByText("Draught: 2 of 3").waitFor({ state: "attached" });
  const second = ordered();
  await page.getByRole("button", { name: "Move Sail colour" }).dragTo(page.getByRole("button", { name: "Move Draught" }));
  await second;
  assert.deepEqual(await names(), ["name", "sail_colour", "draught"]);
});

test("a select field becomes stages, which have their order and colours", async () => {
  await page.getByRole("button", { name: "New stages" }).click();
  const dialog = page.getByRole("dialog", { name: "New stages" });
  await dialog.getByLabel("Label", { exact: true }).fill("Life");
  await dialog.getByRole("button", { name: "Add a stage" }).click();
  await dialog.getByLabel("Stage 3").fill("Sold");
  await dialog.getByLabel("What Sold means").selectOption({ label: "won" });
  assert.deepEqual(await findings(page), []);
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("list", { name: "Stages" }).getByText("Sold").waitFor();
  const [life] = (await api(page, "GET", "/api/v1/admin/objects/boat")).pipelines;
  assert.deepEqual(life.stages.map((s) => [s.name, s.outcome]), [["red", "open"], ["white", "open"], ["sold", "won"]]);
});

test("a role is let in, and the new object is used like any other", async () => {
  const rights = page.getByRole("form", { name: "Who may use it" });
  await rights.getByLabel("Viewer").selectOption({ label: "Read all" });
  await rights.getByRole("button", { name: "Save" }).click();
  await page.getByText("Boat saved").first().waitFor();
  await page.getByRole("navigation", { name: "Records" }).getByRole("link", { name: "Boats" }).click();
  await page.getByRole("heading", { name: "No boats yet" }).waitFor();
  await api(page, "POST", "/api/v1/boats", { name: "Albatros", draught: "1.8" });
});

test("a field is archived with its values, brought back, and deleted by whoever types its name", async () => {
  await page.goto(`${base}/settings/objects/boat`);
  await page.getByRole("button", { name: "Archive Draught" }).click();
  await page.getByText("Draught archived; its values are kept").waitFor();
  const away = page.getByRole("list", { name: "Archived fields" });
  await away.getByRole("button", { name: "Restore Draught" }).click();
  await fields().getByText("draught", { exact: true }).waitFor();
  assert.equal((await api(page, "GET", "/api/v1/boats"))[0].draught, "1.8");
  await page.getByRole("button", { name: "Archive Draught" }).click();
  await away.getByRole("button", { name: "Delete Draught for good" }).click();
  const sure = page.getByRole("dialog", { name: "Delete Draught?" });
  assert.ok(await sure.getByRole("button", { name: "Delete Draught" }).isDisabled());
  await sure.getByLabel("Type draught to confirm").fill("draught");
  assert.deepEqual(await findings(page), []);
  await sure.getByRole("button", { name: "Delete Draught" }).click();
  await away.getByText(/Its values go at/).waitFor();
});

test("a shipped object takes a field of one's own and another label; its other fields stay as they are", async () => {
  await page.goto(`${base}/settings/objects/deal`);
  await page.getByRole("button", { name: "Amount", exact: true }).click();
  const shipped = page.getByRole("dialog", { name: "Field Amount" });
  assert.ok(await shipped.getByLabel("Kind").isDisabled());
  await shipped.getByLabel("Help").fill("Without tax");
  await shipped.getByRole("button", { name: "Save" }).click();
  await page.getByText("Amount saved").waitFor();
  const dialog = await field("Length over all", "Number");
  await dialog.getByLabel("Unit").fill("m");
  await dialog.getByRole("button", { name: "Add the field" }).click();
  await fields().getByText("length_over_all").waitFor();
  assert.equal((await api(page, "GET", "/api/v1/deals?limit=1&select=length_over_all"))[0].length_over_all, null);
  await api(page, "PUT", "/api/v1/admin/objects/deal/fields/length_over_all/archival");
  await api(page, "DELETE", "/api/v1/admin/objects/deal/fields/length_over_all?confirm=length_over_all&now=true");
  await api(page, "PATCH", "/api/v1/admin/objects/deal/fields/amount", { help: null });
});

test("an object is archived and deleted", async () => {
  await page.goto(`${base}/settings/objects/boat`);
  await page.getByRole("button", { name: "Archive", exact: true }).click();
  await page.getByText("Boats archived; its values are kept").waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  const sure = page.getByRole("dialog");
  await sure.getByLabel("Type boat to confirm").fill("boat");
  await sure.getByRole("button", { name: /^Delete/ }).click();
  await page.getByRole("heading", { level: 1, name: "Objects and fields" }).waitFor();
  await api(page, "DELETE", "/api/v1/admin/objects/boat?confirm=boat&now=true");
  assert.deepEqual(it.faults, []);
});
