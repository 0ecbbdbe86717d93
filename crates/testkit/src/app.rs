//! The whole server on a port of its own, and clients that behave like browsers and programs.
use crate::TestDb;
use files::{Files, FilesConfig, Place};
use http_api::limits::{Limits, LocalLimiter, Rule};
use http_api::{HttpConfig, Parts};
use identity::{HashCost, Identity, IdentityConfig};
use kernel::Uuid;
use live::Live;
use policy::Actor;
use records::{Engine, Source};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::doors::workspaces::{self, NewWorkspace};
use store::{Store, Workspace};
use tokio::task::JoinHandle;

/// Follows the password rule.
pub const PASSWORD: &str = "Harbour-2026-light";

/// What a test changes about the server it starts.
#[derive(Clone)]
pub struct Setup {
    pub blueprints: Vec<&'static str>,
    pub identity: IdentityConfig,
    pub http: HttpConfig,
    /// What a test adds to the rules and the works of the product.
    pub rules: Vec<fn() -> Box<dyn records::Rule>>,
    pub works: Vec<Arc<dyn jobs::Work>>,
    /// Where files lie; `None`: in a folder of this test.
    pub place: Option<Place>,
}

impl Setup {
    /// Limits out of the way and cheap passwords: what most tests want.
    pub fn new(blueprints: &[&'static str]) -> Self {
        let plenty = Rule::new(100_000, Duration::from_secs(60));
        let http = HttpConfig {
            limits: Limits { auth: plenty, api: plenty, upload: plenty, bulk: plenty },
            // Tests choose the address they come from by `X-Forwarded-For`.
            trusted_proxies: vec!["127.0.0.1".parse().expect("an address")],
            ..HttpConfig::default()
        };
        let identity = IdentityConfig { hash_cost: HashCost::CHEAP, ..IdentityConfig::default() };
        Self { blueprints: blueprints.to_vec(), identity, http, rules: vec![], works: vec![], place: None }
    }
}

/// A server over a database of its own, with one workspace.
pub struct TestApp {
    pub node: Node,
    pub workspace: Workspace,
    setup: Setup,
    people: AtomicU32,
    // Goes last: the database can only be dropped when nobody is connected.
    db: TestDb,
}

/// One process of the server. A test may start several over one database.
pub struct Node {
    pub store: Store,
    pub engine: Engine,
    pub identity: Identity,
    pub works: Vec<Arc<dyn jobs::Work>>,
    pub files: Files,
    pub address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.serving.abort();
        self.store.close();
    }
}

impl TestApp {
    pub async fn new(blueprint: &'static str) -> Self {
        Self::with(Setup::new(&[blueprint])).await
    }

    pub async fn with(setup: Setup) -> Self {
        let db = TestDb::new().await;
        let node = Node::start(&db, &setup).await;
        let new = NewWorkspace {
            slug: "harbour".into(),
            name: "Harbour".into(),
            blueprints: setup.blueprints.iter().map(|b| (*b).to_owned()).collect(),
            timezone: "Europe/Berlin".into(),
            currency: "EUR".into(),
            settings: json!({}),
        };
        let workspace = workspaces::create(&node.store, &new).await.expect("a workspace");
        Self { node, workspace, setup, people: AtomicU32::new(0), db }
    }

    /// Another process over the same database.
    pub async fn second_node(&self) -> Node {
        Node::start(&self.db, &self.setup).await
    }

    pub fn actor(&self) -> Actor {
        Actor::system(self.workspace.id, "Test")
    }

    /// Runs every job that is due to its end, here and now.
    pub async fn work(&self) {
        self.node.worker().run_due().await.expect("the queue can be worked off");
    }

    /// A statement of the database's owner: to bring about what only time or an accident would.
    pub async fn sql(&self, statement: &str) {
        let connected = tokio_postgres::connect(&self.db.url, tokio_postgres::NoTls).await;
        let (client, connection) = connected.expect("the database of this test answers");
        let ending = tokio::spawn(connection);
        client.batch_execute(statement).await.expect("the statement is right");
        drop(client);
        ending.await.expect("no panic").expect("the connection ends in order");
    }

    /// The first column of the first row, as text.
    pub async fn sql_text(&self, question: &str) -> String {
        let connected = tokio_postgres::connect(&self.db.url, tokio_postgres::NoTls).await;
        let (client, connection) = connected.expect("the database of this test answers");
        let ending = tokio::spawn(connection);
        let rows = client.simple_query(question).await.expect("the question is right");
        drop(client);
        ending.await.expect("no panic").expect("the connection ends in order");
        let row = rows.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        row.expect("a row that says something").to_owned()
    }

