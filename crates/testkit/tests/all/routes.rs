//! Every route of the OpenAPI document is tried: without a session, from another workspace, with too little right,
//! with a malformed body and with an oversized one. A new route is in this test by being in the document, and a
//! route that is not in the document fails the second test. DO NOT SKIP a route here.
use http_api::openapi::{FIXED, Guard};
use kernel::Uuid;
use reqwest::Method;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use store::doors::workspaces::{self, NewWorkspace};
use testkit::{Answer, Client, TestApp};

/// Stands in every record of the first workspace, and must never be seen from outside.
const MARK: &str = "Geheimnis-4711";

struct Route {
    method: Method,
    path: String,
    fixed: Option<Guard>,
}

/// Every operation, with `id` for every path parameter.
fn routes(document: &Json, id: Uuid) -> Vec<Route> {
    let mut routes = vec![];
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, _) in item.as_object().expect("a path item").iter().filter(|(m, _)| *m != "parameters") {
            let fixed = FIXED.iter().find(|f| f.path == path && f.method == method).map(|f| f.guard);
            let parts =
                path.split('/').map(|part| if part.starts_with('{') { id.to_string() } else { part.into() });
            let path = parts.collect::<Vec<_>>().join("/");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            routes.push(Route { method, path, fixed });
        }
    }
    routes
}

impl Route {
    async fn send(&self, client: &Client, body: Option<Json>) -> Answer {
        client.send(self.method.clone(), &self.path, body).await
    }
    fn writes(&self) -> bool {
        self.method != Method::GET
    }
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
    /// A body of the right shape, so that what is refused is refused for want of a right.
    fn body(&self) -> Option<Json> {
        let Some(fixed) = self.fixed_route() else { return self.writes().then(|| json!({ "name": "x" })) };
        let member = |(name, kind, _): &(&str, &str, bool)| {
            let value = match (*kind, *name) {
                ("array", _) => json!([]),
                ("object", "files") => json!({ "x.csv": "name\nx\n" }),
                ("object", _) => json!({}),
                ("boolean", _) => json!(true),
                ("integer", _) => json!(1),
                (_, "email") => json!("new@test.example"),
                (_, "role") => json!("viewer"),
                (_, "object") => json!("client"),
                (_, "action") => json!("read"),
                (_, name) if name.ends_with("_id") => json!(Uuid::now_v7()),
                _ => json!("x"),
            };
            (name.to_string(), value)
        };
        self.writes().then(|| Json::Object(fixed.body.iter().map(member).collect()))
    }
    fn fixed_route(&self) -> Option<&'static http_api::openapi::Fixed> {
        let like = |f: &&http_api::openapi::Fixed| {
            let (a, b): (Vec<_>, Vec<_>) = (f.path.split('/').collect(), self.path.split('/').collect());
            let same = a.len() == b.len() && a.iter().zip(&b).all(|(x, y)| x == y || x.starts_with('{'));
            same && f.method == self.method.as_str().to_lowercase()
        };
        FIXED.iter().filter(|_| self.fixed.is_some()).find(like)
    }
    /// Ends the session or changes the password of whoever asks: tried without a session only.
    fn ends_session(&self) -> bool {
        self.path.contains("/auth/") || self.path.contains("/me/") || self.path.ends_with("/me")
    }
}

