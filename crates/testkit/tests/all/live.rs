//! Changes by others reach those who look at the same records, and nobody else.
use serde_json::{Value as Json, json};
use std::time::Duration;
use store::doors::workspaces::{self, NewWorkspace};
use testkit::{Client, TestApp};

/// A change is told within this; what is not told by then is not told.
const SOON: Duration = Duration::from_secs(10);

/// A stream of changes, as a browser reads it.
struct Listening {
    reply: reqwest::Response,
    text: String,
    /// The id of the last event.
    last: String,
}

async fn listen(client: &Client) -> Listening {
    let mut listening = open(client, None).await;
    assert_eq!(listening.next().await.0, "hello");
    listening
}

async fn open(client: &Client, last: Option<&str>) -> Listening {
    let mut asking = client.with("accept", "text/event-stream");
    if let Some(last) = last {
        asking = asking.with("last-event-id", last);
    }
    let reply = asking.open("/api/v1/live").await;
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.headers()["content-type"], "text/event-stream");
    Listening { reply, text: String::new(), last: String::new() }
}

impl Listening {
    /// The next event and what it says; `("end", null)` when there are no more.
    async fn next(&mut self) -> (String, Json) {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                let line = |name: &str| {
                    let found = event.lines().find_map(|l| l.strip_prefix(name));
                    found.map(|v| v.trim_start_matches(':').trim().to_owned())
                };
                self.last = line("id").unwrap_or(std::mem::take(&mut self.last));
                match line("event") {
                    Some(name) => {
                        let data = line("data").unwrap_or_default();
                        return (name, serde_json::from_str(&data).expect("JSON"));
                    }
                    // A heartbeat.
                    None => continue,
                }
            }
            let piece =
                tokio::time::timeout(SOON, self.reply.chunk()).await.expect("something is told in time");
            match piece.expect("the stream stands") {
                Some(piece) => self.text.push_str(std::str::from_utf8(&piece).expect("text")),
                None => return ("end".into(), Json::Null),
            }
        }
    }

    /// What changed, of the next change that is told.
    async fn changes(&mut self) -> Vec<Json> {
        let (name, told) = self.next().await;
        assert_eq!(name, "change", "{told}");
        told["changes"].as_array().expect("a list").clone()
    }
}

fn text(value: &Json) -> &str {
    value.as_str().expect("a text")
}

