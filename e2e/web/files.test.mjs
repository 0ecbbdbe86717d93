// Files and notes on a record: dropped, chosen and pasted; looked at, renamed, put away; written, with people and pictures.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deflateSync, crc32 } from "node:zlib";
import { api, base, findings, open, signIn } from "./browser.mjs";

let it;
let page;
let client;
const mark = `Files story ${Date.now()}`;
const pdf = Buffer.from("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n");

/** A picture of one colour. */
function png(width, height, [r, g, b]) {
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const size = Buffer.alloc(4);
    const sum = Buffer.alloc(4);
    size.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body) >>> 0);
    return Buffer.concat([size, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from([r, g, b]))]);
  const rows = Buffer.concat(Array.from({ length: height }, () => row));
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

before(async () => {
  it = await open();
  page = it.page;
  await signIn(page);
  client = (await api(page, "POST", "/api/v1/clients", { name: `${mark} client` })).id;
});
after(async () => {
  for (const [object, filter] of [["files", `client_id=eq.${client}`], ["notes", `client_id=eq.${client}`], ["clients", `id=eq.${client}`]]) {
    await api(page, "DELETE", `/api/v1/${object}?${filter}`).catch(() => {});
  }
  await it.close();
});

const card = () => page.getByRole("region", { name: "Files", exact: true });
const stored = (select = "name,mime_type,size,width,height") => api(page, "GET", `/api/v1/files?client_id=eq.${client}&select=${select}&order=name`);

/** As from the desktop: the browser makes such an event itself. */
function drop(target, files) {
  return target.evaluate((element, files) => {
    const data = new DataTransfer();
    for (const { name, type, bytes } of files) data.items.add(new File([new Uint8Array(bytes)], name, { type }));
    for (const kind of ["dragover", "drop"]) element.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
  }, files);
}

