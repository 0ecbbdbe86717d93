//! What goes on while somebody is killed. Each deed is done by a client that keeps at it, and has one right outcome.
use super::after::one;
use crate::house::{House, Part, insist};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use testkit::{Client, Method};
use tokio::task::JoinHandle;

/// Records that every change of many goes to.
const BASE: usize = 300;
/// Records made one by one.
const SINGLES: usize = 30;
/// Three pieces of an import.
const ROWS: usize = 2_500;
const PATIENCE: Duration = Duration::from_secs(180);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Records, one request each.
    Singles,
    /// One request changes many.
    Bulk,
    /// A change of many is taken back.
    Undo,
    /// A file is imported by a job.
    Import,
    /// An import is taken back by a job.
    ImportUndo,
    /// A job writes a spreadsheet.
    Export,
}

const ORDER: [Deed; 6] =
    [Deed::Singles, Deed::Import, Deed::Bulk, Deed::Undo, Deed::ImportUndo, Deed::Export];

pub async fn prepare(house: &House) {
    let rows: Vec<Value> = (0..BASE)
        .map(|n| json!({ "name": format!("Base {n}"), "external_id": format!("base-{n}") }))
        .collect();
    house.insist(Method::POST, "/api/v1/clients", Some(json!(rows)), Some("base")).await.expect_status(201);
}

impl Deed {
    pub fn of(round: usize) -> Deed {
        ORDER[round % ORDER.len()]
    }

    /// Who is worth killing: whoever takes part.
    pub fn done_by(self) -> &'static [Part] {
        match self {
            Deed::Singles | Deed::Bulk | Deed::Undo => &[Part::Server],
            Deed::Import | Deed::ImportUndo | Deed::Export => {
                &[Part::Worker, Part::Worker, Part::Both, Part::Server]
            }
        }
    }

    pub async fn run(self, house: &House, round: usize) {
        self.begin(house, round).await.expect("it is done");
        self.is_done(house, round).await;
    }

    pub fn begin(self, house: &House, round: usize) -> JoinHandle<()> {
        let (client, url) = (house.client.clone(), house.url.clone());
        tokio::spawn(async move {
            match self {
                Deed::Singles => singles(&client, round).await,
                Deed::Bulk => bulk(&client, round).await,
                Deed::Undo => undo(&client, &url).await,
                Deed::Import => import(&client, round).await,
                Deed::ImportUndo => import_undo(&client, &url).await,
                Deed::Export => export(&client, round).await,
            }
        })
    }

    /// What must hold at every moment, in the middle of it too.
    pub async fn is_whole(self, house: &House, round: usize) {
        let url = &house.url;
        match self {
            Deed::Bulk | Deed::Undo => {
                let sites = "select count(distinct website) filter (where website is not null)
                    + (count(*) filter (where website is null) > 0)::int from data.clients where external_id like 'base-%'";
                assert_eq!(one(url, sites).await, "1", "a change of many is there in part");
            }
            Deed::Singles => {
                let twice = format!(
                    "select count(*) - count(distinct name) from data.clients where name like 'Single {round} %'"
                );
                assert_eq!(one(url, &twice).await, "0", "a record is there twice");
            }
            Deed::Import | Deed::ImportUndo => {
                let twice = "select count(*) - count(distinct external_id) from data.clients where external_id like 'row-%'";
                assert_eq!(one(url, twice).await, "0", "a row is there twice");
                let counted = "select count(*) from kontor.imports i where state in ('writing', 'done') and created <> (
                    select count(*) from kontor.import_chunks c join kontor.changes e
                      on (e.workspace_id, e.change_set_id) = (c.workspace_id, c.change_set_id)
                     where (c.workspace_id, c.import_id) = (i.workspace_id, i.id) and e.action = 'create')";
                assert_eq!(one(url, counted).await, "0", "an import counts other rows than it has written");
            }
            Deed::Export => {}
        }
    }

    pub async fn is_done(self, house: &House, round: usize) {
        self.is_whole(house, round).await;
        let url = &house.url;
        match self {
            Deed::Singles => {
                let all = format!("select count(*) from data.clients where name like 'Single {round} %'");
                assert_eq!(one(url, &all).await, SINGLES.to_string());
            }
            Deed::Bulk => {
                let done = format!("select count(*) from data.clients where website = '{}'", site(round));
                assert_eq!(one(url, &done).await, BASE.to_string());
            }
            Deed::Undo => {
                let left = "select count(*) from data.clients where external_id like 'base-%' and website is not null";
                assert_eq!(one(url, left).await, "0", "every change of many was taken back");
            }
            Deed::Import => {
                let rows =
                    format!("select count(*) from data.clients where external_id like 'row-{round}-%'");
                assert_eq!(one(url, &rows).await, ROWS.to_string());
            }
            Deed::ImportUndo => {
                let rows = "select count(*) from data.clients where external_id like 'row-%'";
                assert_eq!(one(url, rows).await, "0");
            }
            Deed::Export => {}
        }
    }
}

fn site(round: usize) -> String {
    format!("https://round-{round}.example")
}

async fn send(
    client: &Client,
    method: Method,
    path: &str,
    body: Option<Value>,
    key: Option<&str>,
) -> testkit::Answer {
    let bytes = body.map(|b| b.to_string().into_bytes());
    insist(client, method, path, bytes, "application/json", key).await.0
}

