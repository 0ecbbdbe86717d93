use serde_json::json;
use std::time::Duration;
use store::doors::workspaces::{self, NewWorkspace};
use testkit::{Setup, TestApp};

#[tokio::test]
async fn a_session_ended_on_one_node_is_over_on_all() {
    let app = TestApp::new("marina").await;
    let person = app.person("viewer").await;
    let (desk, phone) = (app.stranger(), app.stranger());
    desk.sign_in(&person.email).await.expect_status(201);
    phone.sign_in(&person.email).await.expect_status(201);

    let second = app.second_node().await;
    let phone_there = phone.at(&second);
    phone_there.get("/api/v1/me/permissions").await.expect_status(200);

    let sessions = desk.get("/api/v1/me/sessions").await.expect_status(200).json;
    let other = sessions.as_array().unwrap().iter().find(|s| s["current"] == false).expect("the phone's");
    desk.delete(&format!("/api/v1/me/sessions/{}", other["id"].as_str().unwrap())).await.expect_status(204);

    let ended =
        eventually(|| async { phone_there.get("/api/v1/me/permissions").await.status() == 401 }).await;
    assert!(ended, "the second node still believes the session");
    desk.get("/api/v1/me").await.expect_status(200);
}

#[tokio::test]
async fn all_other_sessions_end_at_once() {
    let app = TestApp::new("marina").await;
    let person = app.person("viewer").await;
    let browsers = [app.stranger(), app.stranger(), app.stranger()];
    for browser in &browsers {
        browser.sign_in(&person.email).await.expect_status(201);
        browser.get("/api/v1/me").await.expect_status(200);
    }
    let reply = browsers[0].delete("/api/v1/me/sessions").await.expect_status(200);
    assert_eq!(reply.json["ended"], 2);
    browsers[0].get("/api/v1/me").await.expect_status(200);
    browsers[1].get("/api/v1/me").await.expect_status(401);
    browsers[2].get("/api/v1/me").await.expect_status(401);
}

#[tokio::test]
async fn nobody_ends_somebody_elses_session() {
    let app = TestApp::new("marina").await;
    let (mine, theirs) = (app.sign_in_as("viewer").await, app.sign_in_as("viewer").await);
    let id = theirs.get("/api/v1/me/sessions").await.json[0]["id"].as_str().unwrap().to_owned();
    let reply = mine.delete(&format!("/api/v1/me/sessions/{id}")).await;
    assert_eq!(reply.refusal(), (404, "record.not_found"));
    theirs.get("/api/v1/me").await.expect_status(200);
}

#[tokio::test]
async fn a_token_is_replaced_at_use_and_the_old_one_lives_a_moment_longer() {
    let mut setup = Setup::new(&["marina"]);
    setup.identity.rotate_after = Duration::from_millis(300);
    setup.identity.grace = Duration::from_secs(1);
    let app = TestApp::with(setup).await;
    let browser = app.sign_in_as("viewer").await;
    let first = browser.copy();
    browser.get("/api/v1/me").await.expect_status(200);
    assert_eq!(browser.cookies().session, first.cookies().session, "not due yet");

    tokio::time::sleep(Duration::from_millis(400)).await;
    browser.get("/api/v1/me").await.expect_status(200);
    assert_ne!(browser.cookies().session, first.cookies().session);
    assert_eq!(browser.cookies().csrf, first.cookies().csrf, "forms that are open stay valid");

    let late = first.copy();
    late.get("/api/v1/me").await.expect_status(200);
    assert_eq!(late.cookies().session, first.cookies().session, "a replaced token leads to no other token");

    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(first.get("/api/v1/me").await.refusal(), (401, "auth.required"));
    browser.get("/api/v1/me").await.expect_status(200);
}

