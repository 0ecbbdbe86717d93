//! Example data of other systems, imported over the API with the mappings of the repository.
use kernel::Decimal;
use serde_json::{Map, Value as Json, json};
use std::path::{Path, PathBuf};
use testkit::Client;

/// A folder of the shared example data, when it is here.
pub fn data(folder: &str) -> Option<PathBuf> {
    let told = std::env::var_os("KONTOR_SHARED").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = told.unwrap_or_else(beside).join("data").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("passed without a look: {} is not there (set KONTOR_SHARED)", path.display());
    None
}

pub fn facts(data: &Path) -> Json {
    let text = std::fs::read_to_string(data.join("facts.json")).expect("the facts are there");
    serde_json::from_str(&text).expect("the facts are JSON")
}

/// The body of `POST /api/v1/imports`: a mapping of the repository, and the files it names.
pub fn order(mapping: &str, data: &Path) -> Json {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../imports").join(format!("{mapping}.toml"));
    let toml = std::fs::read_to_string(&path).expect("the mapping is there");
    let stem = path.file_stem().expect("a name").to_string_lossy();
    let named =
        |line: &str| line.strip_prefix("file = \"").and_then(|l| l.strip_suffix('"')).map(str::to_owned);
    let mut names: Vec<String> = toml.lines().filter_map(named).collect();
    if !toml.starts_with("file = ") && names.is_empty() {
        names.push(format!("{stem}.csv"));
    }
    let mut files = Map::new();
    for name in names {
        let text = std::fs::read_to_string(data.join(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        files.insert(name, text.into());
    }
    json!({ "mapping": toml, "files": files })
}

/// Imports what is right, and answers with (created, updated, unchanged).
pub async fn import(client: &Client, mapping: &str, data: &Path) -> (u64, u64, u64) {
    let answer = client.post("/api/v1/imports", order(mapping, data)).await;
    assert_eq!(answer.status(), 200, "{mapping}: {}", answer.text.chars().take(2_000).collect::<String>());
    let report = answer.json;
    let count = |name: &str| report[name].as_u64().expect("a count");
    assert_eq!(
        count("created") + count("updated") + count("unchanged"),
        count("rows"),
        "{mapping}: {report}"
    );
    assert_eq!(
        report["change_set"].is_null(),
        count("created") + count("updated") == 0,
        "{mapping}: {report}"
    );
    (count("created"), count("updated"), count("unchanged"))
}

/// Imports everything once, and once more to see that nothing changes.
pub async fn import_twice(client: &Client, data: &Path, all: &[(&str, u64)]) {
    for (mapping, rows) in all {
        assert_eq!(import(client, mapping, data).await, (*rows, 0, 0), "{mapping}");
    }
    let changes = newest_change(client).await;
    for (mapping, rows) in all {
        assert_eq!(import(client, mapping, data).await, (0, 0, *rows), "{mapping}, once more");
    }
    assert_eq!(newest_change(client).await, changes, "a second import writes no change set");
}

async fn newest_change(client: &Client) -> Json {
    client.get("/api/v1/changes?limit=1").await.expect_status(200).json[0]["id"].clone()
}

pub async fn rows(client: &Client, path: &str) -> Vec<Json> {
    let json = client.get(&format!("/api/v1/{path}")).await.json;
    json.as_array().cloned().unwrap_or_else(|| panic!("{path}: {json}"))
}

pub async fn count(client: &Client, path: &str) -> u64 {
    let with = if path.contains('?') { '&' } else { '?' };
    let found = rows(client, &format!("{path}{with}select=count()")).await;
    found[0]["count"].as_u64().unwrap_or_else(|| panic!("{path}: {found:?}"))
}

/// One number of the first row: `sum(&client, "orders?select=net.sum()")`.
pub async fn sum(client: &Client, path: &str) -> Decimal {
    let found = rows(client, path).await;
    let row = found.first().and_then(Json::as_object).unwrap_or_else(|| panic!("{path}: nothing"));
    decimal(&row["sum"])
}

pub fn decimal(json: &Json) -> Decimal {
    let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    text.parse::<Decimal>().unwrap_or_else(|_| panic!("{json} is no number")).normalize()
}
