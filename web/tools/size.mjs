// What a first visit loads, gzipped, against the budgets of docs/web.md. Fails when one is passed.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist)));
const gz = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

const first = new Set();
const visit = (key) => {
  const chunk = manifest[key];
  if (first.has(chunk.file)) return;
  first.add(chunk.file);
  for (const next of chunk.imports ?? []) visit(next);
};
const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
visit(entry);

const assets = readdirSync(new URL("assets/", dist)).map((name) => `assets/${name}`);
const css = assets.filter((name) => name.endsWith(".css")).reduce((sum, name) => sum + gz(name), 0);
const js = [...first].reduce((sum, name) => sum + gz(name), 0);
const later = assets.filter((name) => name.endsWith(".js") && !first.has(name)).map((name) => [name, gz(name)]);

for (const name of first) console.log(`  first  ${kB(gz(name)).padStart(9)}  ${name}`);
for (const [name, size] of later) console.log(`  later  ${kB(size).padStart(9)}  ${name}`);
const faults = [];
if (js > 300_000) faults.push(`first load: ${kB(js)} of JavaScript, the budget is 300 kB`);
if (css > 35_000) faults.push(`styles: ${kB(css)}, the budget is 35 kB`);
for (const [name, size] of later) if (size > 130_000) faults.push(`${name}: ${kB(size)}, the budget is 130 kB`);
const foreign = assets
  .filter((n) => /\.(js|css)$/.test(n))
  .filter((n) =>
    /url\(["']?https?:|@import ["']https?:|import\(["']https?:/.test(readFileSync(new URL(n, dist), "utf8")),
  );
for (const name of foreign) faults.push(`${name} loads something from another site`);
console.log(`first load ${kB(js)} of JavaScript, ${kB(css)} of styles`);
if (faults.length) {
  console.error(faults.join("\n"));
  process.exit(1);
}