/** Pasting into whatever has the focus. */
function paste(files) {
  return page.evaluate((files) => {
    const data = new DataTransfer();
    for (const { name, type, bytes } of files) data.items.add(new File([new Uint8Array(bytes)], name, { type }));
    (document.activeElement ?? document.body).dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, files);
}

test("several files are chosen at once, and one that is none is refused beside the others", async () => {
  await page.goto(`${base}/clients/${client}`);
  await card().getByText("Drop files here").waitFor();
  assert.deepEqual(await findings(page), []);
  await card().locator("input[type=file]").setInputFiles([
    { name: "offer.pdf", mimeType: "application/pdf", buffer: pdf },
    { name: "boat.png", mimeType: "image/png", buffer: png(64, 40, [20, 90, 160]) },
    { name: "virus.png", mimeType: "image/png", buffer: Buffer.from("MZ\x90\0 This program cannot be run in DOS mode.") },
  ]);
  await card().getByRole("button", { name: "offer.pdf", exact: true }).waitFor();
  await card().getByRole("button", { name: "boat.png", exact: true }).waitFor();
  await card().getByRole("alert").getByText("Files of this type are not taken.").waitFor();
  assert.deepEqual(await findings(page), []);
  await card().getByRole("button", { name: "Give up virus.png" }).click();
  const files = await stored();
  assert.deepEqual(files.map((f) => [f.name, f.mime_type, f.width, f.height]), [["boat.png", "image/png", 64, 40], ["offer.pdf", "application/pdf", null, null]]);
});

test("a file is dropped on the card, and a picture is pasted anywhere on the page", async () => {
  await drop(card(), [{ name: "plan.png", type: "image/png", bytes: [...png(30, 30, [200, 120, 20])] }]);
  await card().getByRole("button", { name: "plan.png", exact: true }).waitFor();
  await page.evaluate(() => document.activeElement?.blur());
  await paste([{ name: "image.png", type: "image/png", bytes: [...png(10, 10, [10, 160, 60])] }]);
  await card().getByRole("button", { name: /^\d{4}-\d{2}-\d{2}-\d{6}\.png$/ }).waitFor();
  assert.equal((await stored()).length, 4);
});

test("a picture and a PDF are shown in front of the page, and a file is downloaded", async () => {
  const stamp = card().locator("li", { hasText: "boat.png" }).locator("img");
  await page.waitForFunction((image) => image.naturalWidth === 64, await stamp.elementHandle());
  await card().getByRole("button", { name: "boat.png", exact: true }).click();
  const shown = page.getByRole("dialog", { name: "boat.png" });
  await page.waitForFunction((image) => image.naturalWidth === 64, await shown.locator("img").elementHandle());
  assert.deepEqual(await findings(page), []);
  const [download] = await Promise.all([page.waitForEvent("download"), shown.getByRole("link", { name: "Download" }).click()]);
  assert.equal(download.suggestedFilename(), "boat.png");
  await page.keyboard.press("Escape");
  const [reply] = await Promise.all([
    page.waitForResponse((r) => r.url().includes("/api/v1/downloads/") && r.headers()["content-type"] === "application/pdf"),
    card().getByRole("button", { name: "offer.pdf", exact: true }).click(),
  ]);
  await page.getByRole("dialog", { name: "offer.pdf" }).locator("iframe").waitFor();
  assert.equal(reply.headers()["content-type"], "application/pdf");
  assert.equal(reply.headers()["x-frame-options"], "SAMEORIGIN");
  await page.keyboard.press("Escape");
});

test("a file is renamed by keyboard, put away, and taken back", async () => {
  await card().getByRole("button", { name: "Actions for plan.png" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Rename" }).press("Enter");
  const box = card().getByLabel("Name of the file");
  await box.waitFor();
  await page.keyboard.type("deck");
  await page.keyboard.press("Enter");
  await card().getByRole("button", { name: "deck.png", exact: true }).waitFor();
  await card().getByRole("button", { name: "Actions for deck.png" }).click();
  await page.getByRole("menuitem", { name: "Archive" }).click();
  await card().getByRole("button", { name: "deck.png", exact: true }).waitFor({ state: "detached" });
  await page.getByRole("dialog", { name: "1 record archived" }).getByRole("button", { name: "Undo" }).click();
  await card().getByRole("button", { name: "deck.png", exact: true }).waitFor();
});

test("a note is written with marks and people, kept while it is a draft, and posted by Ctrl+Enter", async () => {
  await page.goto(`${base}/clients/${client}`);
  const box = page.getByRole("textbox", { name: "Write a note" });
  await box.click();
  await page.keyboard.type("Called about the ");
  await page.keyboard.press("Control+b");
  await page.keyboard.type("winter berth");
  await page.keyboard.press("Control+b");
  await page.keyboard.type(". @");
  const people = page.getByRole("listbox", { name: "People" });
  await people.getByRole("option").first().waitFor();
  assert.deepEqual(await findings(page), []);
  const name = (await people.getByRole("option").first().textContent()).trim();
  await page.keyboard.press("Enter");
  await page.keyboard.type("will send it.");
  assert.equal(await box.inputValue(), `Called about the **winter berth**. @${name} will send it.`);
  await page.reload();
  assert.equal(await box.inputValue(), `Called about the **winter berth**. @${name} will send it.`, "a draft stays");
  await box.focus();
  await page.keyboard.press("Control+Enter");
  const said = page.getByRole("region", { name: "What happened" }).locator(".said");
  await said.locator("b", { hasText: "winter berth" }).waitFor();
  await said.locator(".mention", { hasText: `@${name}` }).waitFor();
  assert.equal(await box.inputValue(), "");
  const [note] = await api(page, "GET", `/api/v1/notes?client_id=eq.${client}&select=body,mention_ids`);
  assert.equal(note.mention_ids.length, 1);
  assert.deepEqual(await findings(page), []);
});

test("a picture pasted into a note becomes a file of the record and stands in the note", async () => {
  const box = page.getByRole("textbox", { name: "Write a note" });
  await box.click();
  await page.keyboard.type("The damage:");
  await paste([{ name: "image.png", type: "image/png", bytes: [...png(24, 24, [180, 20, 20])] }]);
  await page.waitForFunction(() => document.querySelector(".composer textarea").value.includes("](file:"));
  await page.keyboard.press("Control+Enter");
  const picture = page.locator(".said img");
  await picture.waitFor();
  await page.waitForFunction((image) => image.naturalWidth === 24, await picture.elementHandle());
  assert.equal((await stored()).length, 5);
});

test("the timeline is narrowed to notes, activities or changes", async () => {
  await api(page, "POST", "/api/v1/activities", { type: "call", subject: `${mark} call`, client_id: client });
  await page.reload();
  const timeline = page.getByRole("region", { name: "What happened" });
  await timeline.getByText(`${mark} call`).waitFor();
  await timeline.getByRole("button", { name: "Notes", exact: true }).click();
  await timeline.getByText("The damage:").waitFor();
  assert.equal(await timeline.getByText(`${mark} call`).count(), 0);
  assert.equal(await timeline.getByText("created this").count(), 0);
  await timeline.getByRole("button", { name: "Activities", exact: true }).click();
  await timeline.getByText(`${mark} call`).waitFor();
  await timeline.getByRole("button", { name: "Changes", exact: true }).click();
  await timeline.getByText("created this").waitFor();
  assert.deepEqual(await findings(page), []);
  await api(page, "DELETE", `/api/v1/activities?client_id=eq.${client}`);
});

test("on a phone nothing is wider than the window", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.reload();
  await card().getByRole("button", { name: "offer.pdf", exact: true }).waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(it.faults, []);
});
