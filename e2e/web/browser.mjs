// A browser for the stories: Chromium with an empty profile, on a running Kontor with its sample workspaces.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");

export const base = process.env.KONTOR ?? "http://127.0.0.1:8080";
export const password = process.env.PASSWORD ?? "Kontor-Sample-2026";
const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 }, small: { width: 360, height: 740 } };

/** A page of its own profile. A request to anywhere but Kontor fails the story. */
export async function open({ size = "wide", dark = false } = {}) {
  const profile = await mkdtemp(join(tmpdir(), "kontor-story-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args, viewport: sizes[size], locale: "en-GB",
    colorScheme: dark ? "dark" : "light", permissions: ["clipboard-read", "clipboard-write"], reducedMotion: "reduce",
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(15_000);
  const faults = [];
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== new URL(base).origin) faults.push(`asked ${request.url()}`);
  });
  page.on("pageerror", (error) => faults.push(`page: ${error.message}`));
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { page, faults, close, context };
}

export async function signIn(page, email = "admin@demo.kontor.local", workspace = "sales", secret = password) {
  await page.goto(base);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Where you are" }).waitFor();
  const here = await api(page, "GET", "/api/v1/me");
  if (here.workspace.slug !== workspace) await api(page, "POST", "/api/v1/auth/workspace", { workspace });
}

/** Until nothing has been asked for a while; the stream of changes is always under way. */
export async function settled(page, quiet = 500) {
  await page.waitForFunction(
    (quiet) => document.readyState === "complete" && performance.now() - (performance.getEntriesByType("resource").at(-1)?.responseEnd ?? 0) > quiet,
    quiet,
  );
}

/** The API, as the signed-in browser. */
export function api(page, method, path, body, headers = {}) {
  return page.evaluate(
    async ([method, path, body, headers]) => {
      const csrf = /(?:^|; )[\w-]+\.csrf=([^;]+)/.exec(document.cookie)?.[1] ?? "";
      const reply = await fetch(path, { method, headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf, ...headers }, ...(body ? { body: JSON.stringify(body) } : {}) });
      const text = await reply.text();
      if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
      return text ? JSON.parse(text) : null;
    },
    [method, path, body, headers],
  );
}

/** What axe finds on the page as it stands, in words. */
export async function findings(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target.join(" ")} (${n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ""})`).join(" | ")}`);
}
