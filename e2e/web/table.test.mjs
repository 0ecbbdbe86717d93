import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, base, findings, open, signIn } from "./browser.mjs";

let it;
let page;
const mark = `Story ${Date.now()}`;
let ids = [];
before(async () => {
  it = await open();
  page = it.page;
  await signIn(page);
  const rows = ["A", "B", "C"].map((letter, at) => ({ name: `${mark} ${letter}`, employees: 10 * (at + 1) }));
  ids = (await api(page, "POST", "/api/v1/clients", rows)).map((row) => row.id);
});
after(async () => {
  await api(page, "DELETE", `/api/v1/clients?id=in.(${ids.join(",")})`).catch(() => {});
  await it.close();
});

const mine = (more = "") => `${base}/clients?q=${encodeURIComponent(mark)}&order=name.asc&_cols=name,employees,status,owner_id,tags${more}`;
const cell = (row, column) => page.locator(`[data-row="${row}"] [data-column="${column}"]`);
const grid = () => page.getByRole("grid");

test("a table shows what its address asks for, and can be read by a machine", async () => {
  await page.goto(mine());
  await cell(2, 0).waitFor();
  assert.equal(await page.locator("[data-row]").count(), 3);
  assert.match(await grid().locator(".grid-foot").innerText(), /3 companies[\s\S]*60/);
  assert.equal(await grid().getAttribute("aria-rowcount"), "4");
  assert.deepEqual(await findings(page), []);
});

test("a cell is edited in its place, and the toast takes it back", async () => {
  await cell(0, 1).click();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("1,250");
  await page.keyboard.press("Enter");
  await page.getByText("Company saved").first().waitFor();
  assert.equal((await api(page, "GET", `/api/v1/clients/${ids[0]}?select=employees`)).employees, 1250);
  await page.getByRole("button", { name: "Undo" }).first().click();
  await page.getByText("Undone").waitFor();
  assert.equal((await api(page, "GET", `/api/v1/clients/${ids[0]}?select=employees`)).employees, 10);
});

test("what is no number keeps the editor open and says why", async () => {
  await cell(0, 1).click();
  await grid().press("Enter");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("many");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").filter({ hasText: "This is not a number." }).waitFor();
  assert.deepEqual(await findings(page), []);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".cell-editor").count(), 0);
});

test("what the server refuses is put back, and its sentence stands at the cell", async () => {
  await cell(0, 1).click();
  await grid().press("Enter");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("-5");
  await page.keyboard.press("Enter");
  await page.locator(".cell-fault").waitFor();
  assert.equal((await api(page, "GET", `/api/v1/clients/${ids[0]}?select=employees`)).employees, 10);
  await page.keyboard.press("Escape");
  assert.match(await cell(0, 1).innerText(), /10/);
});

test("a change is on the screen before the server has answered, and a lost answer takes it back", async () => {
  let answer;
  const asked = new Promise((resolve) => {
    page.route(`**/api/v1/clients/${ids[0]}?*`, (route) => {
      if (route.request().method() !== "PATCH") return route.continue();
      answer = () => route.abort();
      resolve();
    });
  });
  await cell(0, 1).click();
  await grid().press("Enter");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("4321");
  await page.keyboard.press("Enter");
  await asked;
  await cell(0, 1).getByText("4,321").waitFor();
  answer();
  await page.getByRole("alert").filter({ hasText: "Kontor does not answer" }).waitFor();
  await page.unrouteAll();
  await page.keyboard.press("Escape");
  await cell(0, 1).getByText("10", { exact: true }).waitFor();
});

test("a value that somebody else changed meanwhile is not overwritten unasked", async () => {
  await page.goto(mine());
  await cell(1, 1).waitFor();
  await api(page, "PATCH", `/api/v1/clients/${ids[1]}`, { employees: 77 });
  await cell(1, 1).click();
  await grid().press("F2");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("88");
  await page.keyboard.press("Enter");
  await page.getByText("Somebody else has changed this to “77” meanwhile.").waitFor();
  await page.getByRole("button", { name: "Save mine" }).click();
  await page.getByText("Company saved").first().waitFor();
  assert.equal((await api(page, "GET", `/api/v1/clients/${ids[1]}?select=employees`)).employees, 88);
});

test("Tab saves and goes on to the right; options and people are chosen by typing", async () => {
  await page.goto(mine());
  await cell(2, 2).waitFor();
  await cell(2, 2).click();
  await grid().press("Enter");
  await page.keyboard.type("inact");
  await page.keyboard.press("Enter");
  await cell(2, 2).getByText("Inactive").waitFor();
  await cell(2, 3).click();
  await grid().press("Enter");
  await page.keyboard.type("milan");
  await page.getByRole("option", { name: /Milan/ }).first().waitFor();
  await page.keyboard.press("Enter");
  await cell(2, 3).getByText("Milan").waitFor();
  await page.waitForFunction(async (id) => (await (await fetch(`/api/v1/clients/${id}?select=status,owner(name)`)).json()).owner?.name?.startsWith("Milan"), ids[2]);
});

test("a click sorts, and the address says how", async () => {
  await page.getByRole("columnheader", { name: "Employees" }).getByRole("button").click();
  await page.waitForURL(/order=employees\.asc/);
  await page.getByRole("columnheader", { name: "Employees" }).getByRole("button").click();
  await page.waitForURL(/order=employees\.desc/);
  await page.waitForFunction((wanted) => document.querySelector('[data-row="0"] [data-column="0"]')?.textContent?.includes(wanted), `${mark} B`);
  assert.equal(await page.getByRole("columnheader", { name: "Employees" }).getAttribute("aria-sort"), "descending");
});

