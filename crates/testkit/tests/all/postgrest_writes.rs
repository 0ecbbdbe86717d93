//! PostgREST's own write cases against the real server. `told` says of each how it reads in Kontor's model; status and
//! headers are compared with what PostgREST's case expects, the body with the same expectation in Kontor's names.
//! What is not claimed stands in `NOT_CLAIMED`, and with the same words in docs/http-api.md.
use crate::shared::data;
use reqwest::Method;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::path::Path;
use testkit::{Answer, Client, TestApp};

const REPLY: &str = "A POST without `Prefer` answers with the record; `return=minimal` answers with nothing.";
const CSV: &str =
    "CSV comes in by an import, which has a mapping, a dry run and one change set (importing.md).";
const PUT: &str = "There is no PUT on a collection; an upsert is a POST with `resolution=merge-duplicates`.";

/// Cases of which Kontor deliberately does something else.
const NOT_CLAIMED: &[(&str, &str)] = &[
    ("oc109", REPLY),
    ("oc110", REPLY),
    (
        "oc111",
        "Records of one body may name different fields; what one of them does not name gets its default.",
    ),
    ("oc112", "`Location` names a record that was made whatever `return=` says (RFC 9110, section 15.3.2)."),
    ("oc113", "Every record has an id, so that there always is a `Location`."),
    ("oc120", CSV),
    ("oc121", CSV),
    ("oc129", PUT),
    ("oc130", PUT),
    ("oc131", PUT),
    ("oc132", PUT),
    ("oc133", PUT),
    ("oc134", PUT),
];

/// The code that tells the same as PostgREST's.
const CODES: &[(&str, &str)] = &[("PGRST102", "body.invalid_json"), ("PGRST205", "meta.no_such_object")];