#[tokio::test]
async fn a_session_ends_after_its_life_however_busy_it_was() {
    let mut setup = Setup::new(&["marina"]);
    setup.identity.session_life = Duration::from_secs(2);
    let app = TestApp::with(setup).await;
    let browser = app.sign_in_as("viewer").await;
    for _ in 0..3 {
        browser.get("/api/v1/me").await.expect_status(200);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    tokio::time::sleep(Duration::from_millis(1300)).await;
    browser.get("/api/v1/me").await.expect_status(401);
}

#[tokio::test]
async fn a_change_with_a_cookie_needs_the_csrf_token_of_that_session() {
    let app = TestApp::new("marina").await;
    let browser = app.sign_in_as("viewer").await;
    let other = app.sign_in_as("viewer").await;
    let path = "/api/v1/me";
    let body = json!({ "name": "Somebody Else" });
    assert_eq!(
        browser.with("x-csrf-token", "guess").patch(path, body.clone()).await.refusal(),
        (403, "auth.csrf")
    );
    let foreign = other.cookies().csrf.unwrap();
    assert_eq!(
        browser.with("x-csrf-token", foreign).patch(path, body.clone()).await.refusal(),
        (403, "auth.csrf")
    );
    assert_eq!(
        browser.with("x-csrf-token", "").patch(path, body.clone()).await.refusal(),
        (403, "auth.csrf")
    );
    let me = browser.patch(path, body).await.expect_status(200).json;
    assert_eq!(me["name"], "Somebody Else");
}

#[tokio::test]
async fn one_person_works_in_several_workspaces() {
    let app = TestApp::new("marina").await;
    let person = app.person("viewer").await;
    let agency = NewWorkspace {
        slug: "agency".into(),
        name: "Agency".into(),
        blueprints: vec!["agency".into()],
        ..NewWorkspace::default()
    };
    let agency = workspaces::create(&app.node.store, &agency).await.unwrap();
    app.node.identity.add_member(agency.id, person.user, "finance").await.unwrap();

    let browser = app.stranger();
    browser
        .post(
            "/api/v1/auth/session",
            json!({ "email": person.email, "password": testkit::PASSWORD, "workspace": "harbour" }),
        )
        .await
        .expect_status(201);
    let here = browser.get("/api/v1/me").await.json;
    assert_eq!(
        (here["workspace"]["slug"].as_str(), here["roles"][0]["role"].as_str()),
        (Some("harbour"), Some("viewer"))
    );
    // For one request, by header.
    let there = browser.with("x-workspace", "agency").get("/api/v1/me").await.json;
    assert_eq!(
        (there["workspace"]["slug"].as_str(), there["roles"][0]["role"].as_str()),
        (Some("agency"), Some("finance"))
    );
    assert_eq!(browser.get("/api/v1/me").await.json["workspace"]["slug"], "harbour");
    // For the session.
    browser.post("/api/v1/auth/workspace", json!({ "workspace": "agency" })).await.expect_status(200);
    assert_eq!(browser.get("/api/v1/me").await.json["workspace"]["slug"], "agency");

    let reply = browser.with("x-workspace", "elsewhere").get("/api/v1/me").await;
    assert_eq!(reply.refusal(), (403, "workspace.no_access"));
    let reply = app.sign_in_as("viewer").await.with("x-workspace", "agency").get("/api/v1/me").await;
    assert_eq!(reply.refusal(), (403, "workspace.no_access"));
}

#[tokio::test]
async fn the_location_of_a_request_must_be_one_of_mine() {
    let app = TestApp::new("marina").await;
    let north = app.given("location", json!({ "name": "North", "slug": "north" })).await;
    let south = app.given("location", json!({ "name": "South", "slug": "south" })).await;
    let person = app.person("viewer").await;
    let director = app.sign_in_as("director").await;
    let roles = format!("/api/v1/admin/members/{}/roles", person.member);
    let whole = director.get(&roles).await.json[0]["id"].as_str().unwrap().to_owned();
    director.post(&roles, json!({ "role": "viewer", "location_id": north })).await.expect_status(201);
    director.delete(&format!("{roles}/{whole}")).await.expect_status(204);

    let browser = app.stranger();
    browser.sign_in(&person.email).await.expect_status(201);
    let me = browser.with("x-location-id", "north").get("/api/v1/me").await.expect_status(200).json;
    assert_eq!(me["location_id"], north.to_string());
    assert_eq!(me["locations"].as_array().unwrap().len(), 1);
    browser.with("x-port-id", north.to_string()).get("/api/v1/me").await.expect_status(200);
    for elsewhere in ["south", &south.to_string(), "nowhere", "00000000-0000-7000-8000-000000000000"] {
        let reply = browser.with("x-location-id", elsewhere).get("/api/v1/me").await;
        assert_eq!(reply.refusal(), (403, "location.no_access"), "{elsewhere}");
    }
}

/// Waits for what another node learns by notice; a notice takes milliseconds, the cache would take 30 seconds.
async fn eventually<F: Future<Output = bool>>(holds: impl Fn() -> F) -> bool {
    for _ in 0..100 {
        if holds().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    false
}
