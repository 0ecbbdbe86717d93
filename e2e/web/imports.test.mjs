import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { api, base, findings, open, signIn } from "./browser.mjs";

let it;
let page;
const mark = `Importstory${Date.now()}`;
const file = (name, lines) => ({ name, mimeType: "text/csv", buffer: Buffer.from(lines.join("\n")) });
const people = [
  "Vorname,Nachname,E-Mail,Seen on",
  `Ada,${mark},ada@${mark}.example,24.12.2025`,
  `Ben,${mark},nobody,01.02.2026`,
  `Cem,${mark},cem@${mark}.example,02.02.2026`,
  `Known,${mark},known@${mark}.example,03.02.2026`,
];
const stored = () => api(page, "GET", `/api/v1/contacts?last_name=eq.${mark}&select=first_name,job_title&order=first_name`);
const names = async () => (await stored()).map((row) => row.first_name);

before(async () => {
  it = await open();
  page = it.page;
  await signIn(page);
  await api(page, "POST", "/api/v1/contacts", { first_name: "Known", last_name: mark, email: `known@${mark}.example` });
});
after(async () => {
  await api(page, "DELETE", `/api/v1/contacts?last_name=eq.${mark}`).catch(() => {});
  await it.close();
});

test("a list leads to an import of its records, and the columns are suggested with how sure that is", async () => {
  await page.goto(`${base}/contacts`);
  await page.getByRole("button", { name: "Import a file into Contacts" }).click();
  assert.equal(await page.getByLabel("What the rows become").inputValue(), "contact");
  assert.deepEqual(await findings(page), []);
  await page.getByLabel("Drop a file here").setInputFiles(file("people.csv", people));
  await page.getByRole("heading", { level: 1, name: "Where the columns of people.csv go" }).waitFor();
  assert.equal(await page.getByLabel("Field for the column Nachname").inputValue(), "last_name");
  assert.equal(await page.getByLabel("Field for the column E-Mail").inputValue(), "email");
  await page.getByText(`ada@${mark}.example · nobody`, { exact: false }).waitFor();
  assert.deepEqual(await findings(page), []);
});

test("columns are arranged by hand; two of one field are refused at once, and a reload keeps the rest", async () => {
  const seen = page.getByLabel("Field for the column Seen on");
  await seen.selectOption("email");
  await page.getByText("The column E-Mail goes there already.").waitFor();
  assert.equal(await seen.getAttribute("aria-invalid"), "true");
  assert.equal(await page.getByRole("button", { name: "Check the file" }).isDisabled(), true);
  await seen.selectOption("job_title");
  await page.getByText("Your choice").waitFor();
  await page.reload();
  assert.equal(await seen.inputValue(), "job_title");
});

test("the check tells every wrong row and which rows are like stored records, and writes nothing", async () => {
  await page.keyboard.press("Control+Enter");
  await page.getByText("Nothing was written: some rows are wrong.", { exact: false }).waitFor();
  const wrong = page.getByRole("table").getByRole("row").nth(1);
  assert.match(await wrong.innerText(), /3\s+E-Mail.*\s+nobody/);
  assert.deepEqual(await names(), ["Known"]);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Error file" }).click()]);
  const lines = (await readFile(await download.path(), "utf8")).trim().split("\n");
  assert.equal(lines.length, 2);
  assert.match(lines[1], new RegExp(`^Ben,${mark},nobody,`));
  await page.getByLabel("What becomes of row 5").selectOption({ label: `changes Known ${mark}` });
  assert.deepEqual(await findings(page), []);
});

test("the good rows are imported as chosen, and the import is taken back as one", async () => {
  await page.getByRole("button", { name: /Leave out the wrong rows, import 3/ }).click();
  await page.getByText("The import is complete.").waitFor();
  assert.deepEqual(await stored(), [
    { first_name: "Ada", job_title: "24.12.2025" }, { first_name: "Cem", job_title: "02.02.2026" }, { first_name: "Known", job_title: "03.02.2026" },
  ]);
  await page.getByRole("button", { name: "Take back" }).click();
  await page.getByRole("dialog", { name: "Take back the import of people.csv?" }).waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Take back 3 records" }).click();
  await page.getByText("The import was taken back.").waitFor();
  assert.deepEqual(await stored(), [{ first_name: "Known", job_title: null }]);
});

test("a file that cannot be read is refused where it was chosen", async () => {
  await page.goto(`${base}/imports/new?_object=contact`);
  await page.getByLabel("Drop a file here").setInputFiles({ name: "offer.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\n%\u00e2\u00e3\n1 0 obj\n") });
  await page.getByRole("alert").waitFor();
  assert.deepEqual(await findings(page), []);
});

test("the last imports are listed, and lead to what they did", async () => {
  await page.getByRole("link", { name: "Imports" }).first().click();
  const lines = page.getByRole("list", { name: "Imports" }).getByRole("listitem");
  await lines.filter({ hasText: "Taken back" }).first().waitFor();
  assert.deepEqual(await findings(page), []);
  await lines.filter({ hasText: "Taken back" }).first().getByRole("link").click();
  await page.getByText("The import was taken back.").waitFor();
});

test("who may not import finds no way to it, and is told so at its address", async () => {
  const other = await open();
  try {
    await signIn(other.page, "viewer@demo.kontor.local");
    await other.page.goto(`${base}/contacts`);
    await other.page.getByRole("button", { name: "Filter" }).waitFor();
    assert.equal(await other.page.getByRole("link", { name: "Imports" }).count(), 0);
    assert.equal(await other.page.getByRole("button", { name: /Import a file/ }).count(), 0);
    await other.page.goto(`${base}/imports`);
    await other.page.getByRole("heading", { level: 1, name: "This is not for you to see" }).waitFor();
    assert.deepEqual(other.faults, []);
  } finally {
    await other.close();
  }
  assert.deepEqual(it.faults, []);
});