/// A case in Kontor's model.
struct Told {
    case: &'static str,
    /// What the tables of the case are here.
    reads_as: &'static str,
    /// What is there before: object and body.
    given: Vec<(&'static str, Json)>,
    path: String,
    /// `None`: the case's own body, which is no JSON.
    body: Option<Json>,
    expected: Option<Json>,
}

fn told(case: &'static str, reads_as: &'static str) -> Told {
    Told { case, reads_as, given: vec![], path: String::new(), body: None, expected: None }
}

impl Told {
    fn given(mut self, object: &'static str, rows: impl IntoIterator<Item = Json>) -> Self {
        self.given.extend(rows.into_iter().map(|row| (object, row)));
        self
    }
    fn asks(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }
    fn sends(mut self, body: Json) -> Self {
        self.body = Some(body);
        self
    }
    fn gets(mut self, rows: Json) -> Self {
        self.expected = Some(rows);
        self
    }
}

/// PostgREST's ids are numbers, Kontor's are UUIDs.
fn id(n: u32) -> String {
    format!("00000000-0000-7000-8000-{n:012}")
}

fn product(n: u32, name: &str) -> Json {
    json!({ "id": id(n), "name": name })
}

#[rustfmt::skip] // One case, one paragraph, one line for each of its parts.
fn all_told() -> Vec<Told> {
    let ranked = |n: u32, name: &str, rank: u32| json!({ "id": id(n), "name": name, "reorder_level": rank });
    let ranks = |all: &[(&str, &str)]| all.iter().map(|(n, r)| json!({ "name": n, "reorder_level": r })).collect::<Json>();
    let languages = || [ranked(1, "Java", 1), ranked(2, "C", 2), ranked(4, "Python", 4)];
    let keyed = |sku: &str, name: &str| json!({ "sku": sku, "name": name });
    let rate = |currency: &str, rate: &str, source: Option<&str>| {
        let mut row = json!({ "base_currency": "EUR", "currency": currency, "valid_on": "2026-01-02", "rate": rate });
        if let Some(source) = source {
            row["source"] = source.into();
        }
        row
    };
    let pair = |n: u32| json!({ "employee_id": id(50), "territory_id": id(n) });
    let pairs = |all: &[u32]| all.iter().map(|n| pair(*n)).collect::<Json>();
    let territories = || [1, 2, 3, 4].map(|n| json!({ "id": id(n), "name": n.to_string() }));
    let only_pk = |case| told(case, "only_pk(id) is employee_territories, a link that holds nothing but its two ends")
        .given("employee", [json!({ "id": id(50), "last_name": "Fuller" })])
        .given("territory", territories())
        .given("employee_territory", [pair(1), pair(2)])
        .asks("employee_territories?on_conflict=employee_id,territory_id&select=employee_id,territory_id");
    let pls = |case| told(case, "tiobe_pls(name, rank) is products, its primary key the id, rank the reorder level")
        .given("product", languages()).asks("products?select=name,reorder_level");
    let unique = |case| told(case, "single_unique(unique_key, value) is products by sku")
        .given("product", [keyed("1", "A")]).asks("products?on_conflict=sku&select=sku,name");
    let items = |case| told(case, "items(id) is products").given("product", [product(1, "1"), product(3, "3")]);
    vec![
        told("oc071", "child_entities is contacts, entities is their clients")
            .given("client", [1, 2, 3].map(|n| json!({ "id": id(n), "name": format!("entity {n}") })))
            .asks(format!("contacts?select=id,client(id)&client.or=(id.eq.{},id.eq.{})&client.order=id", id(2), id(3)))
            .sends([7, 8, 9].map(|n| json!({ "id": id(n), "last_name": format!("entity {}", n - 3), "client_id": id(n - 6) })).into_iter().collect())
            .gets(json!([{ "id": id(7), "client": null }, { "id": id(8), "client": { "id": id(2) } }, { "id": id(9), "client": { "id": id(3) } }])),
        told("oc072", "entities(name) is products(description), because every product has a name")
            .given("product", [1, 2, 3].map(|n| json!({ "id": id(n), "name": "x", "description": format!("entity {n}") })))
            .given("product", [product(4, "x")])
            .asks("products?select=id,description&or=(description.is.null,description.like.*test*)")
            .sends(json!({ "description": "updated entity" }))
            .gets(json!([{ "id": id(4), "description": "updated entity" }])),
        told("oc073", "grandchild_entities is products")
            .given("product", [1, 2, 3].map(|n| product(n, &format!("grandchild entity {n}"))))
            .asks(format!("products?or=(id.eq.{},id.eq.{})&select=id,name", id(1), id(2)))
            .gets(json!([product(1, "grandchild entity 1"), product(2, "grandchild entity 2")])),
        told("oc114", "no_pk is products").asks("products").sends(json!([])).gets(json!([])),
        told("oc115", "simple_pk is products").asks("products"),
        told("oc116", "withUnique(uni, extra) is products(sku, description)")
            .given("product", [keyed("nodup", "e1")]).asks("products").sends(keyed("nodup", "e2")),
        told("oc117", "articles(id, body) is products(id, name)")
            .asks("products?columns=id,name&select=id,name")
            .sends(json!([
                { "id": id(201), "name": "yyy", "smth": "here", "other": "stuff", "fake_id": 13 },
                { "id": id(202), "name": "zzz", "garbage": "%%$&", "kkk": "jjj" },
                { "id": id(203), "name": "aaa", "hey": "ho" },
            ]))
            .gets(json!([product(201, "yyy"), product(202, "zzz"), product(203, "aaa")])),
        told("oc118", "there are no garlics in either")
            .asks("garlic?columns=helicopter").sends(json!([{ "id": id(204), "body": "yyy" }, { "id": id(205), "body": "zzz" }])),
        told("oc119", "complex_items(field-with_sep, arr_data) is products(reorder_level, tags); the default is 0")
            .asks("products?columns=id,name,reorder_level,tags&select=id,name,reorder_level,description,tags")
            .sends(json!([
                { "id": id(4), "name": "Vier" },
                { "id": id(5), "name": "Funf", "tags": null },
                { "id": id(6), "name": "Sechs", "reorder_level": 6, "tags": ["1", "2", "3"] },
            ]))
            .gets(json!([
                { "id": id(4), "name": "Vier", "reorder_level": "0", "description": null, "tags": null },
                { "id": id(5), "name": "Funf", "reorder_level": "0", "description": null, "tags": null },
                { "id": id(6), "name": "Sechs", "reorder_level": "6", "description": null, "tags": ["1", "2", "3"] },
            ])),
        pls("oc122")
            .sends(json!([ranked(7, "Javascript", 6), ranked(1, "Java", 2), ranked(2, "C", 1)]))
            .gets(ranks(&[("Javascript", "6"), ("Java", "2"), ("C", "1")])),
        told("oc123", "employees(first_name, last_name, salary, company) is currency_rates(base_currency, currency, rate, source), with the day in the key")
            .given("currency_rate", [rate("USD", "1.1", Some("One-Up Realty"))])
            .asks("currency_rates?on_conflict=base_currency,currency,valid_on&select=currency,rate,source")
            .sends(json!([rate("USD", "1.3", None), rate("CHF", "0.9", None)]))
            .gets(json!([{ "currency": "USD", "rate": "1.3", "source": "One-Up Realty" }, { "currency": "CHF", "rate": "0.9", "source": null }])),
        unique("oc124").sends(json!([keyed("1", "B"), keyed("2", "C")])).gets(json!([keyed("1", "B"), keyed("2", "C")])),
        only_pk("oc125").sends(pairs(&[1, 2, 4])).gets(pairs(&[1, 2, 4])),
        pls("oc126").sends(json!([ranked(9, "PHP", 9), ranked(4, "Python", 10)])).gets(ranks(&[("PHP", "9")])),
        unique("oc127")
            .sends(json!([keyed("1", "B"), keyed("2", "C"), keyed("3", "D")]))
            .gets(json!([keyed("2", "C"), keyed("3", "D")])),
        only_pk("oc128").sends(pairs(&[1, 2, 3])).gets(pairs(&[3])),
        told("oc135", "there are no fakes in either").asks("fake").sends(json!({ "real": false })),
        told("oc136", "simple_pk is products").asks("products"),
        items("oc137").asks(format!("products?id=eq.{}", id(999))).sends(json!({ "id": id(999) })).gets(json!([])),
        items("oc138").asks(format!("products?id=eq.{}&select=id", id(1))).sends(json!({ "id": id(1) })),
        items("oc139").asks("products").sends(json!({})).gets(json!([])),
        told("oc140", "articles(body) is products(name)")
            .asks(format!("products?id=eq.{}&columns=name", id(2001)))
            .sends(json!({ "name": "Some real content", "smth": "here", "other": "stuff", "fake_id": 13 })),
        told("oc141", "web_content and its pages are clients and their subsidiaries")
            .given("client", [json!({ "id": id(10), "name": "tardis" })])
            .given("client", ["fezz", "foo", "bar"].map(|name| json!({ "name": name, "parent_id": id(10) })))
            .asks(format!("clients?id=eq.{}&select=id,name,web_content:subsidiaries(name)", id(10)))
            .sends(json!({ "name": "tardis-patched" }))
            .gets(json!([{ "id": id(10), "name": "tardis-patched", "web_content": [{ "name": "fezz" }, { "name": "foo" }, { "name": "bar" }] }])),
        items("oc142").asks(format!("products?id=eq.{}", id(1))),
        items("oc143").asks(format!("products?id=eq.{}&select=id", id(3))),
        told("oc144", "complex_items(id, name) is products")
            .given("product", [product(3, "Three")])
            .asks(format!("products?id=eq.{}&select=ciId:id::text,ciName:name", id(3)))
            .gets(json!([{ "ciId": id(3), "ciName": "Three" }])),
        items("oc145").asks(format!("products?id=eq.{}", id(101))).gets(json!([])),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_answer_as_postgrest_answers() {
    let Some(data) = data("postgrest") else { return };
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let cases = write_cases(&data);
    let mut failures = vec![];
    for told in all_told() {
        let case = cases.iter().find(|c| c["id"] == told.case).expect("the case is among PostgREST's");
        for (object, body) in &told.given {
            app.given(object, body.clone()).await;
        }
        let answer = send(&owner, case, &told).await;
        let why = differences(&answer, &case["expected"], &told);
        failures.extend(
            why.iter().map(|why| format!("{} ({}): {why}\n  {}", told.case, told.reads_as, answer.text)),
        );
        clear(&owner).await;
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_write_case_is_claimed_or_refused_with_a_reason() {
    let Some(data) = data("postgrest") else { return };
    let claimed: Vec<_> = all_told().iter().map(|t| t.case.to_owned()).collect();
    let refused: Vec<_> = NOT_CLAIMED.iter().map(|(id, _)| id.to_string()).collect();
    let mut told = [claimed, refused].concat();
    told.sort();
    let cases: Vec<_> =
        write_cases(&data).iter().map(|c| c["id"].as_str().expect("an id").to_owned()).collect();
    let once: BTreeSet<_> = cases.iter().cloned().collect();
    assert_eq!(told, once.into_iter().collect::<Vec<_>>(), "each case stands in exactly one list");
}

#[test]
fn the_differences_of_writes_are_written_in_the_manual() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/http-api.md");
    let page = std::fs::read_to_string(page).expect("the manual is there");
    let section = page.split("\n## Deliberate differences of writes\n").nth(1).expect("the section is there");
    let section = section.split("\n## ").next().unwrap_or_default();
    let row = |line: &'_ str| {
        let (id, why) = line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | ")?;
        Some((id.to_owned(), why.to_owned()))
    };
    let told: Vec<_> = section.lines().filter_map(row).collect();
    let refused: Vec<_> = NOT_CLAIMED.iter().map(|(id, why)| (id.to_string(), why.to_string())).collect();
    assert_eq!(told, refused, "docs/http-api.md and NOT_CLAIMED differ");
}

fn write_cases(data: &Path) -> Vec<Json> {
    let lines = std::fs::read_to_string(data.join("core.jsonl")).expect("the cases are there");
    let cases = lines.lines().map(|line| serde_json::from_str::<Json>(line).expect("a case is JSON"));
    cases.filter(|case| !matches!(case["request"]["method"].as_str(), Some("GET" | "HEAD"))).collect()
}

async fn send(client: &Client, case: &Json, told: &Told) -> Answer {
    let request = &case["request"];
    let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
    // Of two `Prefer` headers the data kept one; what was applied tells both.
    let applied = text(&case["expected"]["headers"]["Preference-Applied"]);
    let prefer = if applied.is_empty() { text(&request["headers"]["Prefer"]) } else { applied };
    let client = if prefer.is_empty() { client.clone() } else { client.with("prefer", prefer) };
    let method = text(&request["method"]).parse::<Method>().expect("a method");
    let body = match &told.body {
        Some(body) => Some(body.to_string()),
        None => request["body"].as_str().filter(|b| !b.is_empty()).map(str::to_owned),
    };
    client.send_raw(method, &format!("/api/v1/{}", told.path), body, "application/json").await
}

fn differences(answer: &Answer, expected: &Json, told: &Told) -> Vec<String> {
    let mut found = vec![];
    let status = expected["status"].as_u64().expect("a status");
    if u64::from(answer.status()) != status {
        found.push(format!("status {} instead of {status}", answer.status()));
    }
    if let Some(json) = &told.expected
        && *json != answer.json
    {
        found.push(format!("the body is not {json}"));
    }
    if expected["body_text"] == "" && !answer.text.is_empty() {
        found.push("there is a body".into());
    }
    let code = CODES.iter().find(|(theirs, _)| expected["json"]["code"] == *theirs);
    if status >= 400 && code.is_some_and(|(_, ours)| answer.json["code"] != *ours) {
        found.push(format!("the code is not {code:?}"));
    }
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        // A refusal is a problem document, whose length and type are its own.
        let ours = name == "Content-Length" || (status >= 400 && name == "Content-Type");
        if !ours && answer.header(name) != value.as_str().unwrap_or_default() {
            found.push(format!("{name} is `{}` instead of {value}", answer.header(name)));
        }
    }
    for name in expected["headers_absent"].as_array().into_iter().flatten() {
        let name =
            if name == "hContentLength" { "Content-Length" } else { name.as_str().unwrap_or_default() };
        if answer.headers.contains_key(name) {
            found.push(format!("there is a {name}"));
        }
    }
    found
}

/// Every case starts from its own rows alone.
async fn clear(client: &Client) {
    let all = "employee_territories contacts products currency_rates territories employees clients";
    for plural in all.split(' ') {
        client.delete(&format!("/api/v1/{plural}?id=not.is.null")).await.expect_status(204);
    }
}

/// What Kontor does where it does not do what PostgREST does.
#[tokio::test(flavor = "multi_thread")]
async fn the_differences_are_as_they_are_told() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let at = "/api/v1/products";
    // oc109, oc110: without `Prefer` the record, in the shape in which it was sent.
    let one = owner.post(&format!("{at}?select=id,name"), product(1, "One")).await.expect_status(201);
    assert_eq!(one.json, product(1, "One"));
    let whole = owner.post(at, json!({ "name": "Whole" })).await.expect_status(201);
    assert_eq!((whole.header("etag"), &whole.json["version"]), ("\"1\"", &json!(1)));
    let many = owner.post(&format!("{at}?select=name"), json!([{ "name": "Two" }])).await.expect_status(201);
    assert_eq!((&many.json, many.header("location")), (&json!([{ "name": "Two" }]), ""));
    let minimal = owner.with("prefer", "return=minimal");
    let quiet =
        minimal.post(&format!("{at}?select=name"), json!([{ "name": "Three" }])).await.expect_status(201);
    assert_eq!((quiet.text.as_str(), quiet.header("content-type")), ("", ""));
    // oc111: bodies that name different fields.
    let mixed = json!([{ "name": "Four" }, { "name": "Five", "unit": "kg" }]);
    let mixed = owner.post(&format!("{at}?select=name,unit"), mixed).await.expect_status(201);
    assert_eq!(mixed.json, json!([{ "name": "Four", "unit": "pcs" }, { "name": "Five", "unit": "kg" }]));
    // oc112, oc113: renamed, cast, and named by `Location`.
    let shown = owner.with("prefer", "return=representation");
    let renamed = shown.post(&format!("{at}?select=pId:id::text,pName:name"), product(6, "Six")).await;
    assert_eq!((renamed.status(), &renamed.json), (201, &json!([{ "pId": id(6), "pName": "Six" }])));
    assert_eq!(renamed.header("location"), format!("{at}/{}", id(6)));
    assert_eq!(renamed.header("content-range"), "*/*");
    // oc120 and after: no CSV, no PUT.
    let csv = owner.send_raw(Method::POST, at, Some("name\nSeven".into()), "text/csv").await;
    assert_eq!(csv.refusal(), (415, "body.unsupported_type"));
    let put = owner.put(&format!("{at}?id=eq.{}", id(6)), json!([product(6, "Seven")])).await;
    assert_eq!(put.refusal(), (405, "route.method"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_prefer_asks_of_a_write_is_done_and_named() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let prefer = |what: &str| owner.with("prefer", what);
    let at = "/api/v1/products";
    let names = async || owner.get(&format!("{at}?select=name&order=name")).await.json;

    // A rehearsal finds what is wrong and leaves nothing, not even a number or a log entry.
    let rehearsed = prefer("tx=rollback").post(at, json!({ "name": "Draft" })).await.expect_status(201);
    assert_eq!(
        (&rehearsed.json["name"], rehearsed.header("preference-applied")),
        (&json!("Draft"), "tx=rollback")
    );
    let wrong = prefer("tx=rollback").post(at, json!({ "name": "Draft", "unit_price": "much" })).await;
    assert_eq!(wrong.refusal(), (422, "field.invalid"));
    assert_eq!(names().await, json!([]));
    assert_eq!(owner.get("/api/v1/changes").await.json["changes"], json!([]));

    let quiet = prefer("return=headers-only").post(at, product(1, "One")).await.expect_status(201);
    assert_eq!((quiet.text.as_str(), quiet.header("location")), ("", format!("{at}/{}", id(1)).as_str()));
    assert_eq!(quiet.header("preference-applied"), "return=headers-only");
    let counted = prefer("count=exact").post(at, json!([{ "name": "Two" }, { "name": "Three" }])).await;
    assert_eq!((counted.status(), counted.header("content-range")), (201, "*/2"));

    // Too many match: none is changed.
    let careful = prefer("handling=strict, max-affected=2");
    let refused = careful.patch(&format!("{at}?name=neq.x"), json!({ "unit": "kg" })).await;
    assert_eq!(refused.refusal(), (400, "record.too_many"));
    assert_eq!(careful.delete(&format!("{at}?name=neq.x")).await.refusal(), (400, "record.too_many"));
    let done = careful.patch(&format!("{at}?name=neq.One"), json!({ "unit": "kg" })).await.expect_status(204);
    assert_eq!(done.header("preference-applied"), "handling=strict, max-affected=2");
    let counted = prefer("count=exact").patch(&format!("{at}?unit=eq.kg"), json!({ "unit": "g" })).await;
    assert_eq!(counted.header("content-range"), "0-1/2");
    let strict = prefer("handling=strict, colour=blue")
        .patch(&format!("{at}?unit=eq.g"), json!({ "unit": "t" }))
        .await;
    assert_eq!(strict.refusal(), (400, "query.invalid"));

    // A column that is named and not sent gets its default, or nothing.
    let path = format!("{at}?columns=name,unit&select=unit");
    let default = prefer("missing=default").post(&path, json!({ "name": "Four" })).await.expect_status(201);
    let null = prefer("missing=null").post(&path, json!({ "name": "Five" })).await.expect_status(201);
    assert_eq!((&default.json["unit"], &null.json["unit"]), (&json!("pcs"), &Json::Null));

    // Records come back in the order in which they were sent.
    let body = json!([product(90, "Zulu"), product(20, "Alpha"), product(1, "First"), product(50, "Mike")]);
    let path = format!("{at}?select=name");
    let upserted = prefer("resolution=merge-duplicates, return=representation").post(&path, body).await;
    let sent = json!([{ "name": "Zulu" }, { "name": "Alpha" }, { "name": "First" }, { "name": "Mike" }]);
    assert_eq!((upserted.status(), &upserted.json), (201, &sent));
    // One that is left alone is still told to whoever says nothing about the reply.
    let ignored = prefer("resolution=ignore-duplicates").post(&path, product(20, "Beta")).await;
    assert_eq!((ignored.status(), &ignored.json), (200, &json!({ "name": "Alpha" })));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_record_is_changed_by_its_address_and_by_nothing_that_looks_like_a_condition() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let at = format!("/api/v1/clients/{client}");
    let filtered = owner.patch(&format!("{at}?name=eq.Orbit"), json!({ "industry": "shipping" })).await;
    assert_eq!(filtered.refusal(), (400, "query.invalid"));
    assert_eq!(owner.delete(&format!("{at}?name=eq.Orbit")).await.refusal(), (400, "query.invalid"));
    let rehearsal = owner.with("prefer", "tx=rollback");
    rehearsal.delete(&at).await.expect_status(204);
    rehearsal.put(&format!("{at}/archival"), Json::Null).await.expect_status(204);
    let tried = rehearsal.patch(&at, json!({ "name": "Orbit" })).await.expect_status(200);
    assert_eq!(tried.json["name"], "Orbit");
    let now = owner.get(&at).await.expect_status(200).json;
    assert_eq!(
        (&now["name"], &now["archived_at"], &now["version"]),
        (&json!("Hanse"), &Json::Null, &json!(1))
    );
    // A record keeps its id.
    let renamed = owner.patch(&at, json!({ "id": id(1) })).await;
    assert_eq!(renamed.refusal(), (422, "field.read_only"));
    owner.patch(&at, json!({ "id": client, "industry": "shipping" })).await.expect_status(200);
    // A selection has a tag of its own, which changes with what it shows of others and still names the version.
    let contact = app.given("contact", json!({ "last_name": "Adler", "client_id": client })).await;
    let card = format!("/api/v1/contacts/{contact}?select=version,client(name)");
    let seen = owner.get(&card).await.header("etag").to_owned();
    owner.patch(&at, json!({ "name": "Hansa" })).await.expect_status(200);
    let again = owner.with("if-none-match", &seen).get(&card).await;
    assert_eq!((again.status(), &again.json["client"]["name"]), (200, &json!("Hansa")));
    let contact = format!("/api/v1/contacts/{contact}");
    owner.with("if-match", &seen).patch(&contact, json!({ "first_name": "Ada" })).await.expect_status(200);
    let late = owner.with("if-match", &seen).patch(&contact, json!({ "first_name": "Eva" })).await;
    assert_eq!(late.refusal(), (409, "record.version_conflict"));
}
