//! Invented questions against the whole planner, and invented bodies against the whole server. What is asked is made of
//! pieces that the grammar and the model know, so that it gets far in. By hand for an hour: `tools/fuzz 3600`.
use meta::Library;
use policy::{Actor, Read, grant};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use query::Headers;
use reqwest::Method;
use serde_json::json;
use testkit::TestApp;
use uuid::Uuid;

const PIECES: &[&str] = &[
    "select=",
    "order=",
    "or=(",
    "and=(",
    "not.",
    "limit=",
    "offset=",
    "cursor=",
    "q=",
    "&",
    ".",
    ",",
    "(",
    ")",
    "{",
    "}",
    "!inner",
    "!left",
    "*",
    "...",
    "::text",
    "::numeric",
    "::uuid",
    "::nonsense",
    ":",
    "->",
    "->>",
    "\"",
    "\\",
    "%",
    "eq.",
    "neq.",
    "gt.",
    "lt.",
    "gte.",
    "in.(",
    "is.null",
    "is.true",
    "like.",
    "ilike.",
    "match.",
    "cs.{",
    "cd.{",
    "ov.",
    "fts.",
    "wfts(german).",
    "eq(any).{",
    "me",
    "count()",
    ".sum()",
    ".max()",
    ".avg()",
    "client",
    "client_id",
    "name",
    "lines",
    "amount",
    "stage",
    "deals",
    "contacts",
    "owner_id",
    "assignee_ids",
    "tags",
    "custom",
    "created_at",
    "archived_at",
    "id",
    "=",
    ".desc.nullslast",
    ".asc",
    "2026-02-30",
    "2026-01-01T00:00:00Z",
    "-1",
    "1e400",
    "00000000-0000-0000-0000-000000000000",
    MARK,
    "é",
    "\u{0}",
    "\u{202e}",
    "🙂",
    " ",
];

/// Would end a string, a name or a statement, if it got into one.
const MARK: &str = "zq';--\"zq";

fn question() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "[a-z_]{1,8}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|all| all.concat())
}

#[test]
fn no_question_gets_a_word_of_its_own_into_the_statement() {
    let library = Library::shipped();
    let model = library.model(&["sales", "marina", "agency"], None).expect("a model");
    let actor = Actor::system(Uuid::nil(), "Test");
    let objects: &'static [&'static str] =
        &["client", "deal", "invoice", "interest", "task", "member", "deal_contact"];
    let planned = std::cell::Cell::new(0u32);
    let mut runner = TestRunner::new(Config { cases: 4_000, failure_persistence: None, ..Config::default() });
    let outcome =
        runner.run(&(question(), prop::sample::select(objects), any::<bool>()), |(text, object, counted)| {
            let headers = Headers { prefer: counted.then_some("count=exact"), ..Headers::default() };
            let Ok(ask) = query::parse(&query::pairs(&text), &headers) else { return Ok(()) };
            let leave = grant::<Read>(&model, &actor, object).expect("the system may");
            let Ok(plan_made) = query::list(&model, &actor, &leave, &ask) else { return Ok(()) };
            planned.set(planned.get() + 1);
            let many = plan_made.many.iter().map(|m| &m.rows);
            for statement in many.chain([&plan_made.rows]).chain(plan_made.count.iter()) {
                prop_assert!(!statement.text.contains("zq"), "{text}: {}", statement.text);
                prop_assert!(!statement.text.contains('\u{0}'), "{text}: {}", statement.text);
                prop_assert_eq!(
                    highest(&statement.text),
                    statement.params.len(),
                    "{}: {}",
                    text,
                    statement.text
                );
            }
            Ok(())
        });
    outcome.unwrap_or_else(|e| panic!("{e}"));
    assert!(planned.get() > 40, "only {} questions got as far as a plan", planned.get());
}

/// The highest `$n` of a statement.
fn highest(sql: &str) -> usize {
    let numbers = sql.split('$').skip(1).map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<usize>().unwrap_or_default()
    });
    numbers.max().unwrap_or_default()
}

/// A body that fits, of which parts are exchanged for others.
fn body() -> impl Strategy<Value = String> {
    let fit = [
        json!({ "name": "Hanse", "email": "a@example.com", "type": ["customer"], "annual_revenue": "12.50", "tags": ["a"],
            "billing_address": { "line1": "Kai 1", "city": "Kiel", "country": "DE" }, "employees": 4, "owner_id": null }),
        json!([{ "name": "A" }, { "name": "B", "phone": "+49 431 123456" }]),
        json!({ "client_id": Uuid::nil(), "lines": [{ "description": "Rope", "quantity": 2, "unit_price": "3.10" }] }),
    ];
    let fit = prop::sample::select(fit.map(|b| b.to_string()).to_vec());
    let odd = prop::sample::select(
        &[
            "null",
            "true",
            "1e999",
            "-0",
            "{}",
            "[]",
            "[[[[[[",
            "\"\\ud800\"",
            "\"\u{0}\"",
            "\"\\u0000\"",
            "99999999999999999999999999999999999999999.5",
            "\"\"",
            ",",
            ":",
            "\"id\":\"x\"",
            "{\"a\":1,\"a\":2}",
            "\u{feff}",
            "\"2026-13-40\"",
        ][..],
    );
    (fit, prop::collection::vec((any::<prop::sample::Index>(), 0usize..6, odd), 0..4)).prop_map(
        |(fit, edits)| {
            edits.into_iter().fold(fit, |text, (at, cut, odd)| {
                let letters: Vec<char> = text.chars().collect();
                let at = at.index(letters.len() + 1);
                let end = (at + cut).min(letters.len());
                letters[..at]
                    .iter()
                    .copied()
                    .chain(odd.chars())
                    .chain(letters[end..].iter().copied())
                    .collect()
            })
        },
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn no_body_is_a_server_error() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let one = format!("/api/v1/clients/{client}");
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let strategy = (body(), 0..5usize);
    for _ in 0..300 {
        let (text, route) = strategy.new_tree(&mut runner).expect("a body").current();
        let (method, path) = [
            (Method::POST, "/api/v1/clients"),
            (Method::PATCH, one.as_str()),
            (Method::POST, "/api/v1/invoices"),
            (Method::PATCH, "/api/v1/clients?name=eq.nobody"),
            (Method::POST, "/api/v1/auth/session"),
        ][route]
            .clone();
        let answer = admin.send_raw(method.clone(), path, Some(text.clone()), "application/json").await;
        assert!(answer.status() < 500, "{method} {path} {text}: {}", answer.text);
        assert!(
            answer.status() < 400 || answer.json["code"].is_string(),
            "{method} {path} {text}: {}",
            answer.text
        );
    }
}
