//! `@supabase/postgrest-js` from npm, unmodified, against the real server.
use serde_json::json;
use std::path::Path;
use std::process::Command;
use testkit::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn an_unmodified_postgrest_client_works_a_day() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e/postgrest-js");
    install(&folder);
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let key = admin
        .post("/api/v1/me/api-keys", json!({ "name": "story", "scopes": ["*"] }))
        .await
        .expect_status(201);
    // npm may have been told not to run install scripts; then the system's Node must do.
    let own = folder.join("node_modules/.bin/node");
    let node = if own.exists() { own } else { "node".into() };
    let story = Command::new(node)
        .arg(folder.join("story.mjs"))
        .env("KONTOR_URL", format!("http://{}/api/v1", app.node.address))
        .env("KONTOR_KEY", key.json["key"].as_str().expect("the key is shown once"))
        .output()
        .expect("node runs");
    let said =
        format!("{}{}", String::from_utf8_lossy(&story.stdout), String::from_utf8_lossy(&story.stderr));
    assert!(story.status.success(), "{said}");
    assert!(said.contains("calls as expected"), "{said}");
}

/// `npm ci` once; the lock file says what.
fn install(folder: &Path) {
    if folder.join("node_modules/@supabase/postgrest-js").exists() {
        return;
    }
    let npm = Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder).output();
    let npm = npm.expect("npm is installed (./test installs it)");
    assert!(npm.status.success(), "npm ci: {}", String::from_utf8_lossy(&npm.stderr));
}