async fn client_of(owner: &Client, name: &str) -> Json {
    owner.post("/api/v1/clients", json!({ "name": name })).await.expect_status(201).json
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_member_changes_another_hears_without_its_values() {
    let app = TestApp::new("sales").await;
    let (anna, ben) = (app.sign_in_as("admin").await, app.sign_in_as("admin").await);
    let mut ben_hears = listen(&ben).await;
    let made = client_of(&anna, "Kiel Yachts").await;
    let (name, told) = ben_hears.next().await;
    let me = anna.get("/api/v1/me").await.json;
    assert_eq!((name.as_str(), &told["actor"]["id"]), ("change", &me["member_id"]));
    assert_eq!(told["changes"], json!([{ "object": "client", "id": made["id"], "kind": "create" }]));
    let changed = anna
        .patch(&format!("/api/v1/clients/{}", text(&made["id"])), json!({ "name": "Kiel Boats" }))
        .await
        .expect_status(200);
    let (_, told) = ben_hears.next().await;
    assert_eq!(told["change_set"], changed.header("x-change-set"));
    assert_eq!(told["changes"][0]["kind"], "update");
    assert!(told["changes"][0]["fields"].as_array().is_some_and(|f| f.contains(&json!("name"))), "{told}");
    assert!(!told.to_string().contains("Kiel"), "a value was told: {told}");
    anna.delete(&format!("/api/v1/clients/{}", text(&made["id"]))).await;
    assert_eq!(ben_hears.changes().await[0]["kind"], "delete");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_node_hears_of_it_too() {
    let app = TestApp::new("sales").await;
    let other = app.second_node().await;
    let anna = app.sign_in_as("admin").await;
    let mut there = listen(&anna.at(&other)).await;
    let made = client_of(&anna, "Kiel Yachts").await;
    assert_eq!(there.changes().await[0]["id"], made["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_heard_of_another_workspace() {
    let app = TestApp::new("sales").await;
    let owner = app.sign_in_as("admin").await;
    let new = NewWorkspace {
        slug: "elsewhere".into(),
        name: "Elsewhere".into(),
        blueprints: vec!["sales".into()],
        timezone: "UTC".into(),
        currency: "EUR".into(),
        settings: json!({}),
    };
    let elsewhere = workspaces::create(&app.node.store, &new).await.expect("a workspace");
    let identity = &app.node.identity;
    let user = identity
        .create_user("eve@test.example", "Eve", Some(testkit::PASSWORD), false)
        .await
        .expect("a user");
    identity.add_member(elsewhere.id, user, "admin").await.expect("a member");
    let eve = app.stranger();
    eve.sign_in("eve@test.example").await.expect_status(201);
    let mut eve_hears = listen(&eve).await;
    client_of(&owner, "Theirs").await;
    let own = client_of(&eve, "Hers").await;
    let told = eve_hears.changes().await;
    assert_eq!(told[0]["id"], own["id"], "the first thing that Eve hears of is her own: {told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_only_their_own_records_hears_of_them_only() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let (rep, other) = (app.person("member").await, app.person("member").await);
    let seller = app.stranger();
    seller.sign_in(&rep.email).await.expect_status(201);
    let mut hears = listen(&seller).await;
    let theirs = admin.post("/api/v1/leads", lead("Theirs", other.member)).await.expect_status(201).json;
    let own = admin.post("/api/v1/leads", lead("Own", rep.member)).await.expect_status(201).json;
    let told = hears.changes().await;
    assert_eq!((&told[0]["object"], &told[0]["id"]), (&json!("lead"), &own["id"]), "{told:?}");
    // The other's lead is read by the other.
    let there = format!("/api/v1/leads/{}", text(&theirs["id"]));
    seller.get(&there).await.expect_status(404);
    admin.get(&there).await.expect_status(200);
}

fn lead(name: &str, owner: kernel::Uuid) -> Json {
    json!({ "last_name": name, "company_name": name, "owner_id": owner })
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_fields_and_objects_are_not_even_named() {
    let app = TestApp::new("sales").await;
    let (admin, member) = (app.sign_in_as("admin").await, app.sign_in_as("member").await);
    let (mut hears, mut admin_hears) = (listen(&member).await, listen(&admin).await);
    let hook = json!({ "name": "Hook", "url": "https://hooks.example/1", "events": ["*"], "secret": "s3cret-s3cret-s3cret" });
    admin.post("/api/v1/webhooks", hook).await.expect_status(201);
    assert_eq!(admin_hears.changes().await[0]["object"], "webhook");
    let product = json!({ "name": "Fender", "cost_price": "4.00", "unit_price": "9.00" });
    let product = admin.post("/api/v1/products", product).await.expect_status(201).json;
    let told = hears.changes().await;
    assert_eq!((&told[0]["object"], &told[0]["id"]), (&json!("product"), &product["id"]), "{told:?}");
    let there = format!("/api/v1/products/{}", text(&product["id"]));
    admin.patch(&there, json!({ "cost_price": "5.00" })).await.expect_status(200);
    admin.patch(&there, json!({ "cost_price": "6.00", "name": "Round fender" })).await.expect_status(200);
    let told = hears.changes().await;
    let fields = told[0]["fields"].as_array().expect("fields");
    assert!(fields.contains(&json!("name")) && !fields.contains(&json!("cost_price")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_while_one_was_away_is_told_when_one_comes_back() {
    let app = TestApp::new("sales").await;
    let (anna, ben) = (app.sign_in_as("admin").await, app.sign_in_as("admin").await);
    let mut ben_hears = listen(&ben).await;
    client_of(&anna, "Heard").await;
    ben_hears.changes().await;
    let last = ben_hears.last.clone();
    drop(ben_hears);
    let missed = client_of(&anna, "Missed").await;
    let mut back = open(&ben, Some(&last)).await;
    assert_eq!(back.next().await.0, "hello");
    while back.changes().await[0]["id"] != missed["id"] {}
    // The same, asked for at once.
    let answer = ben.get(&format!("/api/v1/live?after={last}")).await.expect_status(200).json;
    let ids: Vec<&Json> =
        answer["changes"].as_array().expect("changes").iter().map(|c| &c["changes"][0]["id"]).collect();
    assert!(ids.contains(&&missed["id"]), "{answer}");
    // Who was away for longer is told to look at everything.
    let long_ago = jiff::Timestamp::now().as_microsecond() - 180_000_000;
    let mut late = open(&ben, Some(&long_ago.to_string())).await;
    assert_eq!((late.next().await.0, late.next().await.0), ("hello".into(), "reload".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_session() {
    let app = TestApp::new("sales").await;
    let (anna, ben) = (app.sign_in_as("admin").await, app.sign_in_as("admin").await);
    let mut ben_hears = listen(&ben).await;
    let thief = ben.copy();
    ben.delete("/api/v1/auth/session").await.expect_status(204);
    assert_eq!(ben_hears.next().await.0, "again");
    assert_eq!(ben_hears.next().await.0, "end");
    client_of(&anna, "After").await;
    let asking = thief.with("accept", "text/event-stream");
    assert_eq!(asking.get("/api/v1/live").await.refusal(), (401, "auth.required"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_the_rights_of_its_reader_change() {
    let app = TestApp::new("sales").await;
    let ben = app.person("admin").await;
    let reader = app.stranger();
    reader.sign_in(&ben.email).await.expect_status(201);
    let admin = app.sign_in_as("admin").await;
    let mut hears = listen(&reader).await;
    admin
        .post(&format!("/api/v1/admin/members/{}/roles", ben.member), json!({ "role": "member" }))
        .await
        .expect_status(201);
    assert_eq!(hears.next().await.0, "again");
    assert_eq!(hears.next().await.0, "end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_listens_in_ten_places_at_most() {
    let app = TestApp::new("sales").await;
    let (anna, ben) = (app.sign_in_as("admin").await, app.sign_in_as("admin").await);
    let mut places = vec![];
    for _ in 0..10 {
        places.push(listen(&anna).await);
    }
    let asking = anna.with("accept", "text/event-stream");
    assert_eq!(asking.get("/api/v1/live").await.refusal(), (429, "live.too_many"));
    listen(&ben).await;
    client_of(&ben, "Everywhere").await;
    for place in &mut places {
        assert_eq!(place.changes().await[0]["object"], "client");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_very_many_records_says_that_there_are_more() {
    let app = TestApp::new("sales").await;
    let (anna, ben) = (app.sign_in_as("admin").await, app.sign_in_as("admin").await);
    let mut ben_hears = listen(&ben).await;
    let many: Vec<Json> = (0..250).map(|n| json!({ "name": format!("Client {n}") })).collect();
    anna.post("/api/v1/clients", json!(many)).await.expect_status(201);
    let (name, told) = ben_hears.next().await;
    assert_eq!((name.as_str(), &told["more"]), ("change", &json!(true)));
    assert_eq!(told["changes"].as_array().map(Vec::len), Some(200));
}
