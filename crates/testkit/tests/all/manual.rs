//! The manual is true: its examples are run as they stand, what it points at is there, the map names every room.
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::{PASSWORD, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_api_manual_run_as_they_stand() {
    let app = TestApp::new("sales").await;
    let person = app.person("admin").await;
    let page = read(&root().join("docs/http-api.md"));
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

#[test]
fn every_link_of_the_manual_leads_somewhere() {
    let mut links = 0;
    for page in pages() {
        for target in read(&page).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let to = page.parent().expect("a page lies in a folder").join(target);
            assert!(to.exists(), "{}: {target} is not there", page.display());
            links += 1;
        }
    }
    assert!(links > 40, "only {links} links were found");
}

#[test]
fn the_map_names_every_crate_and_every_table_of_the_engine() {
    let page = read(&root().join("docs/ARCHITECTURE.md"));
    let named = |word: &str| page.contains(&format!("| `{word}`")) || page.contains(&format!(", `{word}` |"));
    for room in entries(&root().join("crates")) {
        let name = room.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(named(&name), "the map does not name the crate `{name}`");
    }
    let mut tables = 0;
    for migration in entries(&root().join("crates/store/migrations")) {
        for line in read(&migration).lines().filter_map(|line| line.strip_prefix("create table kontor.")) {
            let table = line.split_whitespace().next().unwrap_or_default();
            let partition = line.contains("partition of");
            assert!(partition || named(table), "the map does not name the table `{table}`");
            tables += usize::from(!partition);
        }
    }
    assert!(tables > 10, "only {tables} tables were found");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn pages() -> Vec<PathBuf> {
    let folders = [root(), root().join("docs"), root().join("docs/decisions")];
    let all = folders.iter().flat_map(|folder| entries(folder));
    all.filter(|path| path.extension().is_some_and(|e| e == "md")).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    all.map(|entry| entry.expect("a readable folder").path()).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