/// What was accepted is there under the id that the answer said.
async fn singles(client: &Client, round: usize) {
    for n in 0..SINGLES {
        let (name, key) = (format!("Single {round} {n}"), format!("single-{round}-{n}"));
        let body = json!({ "name": name });
        let made =
            send(client, Method::POST, "/api/v1/clients", Some(body), Some(&key)).await.expect_status(201);
        let id = made.json["id"].as_str().expect("an id");
        let read =
            send(client, Method::GET, &format!("/api/v1/clients/{id}"), None, None).await.expect_status(200);
        assert_eq!(read.json["name"], json!(name));
    }
}

async fn bulk(client: &Client, round: usize) {
    let path = "/api/v1/clients?external_id=like.base-*";
    let body = json!({ "website": site(round) });
    let answer = send(client, Method::PATCH, path, Some(body), None).await;
    assert!(matches!(answer.status(), 200 | 204), "{}", answer.text);
}

/// Whether an answer that got lost had said yes, the second one tells: there is nothing left to take back.
async fn undo(client: &Client, url: &str) {
    let sets = "select coalesce(string_agg(id::text, ' ' order by at desc), '') from kontor.change_sets s
        where source = 'request' and (select count(*) from kontor.changes c
          where (c.workspace_id, c.change_set_id) = (s.workspace_id, s.id) and c.action = 'update') > 1
          and not exists (select from kontor.change_sets u where u.undo_of = s.id)";
    for set in one(url, sets).await.split_whitespace() {
        let path = format!("/api/v1/changes/{set}/undo");
        let answer = send(client, Method::POST, &path, Some(json!({})), None).await;
        let done = answer.status() < 300 || answer.refusal() == (409, "change.nothing_to_undo");
        assert!(done, "{}", answer.text);
    }
}

const MAPPING: &str =
    "object = \"client\"\nkey = [\"external_id\"]\n[columns]\nid = \"external_id\"\nname = \"name\"\n";

async fn import(client: &Client, round: usize) {
    let mut text = String::from("id,name\n");
    for n in 0..ROWS {
        writeln!(text, "row-{round}-{n},Row {round} {n}").expect("a text takes everything");
    }
    let name = format!("rows-{round}.csv");
    let path = format!("/api/v1/imports/uploads?name={name}");
    let kind = "application/octet-stream";
    let upload =
        insist(client, Method::POST, &path, Some(text.into()), kind, None).await.0.expect_status(201);
    // All in one transaction, or piece by piece.
    let on_error = if round.is_multiple_of(2) { "nothing" } else { "skip" };
    let order = json!({ "upload": upload.json["id"], "mapping": MAPPING, "on_error": on_error });
    let id = ordered(client, order, &name).await;
    follow(client, &id, "done").await;
}

/// Whether an order whose answer got lost had arrived, the list of imports tells.
async fn ordered(client: &Client, order: Value, name: &str) -> String {
    let path = "/api/v1/imports/jobs";
    loop {
        let sent =
            client.try_send(Method::POST, path, Some(order.to_string().into()), "application/json").await;
        if let Ok(answer) = sent
            && answer.status() == 202
        {
            return answer.json["id"].as_str().expect("an id").to_owned();
        }
        let known = send(client, Method::GET, path, None, None).await.expect_status(200).json;
        let known = known["imports"].as_array().expect("a list").iter().find(|i| i["file"] == *name).cloned();
        if let Some(import) = known {
            return import["id"].as_str().expect("an id").to_owned();
        }
    }
}

/// An import whose worker died is told to go on, as its page offers.
async fn follow(client: &Client, id: &str, state: &str) {
    let (since, path) = (Instant::now(), format!("/api/v1/imports/jobs/{id}"));
    loop {
        let import = send(client, Method::GET, &path, None, None).await.expect_status(200).json;
        if import["state"] == state {
            return;
        }
        assert!(since.elapsed() < PATIENCE, "it does not get `{state}`: {import}");
        let again = match state {
            "done" => send(client, Method::POST, &format!("{path}/resumption"), Some(json!({})), None).await,
            _ => send(client, Method::DELETE, &path, None, None).await,
        };
        assert!(matches!(again.status(), 202 | 409), "{}", again.text);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// All of those that stand.
async fn import_undo(client: &Client, url: &str) {
    let standing = "select coalesce(string_agg(id::text, ' ' order by id), '') from kontor.imports where state <> 'undone'";
    for id in one(url, standing).await.split_whitespace() {
        follow(client, id, "undone").await;
    }
}

async fn export(client: &Client, round: usize) {
    let order = json!({ "object": "clients", "query": "external_id=like.base-*&select=name", "format": "xlsx", "title": format!("Round {round}") });
    let made = send(client, Method::POST, "/api/v1/exports", Some(order), None).await.expect_status(202);
    let path = format!("/api/v1/exports/{}", made.json["id"].as_str().expect("an id"));
    let since = Instant::now();
    loop {
        let export = send(client, Method::GET, &path, None, None).await.expect_status(200).json;
        if !export["link"].is_null() || !export["url"].is_null() {
            return;
        }
        assert!(since.elapsed() < PATIENCE, "it does not end: {export}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
