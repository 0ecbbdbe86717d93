// A seller's day through @supabase/postgrest-js, unmodified: every call answers as the client's users expect.
// Environment: KONTOR_URL (http://host:port/api/v1), KONTOR_KEY (an API key that may everything).
import assert from "node:assert/strict";
import { PostgrestClient } from "@supabase/postgrest-js";

const kontor = new PostgrestClient(process.env.KONTOR_URL, {
  headers: { Authorization: `Bearer ${process.env.KONTOR_KEY}` },
});
let calls = 0;
/** Awaits a call that must succeed, and checks its data. */
async function ok(call, check) {
  const reply = await call;
  calls += 1;
  assert.equal(reply.error, null, JSON.stringify(reply.error));
  check?.(reply);
  return reply.data;
}
/** Awaits a call that must be refused with this status and code. */
async function refused(call, status, code) {
  const { error, status: got } = await call;
  calls += 1;
  assert.ok(error, "the call was to be refused");
  assert.deepEqual([got, error.code], [status, code], JSON.stringify(error));
  return error;
}

// 1 to 4: creating
const hanse = await ok(kontor.from("clients").insert({ name: "Hanse Trading", employees: 40 }).select().single(), (r) => {
  assert.equal(r.status, 201);
  assert.equal(r.data.name, "Hanse Trading");
});
const many = await ok(
  kontor.from("clients").insert([{ name: "Orbit", employees: 5 }, { name: "Zephyr", employees: 250 }]).select("id,name"),
  (r) => assert.deepEqual(r.data.map((c) => c.name).sort(), ["Orbit", "Zephyr"]),
);
const orbit = many.find((c) => c.name === "Orbit");
await ok(kontor.from("deals").insert([
  { name: "Pier", amount: "1200.50", client_id: hanse.id },
  { name: "Crane", amount: "800", client_id: hanse.id, stage: "proposal" },
  { name: "Antenna", amount: "99.99", client_id: orbit.id, stage: "proposal" },
]));
await ok(kontor.from("contacts").insert({ last_name: "Adler", email: "adler@hanse.example", client_id: hanse.id }));

// 5 to 14: reading
await ok(kontor.from("clients").select("name").order("name"), (r) =>
  assert.deepEqual(r.data, [{ name: "Hanse Trading" }, { name: "Orbit" }, { name: "Zephyr" }]));
await ok(kontor.from("clients").select("name").eq("name", "Orbit").maybeSingle(), (r) => assert.deepEqual(r.data, { name: "Orbit" }));
await ok(kontor.from("clients").select("name").eq("name", "Nobody").maybeSingle(), (r) => assert.equal(r.data, null));
await ok(kontor.from("clients").select("name").gte("employees", 40).lt("employees", 300).order("employees", { ascending: false }), (r) =>
  assert.deepEqual(r.data.map((c) => c.name), ["Zephyr", "Hanse Trading"]));
await ok(kontor.from("clients").select("name").or("employees.lt.10,name.ilike.zeph*").order("name"), (r) =>
  assert.deepEqual(r.data.map((c) => c.name), ["Orbit", "Zephyr"]));
await ok(kontor.from("clients").select("name").in("name", ["Orbit", "Hanse Trading"]).not("employees", "is", null).order("name"), (r) =>
  assert.equal(r.data.length, 2));
await ok(kontor.from("deals").select("name,client:clients(name)").ilike("name", "%an%").order("name"), (r) =>
  assert.deepEqual(r.data, [
    { name: "Antenna", client: { name: "Orbit" } },
    { name: "Crane", client: { name: "Hanse Trading" } },
  ]));
await ok(kontor.from("clients").select("name,deals(name,amount)").eq("id", hanse.id).order("amount", { referencedTable: "deals", ascending: false }).single(), (r) =>
  assert.deepEqual(r.data.deals, [{ name: "Pier", amount: "1200.50" }, { name: "Crane", amount: "800" }]));
await ok(kontor.from("clients").select("name,deals!inner(name)").eq("deals.stage", "proposal").order("name"), (r) =>
  assert.deepEqual(r.data.map((c) => c.name), ["Hanse Trading", "Orbit"]));
await ok(kontor.from("deals").select("stage,amount.sum(),count()").order("stage"), (r) =>
  assert.deepEqual(r.data, [
    { stage: "proposal", sum: "899.99", count: 2 },
    { stage: "qualification", sum: "1200.50", count: 1 },
  ]));

// 15 to 18: paging and counting
await ok(kontor.from("clients").select("name", { count: "exact" }).order("name").range(0, 1), (r) => {
  assert.deepEqual([r.count, r.data.length, r.status], [3, 2, 206]);
});
await ok(kontor.from("clients").select("*", { count: "exact", head: true }), (r) => assert.deepEqual([r.count, r.data], [3, null]));
await ok(kontor.from("clients").select("name", { count: "estimated" }).limit(1), (r) => assert.equal(r.data.length, 1));
await ok(kontor.from("clients").select("name").order("name").range(2, 5), (r) => assert.deepEqual(r.data, [{ name: "Zephyr" }]));

// 19 to 24: changing
await ok(kontor.from("clients").update({ employees: 41 }).eq("id", hanse.id), (r) => assert.equal(r.status, 204));
await ok(kontor.from("clients").update({ industry: null }).gt("employees", 10).select("name"), (r) => assert.equal(r.data.length, 2));
await ok(kontor.from("products").upsert([{ name: "Chai", external_id: "1" }], { onConflict: "external_id" }).select("name"), (r) =>
  assert.equal(r.status, 201));
await ok(kontor.from("products").upsert([{ name: "Chai tea", external_id: "1" }, { name: "Chang", external_id: "2" }], { onConflict: "external_id" }).select("name"), (r) =>
  assert.deepEqual(r.data.map((p) => p.name).sort(), ["Chai tea", "Chang"]));
await ok(kontor.from("products").upsert({ name: "Other", external_id: "1" }, { onConflict: "external_id", ignoreDuplicates: true }));
await ok(kontor.from("products").select("name").eq("external_id", "1").single(), (r) => assert.equal(r.data.name, "Chai tea"));

// 25 to 30: refusals, deleting
const wrong = await refused(kontor.from("clients").insert({ name: "X", email: "nonsense" }), 422, "field.invalid");
assert.match(wrong.message, /e-?mail/i);
await refused(kontor.from("clients").select("nmae"), 400, "query.no_such_field");
await refused(kontor.from("nothings").select(), 404, "meta.no_such_object");
await refused(kontor.from("clients").select().single(), 406, "query.single");
await ok(kontor.from("deals").delete().eq("name", "Antenna").select("name"), (r) => assert.deepEqual(r.data, [{ name: "Antenna" }]));
await ok(kontor.from("deals").delete().eq("client_id", hanse.id), (r) => assert.equal(r.status, 204));
await ok(kontor.from("deals").select("name"), (r) => assert.deepEqual(r.data, []));

console.log(`${calls} calls as expected`);