async fn document(client: &Client) -> Json {
    client.get("/api/v1/openapi.json").await.expect_status(200).json
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_answers_without_a_session() {
    let app = TestApp::new("orders").await;
    let document = document(&app.sign_in_as("owner").await).await;
    let stranger = app.stranger();
    for route in routes(&document, Uuid::now_v7()) {
        let answer = route.send(&stranger, route.writes().then(|| json!({}))).await;
        match route.fixed {
            Some(Guard::Open) => assert!(answer.status() < 500, "{}: {}", route.name(), answer.text),
            _ => assert_eq!(answer.refusal(), (401, "auth.required"), "{}", route.name()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_workspace_is_seen_or_changed_from_another() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let client = app.given("client", json!({ "name": MARK })).await;
    let lines = json!([{ "description": MARK, "quantity": "1", "unit_price": "1" }]);
    let order = app
        .given("order", json!({ "client_id": client, "currency": "EUR", "subject": MARK, "lines": lines }))
        .await;
    let set = owner.get("/api/v1/changes?limit=1").await.json["changes"][0]["id"]
        .as_str()
        .expect("a change")
        .to_string();
    let intruder = intruder(&app).await;
    let document = document(&intruder).await;
    for id in [client, order, Uuid::parse_str(&set).expect("an id")] {
        for route in routes(&document, id).into_iter().filter(|r| !r.ends_session()) {
            let body = json!({ "name": "taken", "client_id": client });
            let answer = route.send(&intruder, route.writes().then_some(body)).await;
            assert!(answer.status() < 500, "{}: {}", route.name(), answer.text);
            assert!(!answer.text.contains(MARK), "{} shows another workspace: {}", route.name(), answer.text);
            let names_record = route.path.contains(&id.to_string()) && route.fixed.is_none();
            assert!(!names_record || answer.status() >= 400, "{}: {}", route.name(), answer.status());
        }
    }
    let read =
        owner.get(&format!("/api/v1/orders/{order}?select=subject,version,lines(description)")).await.json;
    assert_eq!(read, json!({ "subject": MARK, "version": 1, "lines": [{ "description": MARK }] }));
    // Asking for the other workspace by name does not help either.
    let refused = intruder.with("x-workspace", "harbour").get("/api/v1/orders").await;
    assert!(matches!(refused.status(), 401 | 403 | 404), "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_refuses_too_little_right_and_says_which() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let document = document(&owner).await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let nobody = member_without_roles(&app, &owner).await;
    let viewer = app.sign_in_as("viewer").await;
    let rights = viewer.get("/api/v1/me/permissions").await.expect_status(200).json;
    let mut refusals = 0;
    for route in routes(&document, client).into_iter().filter(|r| !r.ends_session()) {
        let body = route.body();
        let answer = route.send(&nobody, body.clone()).await;
        let log = route.path.starts_with("/api/v1/changes");
        match route.fixed {
            Some(Guard::Open | Guard::Member) if !log => {
                assert!(answer.status() < 500, "{}: {}", route.name(), answer.text);
            }
            // One's own changes are always one's own to see; others' are not found.
            _ if log => {
                assert!(matches!(answer.status(), 200 | 403 | 404), "{}: {}", route.name(), answer.text)
            }
            // The engine's own objects and parts take no writes from anybody.
            _ if answer.status() == 405 => assert!(route.writes(), "{}", route.name()),
            _ => {
                assert_eq!(answer.refusal(), (403, "policy.denied"), "{}: {}", route.name(), answer.text);
                assert!(answer.json["hint"].as_str().is_some_and(|h| h.contains("role")), "{}", answer.text);
                assert!(answer.json["right"].as_str().is_some(), "{}", answer.text);
            }
        }
        if route.writes() && route.fixed.is_none() && !held(&rights, &route) {
            let answer = route.send(&viewer, body).await;
            let refused = matches!(answer.status(), 403 | 405);
            assert!(refused, "{} by a viewer: {} {}", route.name(), answer.status(), answer.text);
            refusals += 1;
        }
    }
    assert!(refusals > 150, "a viewer may write only {refusals} kinds of change less than an owner");
    assert_eq!(
        owner.get(&format!("/api/v1/clients/{client}")).await.json["version"],
        1,
        "nothing was changed"
    );
}

/// Whether `/me/permissions` promises the right that the route needs.
fn held(rights: &Json, route: &Route) -> bool {
    let mut parts = route.path.trim_start_matches("/api/v1/").split('/');
    let plural = parts.next().unwrap_or_default();
    let action = match (route.path.rsplit('/').next().unwrap_or_default(), route.method.as_str()) {
        ("archival", _) => "archive",
        // A question with a body.
        ("duplicates", _) => "read",
        ("merge" | "scans", _) => "update",
        (_, "POST") => "create",
        (_, "PATCH") => "update",
        _ => "delete",
    };
    let objects = rights["objects"].as_object().expect("rights by object");
    objects.values().any(|o| o["plural"] == plural && o[action] != "none")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_or_oversized_body_is_refused_by_every_route() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let document = document(&owner).await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let big = format!("{{\"name\": \"{}\"}}", "x".repeat(1_100_000));
    for route in routes(&document, client) {
        if !route.writes() || route.ends_session() {
            continue;
        }
        let malformed = owner
            .send_raw(route.method.clone(), &route.path, Some("{\"name\": ".into()), "application/json")
            .await;
        let takes_body = matches!(route.method, Method::POST | Method::PATCH)
            && !["/undo", "/scans", "/sweeps"].iter().any(|e| route.path.ends_with(e));
        if takes_body {
            assert!(matches!(malformed.status(), 400 | 404 | 405), "{}: {}", route.name(), malformed.text);
        }
        assert!(malformed.status() < 500, "{}: {}", route.name(), malformed.text);
        let oversized =
            owner.send_raw(route.method.clone(), &route.path, Some(big.clone()), "application/json").await;
        let large_by_nature = route.path.contains("/imports");
        if takes_body && !large_by_nature {
            assert!(matches!(oversized.status(), 404 | 405 | 413), "{}: {}", route.name(), oversized.text);
        }
        assert!(oversized.status() < 500, "{}: {}", route.name(), oversized.text);
    }
    assert_eq!(
        owner.get(&format!("/api/v1/clients/{client}")).await.status(),
        404,
        "deleted by its own route, whole"
    );
}

/// The source of the routers is read: a route that nobody wrote down in the document would not be tried above.
#[test]
fn every_route_of_the_source_stands_in_the_document() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../http/src/routes");
    let documented: BTreeSet<&str> = FIXED.iter().map(|f| f.path).collect();
    let mut seen = 0;
    for file in sources(&folder) {
        let text = std::fs::read_to_string(&file).expect("a source file");
        // Those of records stand beside `/api/v1`, the others inside it.
        let whole_paths = file.starts_with(folder.join("records")) || file == folder.join("mod.rs");
        for path in text.split(".route(").skip(1).filter_map(|rest| rest.split('"').nth(1)) {
            let path =
                if whole_paths { path.to_string() } else { format!("/api/v1{}", path.trim_end_matches('/')) };
            let by_model = path.starts_with("/api/v1/{object}") || path == "/api/{*rest}";
            assert!(by_model || documented.contains(path.as_str()), "{path} is not in openapi/fixed.rs");
            seen += 1;
        }
    }
    assert!(seen > 30, "only {seen} routes were found: has their notation changed?");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the routes").flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// A member whose only role was taken away: no right at all.
async fn member_without_roles(app: &TestApp, owner: &Client) -> Client {
    let person = app.person("viewer").await;
    let roles = format!("/api/v1/admin/members/{}/roles", person.member);
    let held = owner.get(&roles).await.expect_status(200).json;
    let assignment = held[0]["id"].as_str().expect("one role");
    owner.delete(&format!("{roles}/{assignment}")).await;
    let client = app.stranger();
    client.sign_in(&person.email).await.expect_status(201);
    client
}

/// The owner of another workspace on the same server.
pub(crate) async fn intruder(app: &TestApp) -> Client {
    let new = NewWorkspace {
        slug: "elsewhere".into(),
        name: "Elsewhere".into(),
        blueprints: vec!["orders".into()],
        ..NewWorkspace::default()
    };
    let other = workspaces::create(&app.node.store, &new).await.expect("a second workspace");
    let identity = &app.node.identity;
    let user = identity
        .create_user("mallory@test.example", "Mallory", Some(testkit::PASSWORD), false)
        .await
        .expect("a user");
    identity.add_member(other.id, user, "owner").await.expect("a member");
    let client = app.stranger();
    client.sign_in("mallory@test.example").await.expect_status(201);
    client
}
