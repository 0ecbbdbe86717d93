use serde_json::{Value, json};
use testkit::{Client, TestApp};

async fn key(owner: &Client, wish: Value) -> String {
    let reply = owner.post("/api/v1/me/api-keys", wish).await.expect_status(201);
    reply.json["key"].as_str().unwrap().to_owned()
}
fn as_program(app: &TestApp, key: &str) -> Client {
    app.stranger().with("authorization", format!("Bearer {key}"))
}

#[tokio::test]
async fn a_key_may_what_its_scopes_and_its_owner_may() {
    let app = TestApp::new("marina").await;
    let agent = app.sign_in_as("sales_agent").await;
    let reader = as_program(&app, &key(&agent, json!({ "name": "Reader", "scopes": ["client:read"] })).await);
    let rights = reader.get("/api/v1/me/permissions").await.expect_status(200).json;
    assert_eq!(rights["objects"]["client"]["read"], "all", "{rights}");
    assert_eq!(rights["objects"]["client"]["update"], "none");
    assert_eq!(rights["objects"]["interest"], Value::Null);
    assert_eq!(rights["permissions"], json!([]));

    // `*` is everything that the owner may, and not more.
    let all = as_program(&app, &key(&agent, json!({ "name": "All", "scopes": ["*"] })).await);
    let of_key = all.get("/api/v1/me/permissions").await.json;
    let of_owner = agent.get("/api/v1/me/permissions").await.json;
    assert_eq!(of_key, of_owner);
    assert_eq!(all.get("/api/v1/admin/roles").await.refusal(), (403, "policy.denied"));
}

#[tokio::test]
async fn a_key_needs_no_csrf_token_and_is_taken_as_supabase_clients_send_it() {
    let app = TestApp::new("marina").await;
    let director = app.sign_in_as("director").await;
    let key = key(&director, json!({ "name": "Sync", "scopes": ["*"] })).await;
    let program = as_program(&app, &key);
    program.patch("/api/v1/me", json!({ "timezone": "Europe/Berlin" })).await.expect_status(200);
    app.stranger().with("apikey", key).get("/api/v1/me").await.expect_status(200);
    assert_eq!(as_program(&app, "kontor_nonsense").get("/api/v1/me").await.refusal(), (401, "auth.required"));
}

#[tokio::test]
async fn a_key_is_shown_once_and_ends_when_revoked_or_expired() {
    let app = TestApp::new("marina").await;
    let agent = app.sign_in_as("sales_agent").await;
    let secret = key(&agent, json!({ "name": "Shop", "scopes": ["*"] })).await;
    let program = as_program(&app, &secret);
    program.get("/api/v1/me").await.expect_status(200);

    let list = agent.get("/api/v1/me/api-keys").await.expect_status(200);
    assert!(!list.text.contains(&secret));
    let entry = &list.json[0];
    assert!(secret.starts_with(entry["prefix"].as_str().unwrap()));
    agent.delete(&format!("/api/v1/me/api-keys/{}", entry["id"].as_str().unwrap())).await.expect_status(204);
    program.get("/api/v1/me").await.expect_status(401);

    let soon = kernel::Timestamp::now() + std::time::Duration::from_secs(1);
    let short = key(&agent, json!({ "name": "Short", "scopes": ["*"], "expires_at": soon })).await;
    let program = as_program(&app, &short);
    program.get("/api/v1/me").await.expect_status(200);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    program.get("/api/v1/me").await.expect_status(401);
}

#[tokio::test]
async fn a_key_cannot_make_keys_and_a_wish_is_checked_all_at_once() {
    let app = TestApp::new("marina").await;
    let agent = app.sign_in_as("sales_agent").await;
    let program = as_program(&app, &key(&agent, json!({ "name": "All", "scopes": ["*"] })).await);
    let wish = json!({ "name": "More", "scopes": ["*"] });
    assert_eq!(program.post("/api/v1/me/api-keys", wish).await.refusal(), (403, "policy.denied"));

    let wish = json!({ "name": " ", "scopes": ["client:read", "boat:read", "client:fly"], "expires_at": "2020-01-01T00:00:00Z" });
    let reply = agent.post("/api/v1/me/api-keys", wish).await.expect_status(422);
    let fields: Vec<_> =
        reply.json["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["name", "scopes.1", "scopes.2", "expires_at"]);
}
