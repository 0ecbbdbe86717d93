//! A server and a worker, each a process of its own, over one database; and a client that keeps at it.
use crate::support::{Site, free_port};
use serde_json::{Value, json};
use std::fs::File;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use store::doors::workspaces::{self, NewWorkspace};
use store::{Store, StoreConfig};
use testkit::{Answer, Client, Method, PASSWORD};

/// What is ours to be patient for: a start in an unoptimised build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const LIMITS: [(&str, &str); 4] = [
    ("KONTOR_RATE_API", "1000000/1m"),
    ("KONTOR_RATE_UPLOAD", "1000000/1m"),
    ("KONTOR_RATE_BULK", "1000000/1m"),
    ("KONTOR_WORKER", "off"),
];

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Part {
    Server,
    Worker,
    Both,
}

pub struct House {
    pub site: Site,
    pub url: String,
    port: u16,
    server: Child,
    worker: Child,
    /// With a key that may everything.
    pub client: Client,
}

impl Drop for House {
    fn drop(&mut self) {
        self.end(Part::Both);
    }
}

impl House {
    /// One workspace of sales in a migrated database, and an administrator's key.
    pub async fn new(url: &str) -> House {
        let store = Store::connect(&StoreConfig::new(url)).await.expect("the database answers");
        let new = NewWorkspace {
            slug: "harbour".into(),
            name: "Harbour".into(),
            blueprints: vec!["sales".into()],
            timezone: "UTC".into(),
            currency: "EUR".into(),
            settings: json!({}),
        };
        let workspace = workspaces::create(&store, &new).await.expect("a workspace");
        let identity =
            identity::IdentityConfig { hash_cost: identity::HashCost::CHEAP, ..Default::default() };
        let identity = identity::Identity::new(store.clone(), identity).expect("an identity");
        let user =
            identity.create_user("ada@test.example", "Ada", Some(PASSWORD), false).await.expect("a user");
        identity.add_member(workspace.id, user, "admin").await.expect("a member");
        store.close();
        let (site, port) = (Site::new(url).with(&LIMITS), free_port());
        let (server, worker) = (start(&site, "serve", port), start(&site, "work", port));
        let client = Client::of(&format!("http://127.0.0.1:{port}"));
        let mut house = House { site, url: url.into(), port, server, worker, client };
        house.wait_until_ready().await;
        house.client.sign_in("ada@test.example").await.expect_status(201);
        let wish = json!({ "name": "Test", "scopes": ["*"] });
        let key = house.client.post("/api/v1/me/api-keys", wish).await.expect_status(201).json["key"].clone();
        let bearer = format!("Bearer {}", key.as_str().expect("a key"));
        house.client = Client::of(&format!("http://127.0.0.1:{port}")).with("authorization", bearer);
        house
    }

    pub async fn wait_until_ready(&self) {
        let since = Instant::now();
        loop {
            if let Ok(answer) = self.client.try_send(Method::GET, "/api/health", None, "").await
                && answer.status() == 200
            {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "the server does not get ready: {}", self.log("serve"));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Megabytes that the server and the worker hold (Linux tells them; elsewhere 0).
    pub fn memory(&self) -> [u64; 2] {
        [&self.server, &self.worker].map(|child| {
            let told = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let line = told.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or_default();
            line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() / 1024
        })
    }

    /// Both are still the processes that were started.
    pub fn both_live(&mut self) -> bool {
        [&mut self.server, &mut self.worker]
            .iter_mut()
            .all(|c| c.try_wait().is_ok_and(|ended| ended.is_none()))
    }

    /// Both are ended the hard way: SIGKILL, in whatever they are doing.
    pub fn end(&mut self, part: Part) {
        for (child, this) in [(&mut self.server, Part::Server), (&mut self.worker, Part::Worker)] {
            if part == Part::Both || part == this {
                let _ended_already = child.kill();
                let _status = child.wait();
            }
        }
    }

    pub fn start(&mut self, part: Part) {
        if part != Part::Worker {
            self.server = start(&self.site, "serve", self.port);
        }
        if part != Part::Server {
            self.worker = start(&self.site, "work", self.port);
        }
    }

    /// Repeats a request until it gets an answer that stands: lost connections and 503 are tried again. An answer of
    /// 500 is a fault of ours at any time.
    pub async fn insist(&self, method: Method, path: &str, body: Option<Value>, key: Option<&str>) -> Answer {
        let bytes = body.map(|b| b.to_string().into_bytes());
        self.insist_on(method, path, bytes, "application/json", key).await
    }

    pub async fn insist_on(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        kind: &str,
        key: Option<&str>,
    ) -> Answer {
        insist(&self.client, method, path, body, kind, key).await.0
    }

    pub fn log(&self, command: &str) -> String {
        let log = std::fs::read_to_string(self.site.folder.path().join(format!("{command}.log")));
        let log = log.unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

/// The answer, and what was met on the way to it: nothing for the first try.
pub async fn insist(
    client: &Client,
    method: Method,
    path: &str,
    body: Option<Vec<u8>>,
    kind: &str,
    key: Option<&str>,
) -> (Answer, Vec<String>) {
    let client = key.map_or(client.clone(), |key| client.with("idempotency-key", key));
    let (since, mut met) = (Instant::now(), vec![]);
    loop {
        match client.try_send(method.clone(), path, body.clone(), kind).await {
            Ok(answer) if answer.status() == 503 => met.push(answer.text),
            Ok(answer) if answer.refusal() == (409, "idempotency.in_progress") => met.push(answer.text),
            Ok(answer) => {
                assert!(answer.status() < 500, "{method} {path}: {}", answer.text);
                return (answer, met);
            }
            Err(e) => met.push(e.to_string()),
        }
        assert!(since.elapsed() < PATIENCE, "{method} {path} gets no answer: {met:?}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

fn start(site: &Site, command: &str, port: u16) -> Child {
    let path = site.folder.path().join(format!("{command}.log"));
    let log = File::options().create(true).append(true).open(path).expect("a log file");
    let mut process = site.command(&[command]);
    process.env("PORT", port.to_string()).stdout(Stdio::null()).stderr(log);
    process.spawn().expect("the program starts")
}
