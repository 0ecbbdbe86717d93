//! `schemathesis` reads the OpenAPI document and invents requests, fitting and unfitting ones: no answer may be a server
//! error, none may have a status or a form that the document does not name.
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::TestApp;

/// Invented requests for each operation. By hand, over every object: `SCHEMATHESIS_EXAMPLES=100 ./test schemathesis`.
const EXAMPLES: &str = "4";

/// The routes of records are the same code for every object, so these stand for all.
const OBJECTS: [&str; 3] = ["clients", "deals", "invoices"];

const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

#[tokio::test(flavor = "multi_thread")]
async fn invented_requests_meet_no_server_error_and_no_undocumented_answer() {
    let program = installed();
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    for name in ["Northwind", "Harbour Café"] {
        admin.post("/api/v1/clients", json!({ "name": name })).await.expect_status(201);
    }
    let key = admin
        .post("/api/v1/me/api-keys", json!({ "name": "schemathesis", "scopes": ["*"] }))
        .await
        .expect_status(201);
    let key = key.json["key"].as_str().expect("the key is shown once");
    let by_hand = std::env::var("SCHEMATHESIS_EXAMPLES").ok();
    let model = app.node.engine.model(&app.actor()).await.expect("a model");
    let others =
        model.by_plural.keys().map(String::as_str).filter(|p| by_hand.is_none() && !OBJECTS.contains(p));
    // Signing out would end the run.
    let left_out: Vec<_> = ["auth/session", "auth/logout"].into_iter().chain(others).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let run = Command::new(program)
        .current_dir(folder.path())
        .arg("run")
        .arg(format!("http://{}/api/v1/openapi.json", app.node.address))
        .args(["--header", &format!("Authorization: Bearer {key}")])
        .args([
            "--checks",
            CHECKS,
            "--phases",
            "examples,coverage,fuzzing",
            // Threads that compile at once break each other's count of depth before Python 3.11.5 (gh-106905).
            "--workers",
            "1",
            "--seed",
            "20261121",
        ])
        .args(["--max-examples", by_hand.as_deref().unwrap_or(EXAMPLES)])
        .args(["--exclude-path-regex", &format!("^/api/v1/({})(/|$)", left_out.join("|"))])
        .args(["--warnings", "off", "--continue-on-failure", "--suppress-health-check", "all"])
        .output()
        .expect("schemathesis runs");
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}");
    assert!(said.contains("Test cases"), "{said}");
    eprintln!(
        "{}",
        said.lines().rev().take(25).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
    );
}

/// `pip install` once, into a virtual environment of its own; the list of requirements says what.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e/schemathesis");
    let program = folder.join(".venv/bin/schemathesis");
    if !program.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder.join(".venv")));
        run(Command::new(folder.join(".venv/bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(folder.join("requirements.txt")));
    }
    program
}

fn run(command: &mut Command) {
    let done = command.output().expect("python3 with venv is installed (./test installs it)");
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}