    /// Somebody with a browser who has not signed in.
    pub fn stranger(&self) -> Client {
        self.node.client()
    }

    /// A new person with this role in the whole workspace.
    pub async fn person(&self, role: &str) -> Person {
        let n = self.people.fetch_add(1, Ordering::Relaxed);
        let email = format!("{}{n}@test.example", role.replace('_', "."));
        let name = format!("{role} {n}");
        let identity = &self.node.identity;
        let user = identity.create_user(&email, &name, Some(PASSWORD), false).await.expect("a user");
        let member = identity.add_member(self.workspace.id, user, role).await.expect("a member");
        Person { email, user, member }
    }

    /// A new person with this role, signed in.
    pub async fn sign_in_as(&self, role: &str) -> Client {
        let person = self.person(role).await;
        let client = self.stranger();
        client.sign_in(&person.email).await.expect_status(201);
        client
    }

    /// A record made by the system: setup of a test, not its subject.
    pub async fn given(&self, object: &str, body: Value) -> Uuid {
        let engine = &self.node.engine;
        let source = Source::new(records::SourceKind::System);
        let mut batch = engine.batch(&self.actor(), source).await.expect("a batch");
        let body: Map<String, Value> = body.as_object().expect("an object").clone();
        let made = batch.create(object, vec![body]).await.expect("a record");
        batch.commit().await.expect("a record that is accepted");
        match &made[0] {
            records::RowResult::Inserted(id) => *id,
            other => panic!("a given {object} was not made: {other:?}"),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Person {
    pub email: String,
    pub user: Uuid,
    pub member: Uuid,
}

impl Node {
    async fn start(db: &TestDb, setup: &Setup) -> Self {
        let store = db.store().await;
        let identity = Identity::new(store.clone(), setup.identity.clone()).expect("an identity");
        let mut rules: Vec<Box<dyn records::Rule>> = vec![Box::new(billing::Totals)];
        rules.extend(setup.rules.iter().map(|make| make()));
        let engine = Engine::new(store.clone(), rules);
        let mut works = setup.works.clone();
        works.extend(duplicates::works(&engine, &identity));
        works.extend(notices::works(&engine, &identity));
        works.push(Arc::new(records::IndexBuild::new(store.clone())));
        works.push(Arc::new(records::ComputedFill::new(engine.clone())));
        works.push(Arc::new(records::ModelPurge::new(engine.clone())));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the port");
        let files = Files::open(&FilesConfig {
            place: setup.place.clone().unwrap_or_else(|| Place::Folder(db.folder.path().into())),
            public_url: format!("http://{address}"),
        })
        .await
        .expect("a folder for files");
        works.extend(imports::Imports::new(engine.clone(), identity.clone(), files.clone()).works());
        works.push(Arc::new(imports::Sweeper::new(&store, &files)));
        works.push(Arc::new(files::uploads::Sweeper::new(&store, &files)));
        works.push(Arc::new(exports::person::Forgetter::new(&engine, &files)));
        works.push(Arc::new(exports::retention::Sweeper(engine.clone())));
        works.push(Arc::new(exports::Exporter::new(&engine, &identity, &files)));
        let state = Parts {
            store: store.clone(),
            engine: engine.clone(),
            identity: identity.clone(),
            files: files.clone(),
            live: Live::new(&engine, &identity),
            limiter: Arc::new(LocalLimiter::default()),
            probes: Arc::new([]),
            config: Arc::new(setup.http.clone()),
        };
        let service = http_api::router(state).into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move {
            axum::serve(listener, service).await.expect("the server runs until the test ends");
        });
        Self { store, engine, identity, files, works, address, serving }
    }

    /// A worker with what this node can do. It does nothing until it is run.
    pub fn worker(&self) -> jobs::Worker {
        jobs::Worker::new(self.store.clone(), self.works.clone())
    }

    pub fn client(&self) -> Client {
        Client::of(&format!("http://{}", self.address))
    }
}

/// A browser with its cookies, or a program with its key. Clones share the cookies.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    headers: Vec<(String, String)>,
    cookies: Arc<Mutex<Cookies>>,
}

#[derive(Default, Clone)]
pub struct Cookies {
    pub session: Option<String>,
    pub csrf: Option<String>,
}

impl Client {
    /// Of a server that answers at `base` (`http://127.0.0.1:8080`), wherever it runs.
    pub fn of(base: &str) -> Self {
        files::ready_for_tls();
        Self { http: reqwest::Client::new(), base: base.into(), headers: vec![], cookies: Arc::default() }
    }
    /// The same client, whose requests also carry this header.
    pub fn with(&self, name: &str, value: impl Into<String>) -> Self {
        let mut other = self.clone();
        other.headers.push((name.into(), value.into()));
        other
    }
    /// The same cookies, taken to another node.
    pub fn at(&self, node: &Node) -> Self {
        Self { base: format!("http://{}", node.address), ..self.clone() }
    }
    /// A copy whose cookies go their own way: the same browser profile on another machine.
    pub fn copy(&self) -> Self {
        Self { cookies: Arc::new(Mutex::new(self.cookies())), ..self.clone() }
    }
    pub fn cookies(&self) -> Cookies {
        self.cookies.lock().expect("no panic while cookies were held").clone()
    }
    pub fn set_cookies(&self, cookies: Cookies) {
        *self.cookies.lock().expect("no panic while cookies were held") = cookies;
    }

