//! Members are told what concerns them: once, only what they may see, and not what they would rather not hear of.
use kernel::{Failure, Problem};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use testkit::{Client, Person, Setup, TestApp};

async fn signed_in(app: &TestApp, person: &Person) -> Client {
    let client = app.stranger();
    client.sign_in(&person.email).await.expect_status(201);
    client
}

/// What stands behind the bell, the newest last.
async fn told(client: &Client) -> Vec<Json> {
    let answer = client.get("/api/v1/notifications?order=created_at.asc,id.asc").await.expect_status(200);
    answer.json.as_array().expect("a list").clone()
}

fn id(answer: &Json) -> &str {
    answer["id"].as_str().expect("an id")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_given_a_record_by_somebody_else_is_told_once() {
    let app = TestApp::new("sales").await;
    let (anna, ben) = (app.person("manager").await, app.person("member").await);
    let (manager, seller) = (signed_in(&app, &anna).await, signed_in(&app, &ben).await);
    let lead = json!({ "last_name": "Olsen", "company_name": "Olsen Yachts", "owner_id": ben.member });
    let lead = manager.post("/api/v1/leads", lead).await.expect_status(201).json;
    app.work().await;
    let all = told(&seller).await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        (&all[0]["type"], &all[0]["title"]),
        (&json!("record_assigned"), &json!("manager 0 assigned to you a lead"))
    );
    assert_eq!(
        (&all[0]["link"], &all[0]["member_id"]),
        (&json!(format!("/leads/{}", id(&lead))), &json!(ben.member))
    );
    assert!(all[0]["description"].as_str().is_some_and(|d| d.contains("Olsen")), "{all:?}");
    // Another change of the same record, and one's own doing, are no news.
    let there = format!("/api/v1/leads/{}", id(&lead));
    manager.patch(&there, json!({ "last_name": "Olsson" })).await.expect_status(200);
    seller
        .post("/api/v1/leads", json!({ "last_name": "Own", "company_name": "Own" }))
        .await
        .expect_status(201);
    app.work().await;
    assert_eq!(told(&seller).await.len(), 1);
    assert_eq!(told(&manager).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_mentioned_is_told_and_many_records_are_one_notice() {
    let app = TestApp::new("sales").await;
    let (anna, ben) = (app.person("manager").await, app.person("member").await);
    let (manager, seller) = (signed_in(&app, &anna).await, signed_in(&app, &ben).await);
    let note =
        json!({ "subject": "Look here", "body": "Please call.", "mention_ids": [ben.member, anna.member] });
    manager.post("/api/v1/notes", note).await.expect_status(201);
    let leads: Vec<Json> = (0..7)
        .map(|n| json!({ "last_name": format!("Lead {n}"), "company_name": format!("Firm {n}"), "owner_id": ben.member }))
        .collect();
    manager.post("/api/v1/leads", json!(leads)).await.expect_status(201);
    app.work().await;
    let all = told(&seller).await;
    let said: Vec<(&str, &str)> = all
        .iter()
        .map(|n| (n["type"].as_str().unwrap_or_default(), n["title"].as_str().unwrap_or_default()))
        .collect();
    assert!(said.contains(&("mention", "manager 0 mentioned you in a note")), "{said:?}");
    assert!(said.contains(&("record_assigned", "manager 0 assigned to you 7 leads")), "{said:?}");
    assert_eq!(said.len(), 2);
    assert_eq!(told(&manager).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_member_does_not_want_to_hear_of_they_do_not() {
    let app = TestApp::new("sales").await;
    let (anna, ben) = (app.person("manager").await, app.person("member").await);
    let (manager, seller) = (signed_in(&app, &anna).await, signed_in(&app, &ben).await);
    let silence = json!({ "type": "record_assigned", "in_app": false });
    seller.post("/api/v1/notification_preferences", silence).await.expect_status(201);
    let lead = json!({ "last_name": "Olsen", "company_name": "Olsen Yachts", "owner_id": ben.member });
    manager.post("/api/v1/leads", lead).await.expect_status(201);
    let note = json!({ "body": "Please call.", "mention_ids": [ben.member] });
    manager.post("/api/v1/notes", note).await.expect_status(201);
    app.work().await;
    let kinds: Vec<Json> = told(&seller).await.iter().map(|n| n["type"].clone()).collect();
    assert_eq!(kinds, [json!("mention")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_read_and_mark_their_own_and_write_none() {
    let app = TestApp::new("sales").await;
    let (anna, ben) = (app.person("manager").await, app.person("member").await);
    let (manager, seller) = (signed_in(&app, &anna).await, signed_in(&app, &ben).await);
    let note = json!({ "body": "Please call.", "mention_ids": [ben.member] });
    manager.post("/api/v1/notes", note).await.expect_status(201);
    app.work().await;
    let own = told(&seller).await.remove(0);
    let there = format!("/api/v1/notifications/{}", id(&own));
    manager.get(&there).await.expect_status(404);
    manager.patch(&there, json!({ "read_at": "2026-01-01T00:00:00Z" })).await.expect_status(404);
    let marked =
        seller.patch(&there, json!({ "read_at": "2026-01-01T00:00:00Z" })).await.expect_status(200).json;
    assert_eq!(marked["read_at"], "2026-01-01T00:00:00Z");
    assert_eq!(seller.patch(&there, json!({ "title": "Something else" })).await.status(), 422);
    let forged = json!({ "member_id": ben.member, "title": "Forged", "type": "mention", "severity": "info" });
    assert_eq!(seller.post("/api/v1/notifications", forged.clone()).await.refusal().0, 403);
    assert_eq!(manager.post("/api/v1/notifications", forged).await.refusal().0, 403);
}

/// A job that cannot succeed.
struct Hopeless;

impl jobs::Work for Hopeless {
    fn kind(&self) -> &'static str {
        "test.hopeless"
    }
    fn run<'a>(&'a self, _: &'a jobs::Run) -> jobs::BoxFuture<'a, kernel::Outcome<()>> {
        Box::pin(async { Err(Failure::from(Problem::new("field.invalid", "There is no such harbour."))) })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_ordered_a_job_is_told_that_it_failed() {
    let setup = Setup { works: vec![Arc::new(Hopeless)], ..Setup::new(&["sales"]) };
    let app = TestApp::with(setup).await;
    let ben = app.person("member").await;
    let seller = signed_in(&app, &ben).await;
    let actor = app.node.identity.actor_of(app.workspace.id, ben.member).await.expect("a member");
    for by in [&actor, &app.actor()] {
        let cx = app.node.store.begin(by).await.expect("a transaction");
        let order = jobs::Order::new(jobs::Queue::Bulk, "test.hopeless", json!({}));
        jobs::enqueue(&cx, &order).await.expect("an order");
        cx.commit().await.expect("it stands");
    }
    app.work().await;
    app.work().await;
    let all = told(&seller).await;
    assert_eq!(all.len(), 1, "the system's own job concerns nobody: {all:?}");
    assert_eq!(
        (&all[0]["type"], &all[0]["severity"], &all[0]["link"]),
        (&json!("job_failed"), &json!("error"), &json!("/jobs"))
    );
    assert!(all[0]["description"].as_str().is_some_and(|d| d.contains("harbour")), "{all:?}");
}
