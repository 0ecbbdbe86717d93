use serde_json::{Value, json};
use testkit::TestApp;

#[tokio::test]
async fn a_role_taken_away_is_gone_at_the_next_request() {
    let app = TestApp::new("marina").await;
    let director = app.sign_in_as("director").await;
    let person = app.person("sales_manager").await;
    let browser = app.stranger();
    browser.sign_in(&person.email).await.expect_status(201);
    let may_update =
        || async { browser.get("/api/v1/me/permissions").await.json["objects"]["client"]["update"].clone() };
    assert_eq!(may_update().await, "all");

    let roles = format!("/api/v1/admin/members/{}/roles", person.member);
    let held = director.get(&roles).await.json[0]["id"].as_str().unwrap().to_owned();
    director.delete(&format!("{roles}/{held}")).await.expect_status(204);
    assert_eq!(may_update().await, Value::Null);
    director.post(&roles, json!({ "role": "viewer" })).await.expect_status(201);
    assert_eq!(may_update().await, "none");
}

#[tokio::test]
async fn a_disabled_member_is_out_at_once_and_back_when_enabled() {
    let app = TestApp::new("marina").await;
    let director = app.sign_in_as("director").await;
    let person = app.person("viewer").await;
    let browser = app.stranger();
    browser.sign_in(&person.email).await.expect_status(201);
    browser.get("/api/v1/me").await.expect_status(200);
    let path = format!("/api/v1/admin/members/{}", person.member);
    director.patch(&path, json!({ "is_active": false })).await.expect_status(204);
    assert_eq!(browser.get("/api/v1/me").await.refusal(), (403, "auth.account_disabled"));
    director.patch(&path, json!({ "is_active": true })).await.expect_status(204);
    browser.get("/api/v1/me").await.expect_status(200);
}

#[tokio::test]
async fn the_last_who_manages_members_cannot_be_removed() {
    let app = TestApp::new("marina").await;
    let person = app.person("director").await;
    let director = app.stranger();
    director.sign_in(&person.email).await.expect_status(201);
    let roles = format!("/api/v1/admin/members/{}/roles", person.member);
    let held = director.get(&roles).await.json[0]["id"].as_str().unwrap().to_owned();
    let reply = director.delete(&format!("{roles}/{held}")).await;
    assert_eq!(reply.refusal(), (422, "rule.refused"));
    app.person("director").await;
    director.delete(&format!("{roles}/{held}")).await.expect_status(204);
}

#[tokio::test]
async fn a_location_may_change_what_a_role_may_there() {
    let app = TestApp::new("marina").await;
    let north = app.given("location", json!({ "name": "North", "slug": "north" })).await;
    app.given("location", json!({ "name": "South", "slug": "south" })).await;
    let admin = app.sign_in_as("super_admin").await;
    let agent = app.sign_in_as("sales_agent").await;
    let may_edit = |place: &'static str| {
        let agent = agent.with("x-location-id", place);
        async move {
            let rights = agent.get("/api/v1/me/permissions").await.expect_status(200).json;
            rights["permissions"].as_array().unwrap().contains(&json!("clients.edit"))
        }
    };
    assert!(may_edit("north").await);

    let path = format!("/api/v1/admin/role-overrides/{north}/sales_agent");
    let rights = json!({ "permissions": { "clients": { "edit": false } } });
    admin.put(&path, rights).await.expect_status(200);
    assert!(!may_edit("north").await);
    assert!(may_edit("south").await);

    let wrong = json!({ "permissions": { "clients.fly": true }, "objects": { "boat": {} }, "extra": 1 });
    let reply = admin.put(&path, wrong).await;
    assert_eq!(reply.json["errors"].as_array().unwrap().len(), 3, "{}", reply.text);

    admin.delete(&path).await.expect_status(204);
    assert!(may_edit("north").await);
}

#[tokio::test]
async fn why_somebody_may_not_is_explained_step_by_step() {
    let app = TestApp::new("marina").await;
    let person = app.person("viewer").await;
    let director = app.sign_in_as("director").await;
    let ask = json!({ "member_id": person.member, "object": "client", "action": "update" });
    let why = director.post("/api/v1/admin/explain", ask.clone()).await.expect_status(200).json;
    assert_eq!(why["allowed"], false);
    assert_eq!(why["decided_by"][0]["role"], "viewer");
    assert_eq!(why["decided_by"][0]["gives"], false);
    assert!(why["roles_with_it"].as_array().unwrap().contains(&json!("sales_agent")), "{why}");
    assert!(why["granted_by"].as_array().unwrap().contains(&json!("director")), "{why}");

    let viewer = app.stranger();
    viewer.sign_in(&person.email).await.expect_status(201);
    let own = viewer
        .post("/api/v1/admin/explain", json!({ "permission": "clients.edit" }))
        .await
        .expect_status(200);
    assert_eq!(own.json["allowed"], false);
    let other = app.person("viewer").await;
    let ask = json!({ "member_id": other.member, "permission": "clients.edit" });
    assert_eq!(viewer.post("/api/v1/admin/explain", ask).await.refusal(), (403, "policy.denied"));
}

#[tokio::test]
async fn an_explanation_knows_whether_the_record_is_within_reach() {
    let app = TestApp::new("agency").await;
    let client = app.given("client", json!({ "name": "Acme" })).await;
    let manager = app.person("manager").await;
    let admin = app.sign_in_as("admin").await;
    let ask = |member: kernel::Uuid| json!({ "member_id": member, "object": "client", "action": "update", "record_id": client });
    let why = admin.post("/api/v1/admin/explain", ask(manager.member)).await.expect_status(200).json;
    assert_eq!(why["record"]["within_reach"], false, "{why}");
    assert_eq!(why["allowed"], false);
    let boss = app.person("admin").await;
    let why = admin.post("/api/v1/admin/explain", ask(boss.member)).await.json;
    assert_eq!((why["record"]["within_reach"].as_bool(), why["allowed"].as_bool()), (Some(true), Some(true)));
}

#[tokio::test]
async fn a_refusal_leaves_a_line_in_the_log_of_sign_ins() {
    let app = TestApp::new("marina").await;
    let viewer = app.sign_in_as("viewer").await;
    viewer.get("/api/v1/admin/roles").await.expect_status(403);
    let mut kinds = vec![];
    for _ in 0..50 {
        kinds = store::doors::identity::log_kinds(&app.node.store, app.workspace.id).await.unwrap();
        if kinds.contains(&"permission_denied".to_owned()) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(kinds, ["login", "permission_denied"]);
}