    pub async fn sign_in(&self, email: &str) -> Answer {
        self.sign_in_with(email, PASSWORD).await
    }
    pub async fn sign_in_with(&self, email: &str, password: &str) -> Answer {
        self.post("/api/v1/auth/session", json!({ "email": email, "password": password })).await
    }
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let raw = body.map(|b| b.to_string());
        self.send_raw(method, path, raw, "application/json").await
    }

    pub async fn send_raw(&self, method: Method, path: &str, body: Option<String>, kind: &str) -> Answer {
        self.send_body(method, path, body.map(String::into_bytes), kind).await
    }

    /// Bytes that need not be text.
    pub async fn send_bytes(&self, method: Method, path: &str, body: Vec<u8>, kind: &str) -> Answer {
        self.send_body(method, path, Some(body), kind).await
    }

    async fn send_body(&self, method: Method, path: &str, body: Option<Vec<u8>>, kind: &str) -> Answer {
        self.try_send(method, path, body, kind).await.expect("the server answers")
    }

    /// Like `send_bytes`, of a server that may go away in the middle.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        kind: &str,
    ) -> Result<Answer, reqwest::Error> {
        let answer = Answer::read(self.request(method, path, body, kind).send().await?).await?;
        self.keep(&answer);
        Ok(answer)
    }

    /// An answer that does not end: read piece by piece.
    pub async fn open(&self, path: &str) -> reqwest::Response {
        self.request(Method::GET, path, None, "").send().await.expect("the server answers")
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        kind: &str,
    ) -> reqwest::RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let cookies = self.cookies();
        if let Some(session) = cookies.session {
            request = request.header("cookie", format!("kontor.session_token={session}"));
        }
        let says_csrf = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("x-csrf-token"));
        if let Some(csrf) = cookies.csrf.filter(|_| !says_csrf) {
            request = request.header("x-csrf-token", csrf);
        }
        if let Some(body) = body {
            request = request.header("content-type", kind).body(body);
        }
        request
    }

    fn keep(&self, answer: &Answer) {
        let mut jar = self.cookies.lock().expect("no panic while cookies were held");
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().expect("cookies are plain");
            let (name, rest) = line.split_once('=').expect("a cookie has a name");
            let value = rest.split(';').next().unwrap_or_default();
            let value = (!value.is_empty()).then(|| value.to_owned());
            match name {
                "kontor.session_token" => jar.session = value,
                "kontor.csrf" => jar.csrf = value,
                _ => {}
            }
        }
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    /// Null when the body is not JSON.
    pub json: Value,
}

impl Answer {
    async fn read(reply: reqwest::Response) -> Result<Self, reqwest::Error> {
        let (status, headers) = (reply.status(), reply.headers().clone());
        let text = reply.text().await?;
        let json = serde_json::from_str(&text).unwrap_or_default();
        Ok(Self { status, headers, text, json })
    }
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().expect("headers are plain"))
    }
    #[track_caller]
    pub fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status(), status, "{}", self.text);
        self
    }
    /// Status and code of a refusal: `(403, "policy.denied")`.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status(), self.json["code"].as_str().unwrap_or("(no code)"))
    }
}
