//! The manual is true: its examples are run as they stand.
use std::path::Path;
use std::process::Command;
use testkit::{PASSWORD, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_api_manual_run_as_they_stand() {
    let app = TestApp::new("sales").await;
    let person = app.person("admin").await;
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/http-api.md");
    let page = std::fs::read_to_string(page).expect("the manual is there");
    let blocks = page.split("\n```sh\n").skip(1).filter_map(|rest| rest.split("\n```\n").next());
    let script = blocks.collect::<Vec<_>>().join("\n\n");
    // The examples keep their cookies in the folder where they are run.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("manual");
    std::fs::create_dir_all(&folder).expect("a folder to run in");
    let ran = Command::new("bash")
        .args(["-ec", &script])
        .current_dir(folder)
        .env("KONTOR", format!("http://{}/api/v1", app.node.address))
        .env("EMAIL", &person.email)
        .env("PASSWORD", PASSWORD)
        .env("WORKSPACE", &app.workspace.slug)
        .output()
        .expect("bash runs");
    let said = format!("{}\n{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}");
    // The last example takes the change of many back.
    assert!(said.contains(r#""conflicts":[]"#), "{said}");
}
