//! PostgreSQL goes down and comes back under load. Whoever asks meanwhile is told so and gets through later; what was accepted is
//! there; the server and the worker are the same processes afterwards, and work as before.
//!
//!     KONTOR_RESTARTS=10 cargo nextest run -p kontor --test program postgresql_restarts
use crate::house::{House, insist};
use crate::kills::after::{self, one};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use store::databases::{Databases, at};
use testkit::{Client, Method, PASSWORD};
use tokio::task::JoinHandle;

const WRITERS: usize = 6;
/// Until a request of each kind is answered again after PostgreSQL takes connections.
const SOON: Duration = Duration::from_secs(10);

/// A cluster that nobody else uses, since it is going to be ended.
struct Cluster {
    folder: tempfile::TempDir,
    url: String,
}

impl Cluster {
    fn start() -> Cluster {
        let folder = crate::support::folder();
        let mut cluster = Cluster { folder, url: String::new() };
        cluster.url = cluster.tool(&[]);
        cluster
    }

    fn tool(&self, args: &[&str]) -> String {
        let tool = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/test-postgres");
        let output =
            Command::new(tool).args(args).env("KONTOR_TEST_PG", self.folder.path().join("pg")).output();
        let output = output.expect("tools/test-postgres can be run");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.tool(&["stop"]);
        // What the server's user wrote is not ours to remove, unless we are root.
        let _stays_at_worst = std::fs::remove_dir_all(self.folder.path());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgresql_restarts_under_load_and_everybody_goes_on() {
    let restarts: usize = std::env::var("KONTOR_RESTARTS").map_or(2, |n| n.parse().expect("a number"));
    let cluster = Cluster::start();
    let server = Databases::connect(&cluster.url).await.expect("it answers");
    server.create("kontor").await.expect("a database");
    drop(server);
    // The test cluster forgets commits when it is ended at once; this one must not.
    after::run(&cluster.url, "alter system set synchronous_commit = on").await;
    after::run(&cluster.url, "select pg_reload_conf()").await;
    let url = at(&cluster.url, "kontor");
    crate::support::Site::new(&url).well(&["migrate"]);
    let mut house = House::new(&url).await;

    let over = Arc::new(AtomicBool::new(false));
    let load = Load::begin(&house, &over);
    for n in 0..restarts {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let mode = ["fast", "immediate"][n % 2];
        cluster.tool(&["restart", mode, "1"]);
        let since = Instant::now();
        again(&house.client).await;
        println!("restart {n}, {mode}: normal service after {:?}", since.elapsed());
        assert!(since.elapsed() < SOON, "{:?} until normal service", since.elapsed());
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    over.store(true, Relaxed);
    let accepted = load.end().await;
    let stored = one(&url, "select count(*) from data.clients where name like 'Load %'").await;
    assert_eq!(stored, accepted.to_string(), "records that were accepted, each once");
    jobs_are_done(&house).await;
    assert!(house.both_live(), "nobody had to be started again");
    house.end(crate::house::Part::Both);
    after::check(&house).await;
}

/// Reads, writes and sign-ins.
async fn again(client: &Client) {
    let get = |path: &'static str| insist(client, Method::GET, path, None, "", None);
    get("/api/health").await;
    get("/api/v1/clients?limit=5").await.0.expect_status(200);
    get("/api/v1/search?q=load").await.0.expect_status(200);
    let body = json!({ "name": "Again" }).to_string().into_bytes();
    insist(client, Method::POST, "/api/v1/clients", Some(body), "application/json", None)
        .await
        .0
        .expect_status(201);
    let who = json!({ "email": "ada@test.example", "password": PASSWORD }).to_string().into_bytes();
    insist(client, Method::POST, "/api/v1/auth/session", Some(who), "application/json", None)
        .await
        .0
        .expect_status(201);
}

/// A job that is ordered now runs: the worker claims, and hears that there is something to claim.
async fn jobs_are_done(house: &House) {
    let order = json!({ "object": "clients", "query": "select=name", "format": "csv" });
    let made = house.insist(Method::POST, "/api/v1/exports", Some(order), None).await.expect_status(202);
    let path = format!("/api/v1/exports/{}", made.json["id"].as_str().expect("an id"));
    let since = Instant::now();
    while house.insist(Method::GET, &path, None, None).await.expect_status(200).json["url"].is_null() {
        assert!(since.elapsed() < Duration::from_secs(60), "the worker does nothing: {}", house.log("work"));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    after::no_job_is_left(house).await;
}

struct Load {
    writers: Vec<JoinHandle<usize>>,
    others: Vec<JoinHandle<()>>,
}

impl Load {
    fn begin(house: &House, over: &Arc<AtomicBool>) -> Load {
        let writers =
            (0..WRITERS).map(|w| tokio::spawn(write(house.client.clone(), w, over.clone()))).collect();
        let others = vec![
            tokio::spawn(read(house.client.clone(), over.clone())),
            tokio::spawn(change_many(house.client.clone(), over.clone())),
            tokio::spawn(order(house.client.clone(), over.clone())),
        ];
        Load { writers, others }
    }

    /// How many records were accepted.
    async fn end(self) -> usize {
        for other in self.others {
            other.await.expect("it got through");
        }
        let mut accepted = 0;
        for writer in self.writers {
            accepted += writer.await.expect("it got through");
        }
        accepted
    }
}

async fn write(client: Client, writer: usize, over: Arc<AtomicBool>) -> usize {
    let mut accepted = 0;
    while !over.load(Relaxed) {
        let name = format!("Load {writer} {accepted}");
        let body = json!({ "name": name }).to_string().into_bytes();
        let (made, met) =
            insist(&client, Method::POST, "/api/v1/clients", Some(body), "application/json", Some(&name))
                .await;
        let id = made.expect_status(201).json["id"].clone();
        met.iter().for_each(|text| is_clear(text));
        let path = format!("/api/v1/clients/{}", id.as_str().expect("an id"));
        let (read, _) = insist(&client, Method::GET, &path, None, "", None).await;
        assert_eq!(read.expect_status(200).json["name"], json!(name), "what was accepted is there");
        accepted += 1;
    }
    accepted
}

/// The server never goes away, so every trouble is a document that says what to do.
fn is_clear(met: &str) {
    let said: Value = serde_json::from_str(met).unwrap_or_else(|_| panic!("no problem document: {met}"));
    let code = said["code"].as_str().unwrap_or_default();
    assert!(["service.unavailable", "idempotency.in_progress"].contains(&code), "{met}");
    assert!(said["detail"].is_string() && said["request_id"].is_string(), "{met}");
}

async fn read(client: Client, over: Arc<AtomicBool>) {
    while !over.load(Relaxed) {
        for path in [
            "/api/v1/clients?order=name&limit=50",
            "/api/v1/search?q=load",
            "/api/v1/me",
            "/api/v1/changes?limit=5",
        ] {
            let (answer, met) = insist(&client, Method::GET, path, None, "", None).await;
            answer.expect_status(200);
            met.iter().for_each(|text| is_clear(text));
        }
    }
}

async fn change_many(client: Client, over: Arc<AtomicBool>) {
    for n in 0.. {
        if over.load(Relaxed) {
            return;
        }
        let body = json!({ "website": format!("https://change-{n}.example") }).to_string().into_bytes();
        let path = "/api/v1/clients?name=like.Load 0 1*";
        let path = path.replace(' ', "%20");
        let (answer, met) = insist(&client, Method::PATCH, &path, Some(body), "application/json", None).await;
        assert!(answer.status() < 300, "{}", answer.text);
        met.iter().for_each(|text| is_clear(text));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn order(client: Client, over: Arc<AtomicBool>) {
    while !over.load(Relaxed) {
        let order =
            json!({ "object": "clients", "query": "select=name", "format": "csv" }).to_string().into_bytes();
        let (answer, met) =
            insist(&client, Method::POST, "/api/v1/exports", Some(order), "application/json", None).await;
        answer.expect_status(202);
        met.iter().for_each(|text| is_clear(text));
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
