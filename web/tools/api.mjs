// The OpenAPI document as the web reads it: the fixed routes, and the routes of one object as those of every object.
//   npm run api             asks `kontor openapi` (KONTOR names the program) and writes src/api/openapi.json + schema.d.ts
//   npm run api -- --check  fails when they are not what `kontor openapi` says now
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const kontor = process.env.KONTOR ?? "kontor";
const told = JSON.parse(execFileSync(kontor, ["openapi"], { maxBuffer: 64e6 }));
// Between them, these have every route that an object may have.
const SAMPLES = [
  ["deal", "deals"],
  ["client", "clients"],
];
const objects = new Set(
  Object.values(told.paths)
    .flatMap((item) => Object.values(item))
    .filter((op) => op["x-right"]?.includes(":"))
    .map((op) => op.tags[0]),
);

const paths = {};
for (const [path, item] of Object.entries(told.paths)) {
  const ofObject = Object.values(item).some((op) => objects.has(op.tags?.[0]) && op.operationId?.includes("."));
  if (!ofObject) paths[path] = item;
}
for (const [sample, plural] of SAMPLES)
  for (const [path, item] of Object.entries(told.paths)) {
    if (path !== `/api/v1/${plural}` && !path.startsWith(`/api/v1/${plural}/`)) continue;
    paths[path.replace(plural, "{object}")] ??= generic(item, sample);
  }

function generic(item, sample) {
  const tag = Object.values(item).find((op) => op.tags)?.tags[0];
  const text = JSON.stringify(item)
    .replaceAll(new RegExp(`#/components/schemas/${sample}(\\.new|\\.change)?"`, "g"), '#/components/schemas/record"')
    .replaceAll(`"${sample}.`, '"record.')
    .replaceAll(`"${tag}"`, '"Records"');
  return { ...JSON.parse(text), parameters: [...(item.parameters ?? []), { $ref: "#/components/parameters/object" }] };
}

const record = {
  type: "object",
  additionalProperties: true,
  required: ["id", "version"],
  properties: { id: { type: "string" }, version: { type: "integer" } },
};
const { parameters, responses } = told.components;
parameters.object = { name: "object", in: "path", required: true, schema: { type: "string" } };
const reduced = {
  openapi: told.openapi,
  info: told.info,
  paths,
  components: { schemas: { problem: told.components.schemas.problem, record }, parameters, responses },
};

const file = new URL("../src/api/openapi.json", import.meta.url);
const text = `${JSON.stringify(reduced, null, 1)}\n`;
if (process.argv.includes("--check")) {
  if (readFileSync(file, "utf8") !== text) {
    console.error("src/api/openapi.json is not what `kontor openapi` says: run `npm run api`.");
    process.exit(1);
  }
} else {
  writeFileSync(file, text);
  const here = new URL("./openapi/", import.meta.url).pathname;
  execFileSync(
    "npx",
    [
      "--no-install",
      "openapi-typescript",
      file.pathname,
      "-o",
      new URL("../src/api/schema.d.ts", import.meta.url).pathname,
    ],
    { cwd: here, stdio: "inherit" },
  );
}
