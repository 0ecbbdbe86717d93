//! PostgREST's own test cases against Kontor's grammar: query string to rows, on a real PostgreSQL.
//! What is not claimed stands in `NOT_CLAIMED`, and with the same words in docs/http-api.md.
mod support;

use kernel::Problems;
use meta::Model;
use policy::{Actor, Read};
use query::{Headers, Limits, Plan};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use support::database::{assemble, check_codecs, connect, gather, rows};
use support::fixtures::{ddl, model, shared, workspace};
use tokio_postgres::Client;

/// Cases of which Kontor deliberately does something else.
const NOT_CLAIMED: &[(&str, &str)] = &[
    ("oc021", "Kontor's references are single ids; this relation has a key of several columns."),
    ("oc022", "Kontor's references are single ids; this relation has a key of several columns."),
    ("oc102", "Ties follow the direction of the last sort field, so that one index serves both directions."),
    ("ox013", "Kontor's references are single ids; this relation has a key of several columns."),
    ("ox016", "Kontor's references are single ids; this relation has a key of several columns."),
    ("ox019", "Kontor's references are single ids; this relation has a key of several columns."),
    ("ox020", "Kontor's references are single ids; this relation has a key of several columns."),
    ("ox023", "Relations are declared in the model; none is inferred from the definition of a view."),
    ("ox025", "Relations are declared in the model; none is inferred from the definition of a view."),
    ("ox028", "Relations are declared in the model; none is inferred from the definition of a view."),
    ("ox031", "Relations are declared in the model; none is inferred from the definition of a view."),
    ("ox032", "Relations are declared in the model; none is inferred from the definition of a view."),
    ("ox033", "Relations are declared in the model; none is inferred from the definition of a view."),
    ("ox034", "Relations are declared in the model; none is inferred from the definition of a view."),
    ("ox035", "Relations are declared in the model; none is inferred from the definition of a view."),
    ("ox036", "Relations are declared in the model; none is inferred from the definition of a view."),
    ("ox077", "Relations are declared in the model; none is inferred from the definition of a view."),
    ("ox079", "There are no computed relations."),
    ("ox171", "Aggregates cannot be switched off."),
    ("ox176", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox177", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox178", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox179", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox180", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox181", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox182", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox183", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox184", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox185", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox186", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox187", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox188", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox189", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox190", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox191", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox192", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox193", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox194", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox195", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox196", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox197", "A to-many relation is not spread; without the three points it is a list of records."),
    ("ox198", "A to-many relation is not spread; without the three points it is a list of records."),
];

struct Case {
    id: String,
    method: String,
    relation: String,
    pairs: Vec<(String, String)>,
    headers: BTreeMap<String, String>,
    config: String,
    expected: Json,
}

#[tokio::test]
async fn reads_answer_as_postgrest_answers() {
    let Some(data) = shared() else {
        eprintln!("The shared test data is not here (KONTOR_SHARED names the folder); nothing was compared.");
        return;
    };
    let fixtures: Json = serde_json::from_str(&read(&data.join("fixtures.json"))).expect("fixtures are JSON");
    let schema = format!("postgrest_{}", std::process::id());
    let client = connect("postgres").await;
    client.batch_execute(&ddl(&fixtures, &schema)).await.expect("the fixtures load");
    let model = model(&fixtures, &schema);
    let mut failures = vec![];
    for file in ["core", "extended"] {
        let (mut passed, mut all) = (0, 0);
        for case in cases(&read(&data.join(format!("{file}.jsonl")))) {
            if !matches!(case.method.as_str(), "GET" | "HEAD") {
                parses(&case, &mut failures);
                continue;
            }
            all += 1;
            let claimed = NOT_CLAIMED.iter().all(|(id, _)| *id != case.id);
            match (answer(&client, &model, &case).await, claimed) {
                (Ok(()), true) => passed += 1,
                (Ok(()), false) => failures.push(format!("{} passes, so it can be claimed", case.id)),
                (Err(why), true) => failures.push(format!("{}: {why}", case.id)),
                (Err(_), false) => {}
            }
        }
        eprintln!("{file}: {passed} of {all} reads answer alike");
    }
    client.batch_execute(&format!("drop schema {schema} cascade")).await.expect("the schema goes away");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_differences_are_written_in_the_manual() {
    let manual = read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/http-api.md").as_ref());
    let section =
        manual.split("\n## Deliberate differences of reads\n").nth(1).expect("the section is there");
    let section = section.split("\n## ").next().unwrap_or_default();
    let told: Vec<(&str, &str)> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `o")?.strip_suffix(" |")?.split_once("` | "))
        .collect();
    let claimed: Vec<(&str, &str)> = NOT_CLAIMED.iter().map(|(id, why)| (&id[1..], *why)).collect();
    assert_eq!(told, claimed, "docs/http-api.md and NOT_CLAIMED differ");
}

fn read(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn cases(lines: &str) -> Vec<Case> {
    let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
    let case = |line: &str| {
        let case: Json = serde_json::from_str(line).expect("a case is JSON");
        let request = &case["request"];
        let path = text(&request["path"]);
        let (relation, query) = path.split_once('?').unwrap_or((&path, ""));
        let headers = request["headers"].as_object().cloned().unwrap_or_default();
        Case {
            id: text(&case["id"]),
            method: text(&request["method"]),
            relation: relation.trim_start_matches('/').to_owned(),
            pairs: query::pairs(&decode(query)),
            headers: headers.iter().map(|(k, v)| (k.clone(), text(v))).collect(),
            config: text(&case["config"]),
            expected: case["expected"].clone(),
        }
    };
    lines.lines().map(case).collect()
}

/// Paths are written unencoded, except for a few `%20`.
fn decode(query: &str) -> String {
    query.replace("%20", " ")
}

fn ask(case: &Case) -> Result<query::Ask, Problems> {
    let header = |name: &str| case.headers.get(name).map(String::as_str);
    let headers = Headers { prefer: header("Prefer"), range: header("Range"), accept: header("Accept") };
    query::parse(&case.pairs, &headers)
}

/// Writes are answered over HTTP elsewhere; here their grammar must be understood.
fn parses(case: &Case, failures: &mut Vec<String>) {
    let refused = case.expected["status"].as_u64().is_some_and(|s| s >= 400);
    if let Err(problems) = ask(case)
        && !refused
    {
        failures.push(format!("{}: {problems:?}", case.id));
    }
}

async fn answer(client: &Client, model: &Model, case: &Case) -> Result<(), String> {
    let expected = &case.expected;
    let status = expected["status"].as_u64().unwrap_or(200);
    let reply = match plan(model, case) {
        Ok(plan) => Reply::of(client, &plan).await.map_err(|e| format!("{e}\n{}", plan.rows.text))?,
        Err(problems) => Reply { status: problems[0].status().into(), ..Reply::default() },
    };
    let succeeded = |s: u64| if s == 206 { 200 } else { s };
    if succeeded(reply.status) != succeeded(status) {
        return Err(format!("answers {} instead of {status}; {}", reply.status, reply.rows));
    }
    if case.method == "GET" && status < 300 && !expected["json"].is_null() && reply.rows != expected["json"] {
        return Err(format!("\n  gives  {}\n  wanted {}", reply.rows, expected["json"]));
    }
    let range = expected["headers"]["Content-Range"].as_str().filter(|_| status < 300).unwrap_or_default();
    let guessed =
        case.headers.get("Prefer").is_some_and(|p| p.contains("planned") || p.contains("estimated"));
    let fits = match range.split_once('/') {
        Some((rows, _)) if guessed => reply.range.starts_with(rows),
        _ => range.is_empty() || reply.range == range,
    };
    if fits { Ok(()) } else { Err(format!("Content-Range is {} instead of {range}", reply.range)) }
}

fn plan(model: &Model, case: &Case) -> Result<Plan, Problems> {
    let ask = ask(case)?;
    let actor = Actor::system(workspace(), "test");
    let grant = policy::grant::<Read>(model, &actor, &case.relation).map_err(|p| vec![p])?;
    let most = case.config.contains("max-rows=2").then_some(2);
    let limits = Limits { default: most, most, embedded: most.unwrap_or(1000), secrets: true };
    query::list_within(&limits, model, &actor, &grant, &ask)
}

#[derive(Default)]
struct Reply {
    status: u64,
    rows: Json,
    range: String,
}

impl Reply {
    async fn of(client: &Client, plan: &Plan) -> Result<Reply, String> {
        let found = rows(client, &plan.rows, None).await?;
        let total = match &plan.count {
            Some(count) => Some(rows(client, count, None).await?[0][0].as_u64().unwrap_or_default()),
            None => None,
        };
        if let Some(estimate) = &plan.estimate {
            rows(client, &estimate.rows, None).await?;
        }
        let many = gather(client, &plan.many, &found).await?;
        let built: Vec<_> =
            found.iter().map(|row| Json::Object(assemble(&plan.shape, row, &plan.many, &many))).collect();
        let told = total.map_or("*".into(), |t| t.to_string());
        let range = match built.len() as u64 {
            0 => format!("*/{told}"),
            n => format!("{}-{}/{told}", plan.offset, plan.offset + n - 1),
        };
        let beyond = total.is_some_and(|t| plan.offset > 0 && plan.offset >= t);
        check_codecs(client, plan).await?;
        Ok(Reply { status: if beyond { 416 } else { 200 }, rows: Json::Array(built), range })
    }
}
