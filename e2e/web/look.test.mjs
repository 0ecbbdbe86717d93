// Every page of the app, light and dark, wide and on a phone: axe finds nothing, and nothing runs out of the window.
// SHOTS names a folder for pictures.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, base, findings, open, settled, signIn } from "./browser.mjs";

const shots = process.env.SHOTS;
const looks = [["wide", false], ["wide", true], ["phone", false], ["small", true]];

for (const [size, dark] of looks) {
  test(`every page is in order, ${size}, ${dark ? "dark" : "light"}`, async () => {
    const { page, faults, close } = await open({ size, dark });
    try {
      await signIn(page);
      const [client] = await api(page, "GET", "/api/v1/clients?limit=1&select=id,deals!inner(id)");
      const [deal] = await api(page, "GET", "/api/v1/deals?limit=1&select=id&stage=eq.proposal");
      const [quote] = await api(page, "GET", "/api/v1/quotes?limit=1&select=id&gross=gt.0");
      const me = await api(page, "GET", "/api/v1/me");
      const { link } = await api(page, "POST", "/api/v1/admin/invitations", { email: "guest@demo.kontor.local", role: "viewer" });
      // What the story of imports has left.
      const checked = (await api(page, "GET", "/api/v1/imports/jobs")).imports.find((each) => each.dry_run);
      const pages = {
        table: "/deals", filtered: "/deals?stage=in.(won,lost)&amount=gte.1000&unicorn=eq.1", nothing: "/deals?q=zzzzzzzz",
        board: "/deals?_as=board", groups: "/deals?_group=stage&_pins=2", timeline: "/tasks?_as=timeline&_date=2025-12-10&_group=project_id", cards: "/products?_as=cards", calendar: "/activities?_as=calendar&_date=2025-12-10", week: "/activities?_as=calendar&_zoom=week&_date=2025-12-10", view: "/deals?_view=open_deals&order=amount.desc", client: `/clients/${client.id}`, related: `/clients/${client.id}?_tab=deal.client_id`, details: `/deals/${deal.id}?_tab=details`, quote: `/quotes/${quote.id}`,
        peek: `/deals?_peek=${deal.id}`, form: "/quotes/new", nowhere: "/unicorns", members: "/members", webhooks: "/webhooks",
        settings: "/settings", profile: "/settings/profile", keys: "/settings/keys", admins: "/settings/members", member: `/settings/members/${me.member_id}`,
        roles: "/settings/roles/viewer", explain: "/settings/explain", objects: "/settings/objects", object: "/settings/objects/task", duplicates: "/settings/duplicates", changes: "/settings/changes", health: "/settings/health",
        invited: `/invitations/${new URL(link).searchParams.get("token")}`,
        imports: "/imports", import: "/imports/new?_object=contact", jobs: "/jobs", archive: "/clients/archive", notices: "/notifications",
        ...(checked ? { checked: `/imports/${checked.id}`, columns: `/imports/new?_object=contact&_upload=${checked.upload}&_file=people.csv` } : {}),
      };
      const wrong = [];
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(base + path);
        await page.getByRole("main").waitFor();
        await settled(page);
        await page.waitForTimeout(150);
        if (shots) await page.screenshot({ path: `${shots}/${name}-${size}-${dark ? "dark" : "light"}.png` });
        for (const each of await findings(page)) wrong.push(`${name}: ${each}`);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (over > 0) wrong.push(`${name}: ${over}px wider than the window`);
      }
      assert.deepEqual(wrong, []);
      assert.deepEqual(faults, []);
    } finally {
      await close();
    }
  });
}
