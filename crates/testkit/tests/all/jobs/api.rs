//! Jobs over HTTP: who sees them, cancels them, runs them again.
use super::*;
use reqwest::StatusCode;
use serde_json::json;
use std::sync::Arc;
use store::doors::workspaces::{self, NewWorkspace};

#[tokio::test]
async fn members_see_their_own_jobs_administrators_all_and_strangers_none() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    let admin = app.sign_in_as("admin").await;
    let rep = app.sign_in_as("member").await;
    rep.post("/api/v1/clients", json!({ "name": "Nordwind" })).await.expect_status(201);
    let of_system = given(&app, &order("succeed")).await;

    let own = rep.get("/api/v1/jobs").await.expect_status(200).json;
    assert_eq!(own["jobs"].as_array().map(Vec::len), Some(1), "{own}");
    assert_eq!(own["jobs"][0]["kind"], KIND);
    rep.get(&format!("/api/v1/jobs/{of_system}")).await.expect_status(404);
    let all =
        admin.get("/api/v1/jobs?queue=notifications&state=waiting&limit=1").await.expect_status(200).json;
    assert_eq!(all["jobs"][0]["id"], json!(of_system), "the newest comes first");
    let cursor = all["cursor"].as_str().expect("there is more");
    let rest =
        admin.get(&format!("/api/v1/jobs?queue=notifications&cursor={cursor}")).await.expect_status(200).json;
    assert_eq!(rest["jobs"], own["jobs"]);

    let id = own["jobs"][0]["id"].as_str().expect("an id");
    let stranger = stranger(&app).await;
    for path in ["", "/retry"] {
        let at = format!("/api/v1/jobs/{id}{path}");
        let method = if path.is_empty() { reqwest::Method::DELETE } else { reqwest::Method::POST };
        let answer = stranger.send(method, &at, None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text);
    }
    assert_eq!(stranger.get("/api/v1/jobs").await.json["jobs"], json!([]));
    assert_eq!(rep.get(&format!("/api/v1/jobs/{id}")).await.json["state"], "waiting", "nobody touched it");
    let unfit = admin.get("/api/v1/jobs?state=asleep&queue=none&colour=red").await;
    assert_eq!(unfit.refusal(), (400, "query.invalid"));
    assert_eq!(unfit.json["errors"].as_array().map(Vec::len), Some(3), "{}", unfit.text);
}

#[tokio::test]
async fn a_waiting_job_is_cancelled_at_once_and_can_be_run_again() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    let admin = app.sign_in_as("admin").await;
    let at = format!("/api/v1/jobs/{}", given(&app, &order("succeed")).await);
    assert_eq!(admin.post(&format!("{at}/retry"), json!({})).await.refusal(), (409, "job.not_failed"));
    assert_eq!(admin.delete(&at).await.expect_status(200).json["state"], "cancelled");
    app.work().await;
    assert_eq!(probe.runs(), 0);
    assert_eq!(admin.delete(&at).await.refusal(), (409, "job.over"));

    assert_eq!(
        admin.post(&format!("{at}/retry"), json!({})).await.expect_status(200).json["state"],
        "waiting"
    );
    app.work().await;
    let job = admin.get(&at).await.expect_status(200).json;
    assert_eq!((&job["state"], &job["result"]), (&json!("done"), &json!({ "attempt": 1 })));
}

#[tokio::test]
async fn a_running_job_tells_how_far_it_is_and_stops_when_it_is_cancelled() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    let admin = app.sign_in_as("admin").await;
    let at = format!("/api/v1/jobs/{}", given(&app, &order("until_cancelled")).await);
    // The worker hears of it: its lease, and with it the renewal, is longer than any test.
    let worker = Working::start(app.node.worker().config(patient()));
    let running = until(&admin, &at, |job| job["total"] == 7).await;
    assert_eq!((&running["state"], &running["done"]), (&json!("running"), &json!(3)));
    admin.delete(&at).await.expect_status(200);
    let over = until(&admin, &at, |job| job["state"] != "running").await;
    assert_eq!(over["state"], "cancelled");
    worker.stop().await;
}