test("a filter is put together from words, stands in the address and survives a reload", async () => {
  await page.goto(mine());
  await cell(0, 0).waitFor();
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await page.getByRole("textbox", { name: "Field" }).fill("empl");
  await page.getByRole("button", { name: "Employees", exact: true }).last().click();
  await page.getByRole("combobox").last().selectOption({ label: "at least" });
  await page.getByLabel("Value").fill("50");
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Apply" }).click();
  await page.waitForURL(/employees=gte\.50/);
  await page.reload();
  await page.getByRole("button", { name: /Employees at least 50/ }).waitFor();
  await cell(0, 0).waitFor();
  assert.equal(await page.locator("[data-row]").count(), 1);
});

test("an unknown field in the address is a broken chip and no error", async () => {
  await page.goto(mine("&unicorn=eq.1"));
  await page.getByRole("button", { name: "Remove the unknown filter unicorn" }).click();
  await page.waitForURL((url) => !url.search.includes("unicorn"));
  assert.equal(await page.locator("[data-row]").count(), 3);
});

test("a filter that nothing fits can be cleared", async () => {
  await page.goto(mine("&employees=gte.999999"));
  await page.getByText("No companies match").waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.getByRole("grid").waitFor();
});

test("columns are hidden and shown, and the address keeps them", async () => {
  await page.goto(mine());
  await cell(0, 0).waitFor();
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: "Tags" }).uncheck();
  await page.waitForURL(/_cols=name,employees,status,owner_id(&|$)/);
  assert.equal(await page.getByRole("columnheader").count(), 5);
});

test("a block from a spreadsheet is pasted cell by cell", async () => {
  await page.goto(mine());
  await cell(1, 1).waitFor();
  await cell(0, 1).click();
  await page.evaluate(() => navigator.clipboard.writeText("101\tInactive\n102\tActive"));
  await page.keyboard.press("Control+v");
  await page.waitForFunction(async (id) => (await (await fetch(`/api/v1/clients/${id}?select=employees`)).json()).employees === 102, ids[1]);
  const pasted = async (id) => JSON.stringify(await (await fetch(`/api/v1/clients/${id}?select=employees,status`)).json());
  await page.waitForFunction(`(${pasted})("${ids[0]}").then((row) => row === '{"employees":101,"status":"inactive"}')`);
});

test("selected rows are changed together, archived and brought back", async () => {
  await page.goto(mine());
  await cell(0, 0).waitFor();
  await cell(0, 1).click();
  await page.keyboard.press("x");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Shift+X");
  await page.getByText("2 selected").waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Set a field" }).click();
  await page.getByLabel("Field", { exact: true }).selectOption({ label: "Employees" });
  await page.getByLabel("Employees").last().fill("500");
  await page.getByRole("button", { name: "Change 2 records" }).click();
  await page.getByText("2 records changed").waitFor();
  const changed = await api(page, "GET", `/api/v1/clients?id=in.(${ids.join(",")})&employees=eq.500&select=id`);
  assert.equal(changed.length, 2);
  await page.keyboard.press("Escape");
  await cell(2, 0).locator("xpath=..").getByRole("checkbox").click();
  await page.getByRole("toolbar").getByRole("button", { name: "Archive" }).click();
  await page.getByText("1 record archived").waitFor();
  assert.equal(await page.locator("[data-row]").count(), 2);
  await page.getByRole("button", { name: "Undo" }).first().click();
  await page.waitForFunction(() => document.querySelectorAll("[data-row]").length === 3);
});

test("deleting asks, names the act, and can be undone", async () => {
  await page.goto(mine());
  await cell(2, 1).waitFor();
  await cell(2, 1).click();
  await page.keyboard.press("x");
  await page.getByRole("button", { name: "Delete" }).click();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Delete 1 record" }).click();
  await page.getByText("1 record deleted").waitFor();
  await assert.rejects(api(page, "GET", `/api/v1/clients/${ids[2]}`), /404/);
  await page.getByRole("button", { name: "Undo" }).first().click();
  await page.getByText("Undone").waitFor();
  assert.equal((await api(page, "GET", `/api/v1/clients/${ids[2]}?select=name`)).name, `${mark} C`);
});

test("Space shows a record beside the list, arrows step through, Esc closes", async () => {
  await page.goto(mine());
  await cell(0, 0).waitFor();
  await cell(0, 1).click();
  await page.keyboard.press(" ");
  const peek = page.getByRole("complementary", { name: "Record beside the list" });
  await peek.getByRole("heading", { name: `${mark} A` }).waitFor();
  assert.match(page.url(), /_peek=/);
  assert.deepEqual(await findings(page), []);
  await page.keyboard.press("ArrowDown");
  await peek.getByRole("heading", { name: `${mark} B` }).waitFor();
  await page.keyboard.press("Escape");
  await peek.waitFor({ state: "detached" });
});

test("a long list comes window by window as one scrolls", async () => {
  await page.goto(`${base}/deals`);
  await page.locator('[data-row="0"]').waitFor();
  const [{ count: total }] = await api(page, "GET", "/api/v1/deals?select=count()");
  assert.ok(total > 200, `${total} deals`);
  await page.waitForFunction((rows) => document.querySelector("[role=grid]").getAttribute("aria-rowcount") === String(rows), total + 1);
  const last = page.locator(`[data-row="${total - 1}"]`);
  for (let step = 0; step < 60 && (await last.count()) === 0; step++) {
    await grid().evaluate((box) => box.scrollTo(0, box.scrollHeight));
    await page.waitForTimeout(300);
  }
  await last.waitFor();
  assert.ok((await page.locator("[data-row]").count()) < 80, "only what is seen is drawn");
  assert.deepEqual(it.faults, []);
});