#[tokio::test]
async fn what_comes_round_is_told_to_administrators() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    let worker = Working::start(app.node.worker().config(patient()).schedules(vec![NEVER]));
    let admin = app.sign_in_as("admin").await;
    let told = until(&admin, "/api/v1/jobs/schedules", |all| all["schedules"] != json!([])).await;
    assert_eq!(
        (&told["schedules"][0]["name"], &told["schedules"][0]["cron"]),
        (&json!(NEVER.name), &json!(NEVER.cron))
    );
    assert!(told["schedules"][0]["next_run"].as_str().is_some_and(|t| t.contains("-02-29T")), "{told}");
    let rep = app.sign_in_as("member").await;
    assert_eq!(rep.get("/api/v1/jobs/schedules").await.refusal(), (403, "policy.denied"));
    worker.stop().await;
}

#[tokio::test]
async fn a_job_acts_with_what_the_key_that_ordered_it_leaves_of_its_owners_present_rights() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    drop(probe.identity.set(app.node.identity.clone()));
    let person = app.person("admin").await;
    let admin = app.stranger();
    admin.sign_in(&person.email).await.expect_status(201);
    let wish = json!({ "name": "Sync", "scopes": ["client:create", "client:read"] });
    let key = admin.post("/api/v1/me/api-keys", wish).await.expect_status(201).json["key"].clone();
    let program = app.stranger().with("authorization", format!("Bearer {}", key.as_str().expect("a key")));
    program.post("/api/v1/clients", json!({ "name": "By key" })).await.expect_status(201);
    admin.post("/api/v1/clients", json!({ "name": "By hand" })).await.expect_status(201);
    let seen = |jobs: &serde_json::Value| jobs["jobs"].as_array().map(Vec::len);
    assert_eq!(seen(&admin.get("/api/v1/jobs?queue=notifications").await.json), Some(2));
    assert_eq!(
        seen(&program.get("/api/v1/jobs").await.json),
        Some(1),
        "the other has more rights than the key"
    );

    app.work().await;
    let acted = probe.acted.lock().expect("no panic while it was held").clone();
    let mut scopes: Vec<_> = acted.iter().map(|a| a.scopes.as_ref().map(|s| s.len())).collect();
    scopes.sort();
    assert_eq!(scopes, [None, Some(2)]);
    assert!(acted.iter().all(|a| a.member == person.member));

    // Who may no longer sign in has no one acting for them either.
    admin.post("/api/v1/clients", json!({ "name": "Last" })).await.expect_status(201);
    let other = app.sign_in_as("admin").await;
    let its_member = format!("/api/v1/admin/members/{}", person.member);
    other.patch(&its_member, json!({ "is_active": false })).await.expect_status(204);
    app.work().await;
    let failed = other.get("/api/v1/jobs?state=failed").await.expect_status(200).json;
    assert!(
        failed["jobs"][0]["error"].as_str().is_some_and(|e| e.starts_with("auth.account_disabled")),
        "{failed}"
    );
}

async fn stranger(app: &TestApp) -> Client {
    let new = NewWorkspace {
        slug: "elsewhere".into(),
        name: "Elsewhere".into(),
        blueprints: vec!["sales".into()],
        ..NewWorkspace::default()
    };
    let other = workspaces::create(&app.node.store, &new).await.expect("a second workspace");
    let identity = &app.node.identity;
    let made = identity.create_user("mallory@test.example", "Mallory", Some(testkit::PASSWORD), false);
    let user = made.await.expect("a user");
    identity.add_member(other.id, user, "admin").await.expect("a member");
    let client = app.stranger();
    client.sign_in("mallory@test.example").await.expect_status(201);
    client
}
