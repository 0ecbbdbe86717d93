//! Hostile and odd input: the big list of naughty strings, and a suite of JSON texts.
use crate::shared;
use base64::Engine as _;
use reqwest::Method;
use serde_json::{Map, Value as Json, json};
use testkit::TestApp;

/// Object's plural, field, what a value looks like there.
type TextField = (&'static str, &'static str, fn(&str) -> Json);

const TEXT_FIELDS: [TextField; 6] = [
    ("contacts", "department", |s| json!(s)),
    ("contacts", "description", |s| json!(s)),
    ("notes", "body", |s| json!(s)),
    ("contacts", "tags", |s| json!([s])),
    ("contacts", "address", |s| json!({ "street": s })),
    ("saved_views", "settings", |s| json!({ "label": s })),
];

#[tokio::test(flavor = "multi_thread")]
async fn naughty_strings_survive_every_kind_of_text() {
    let Some(data) = shared::data("naughty-strings") else { return };
    let text = std::fs::read_to_string(data.join("blns.json")).expect("the list");
    let strings: Vec<String> = serde_json::from_str(&text).expect("a list of strings");
    assert_eq!(strings.len(), 515);
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let model = app.node.engine.model(&app.actor()).await.expect("a model");
    for (plural, field, value) in TEXT_FIELDS {
        let object = model.by_plural(plural).expect("an object");
        // A tag has at most 100 characters, one line as many as its field says.
        let most = object.fields[field].max.map_or("100000".into(), |max| max.to_string());
        let most = if field == "tags" { 100 } else { most.parse().expect("a whole number") };
        let fits = |s: &&String| match field {
            // A tag is something that one can see.
            "tags" => !s.trim().is_empty() && s.chars().count() <= most,
            _ => !s.is_empty() && s.chars().count() <= most,
        };
        let fitting = strings.iter().filter(fits);
        let rows: Vec<Json> = fitting.map(|s| row(plural, field, value(s))).collect();
        assert!(rows.len() > 480, "{plural}.{field}: {} strings fit", rows.len());
        for chunk in rows.chunks(200) {
            let at = format!("/api/v1/{plural}?select={field}");
            let made = admin.post(&at, json!(chunk)).await.expect_status(201).json;
            for (sent, got) in chunk.iter().zip(made.as_array().expect("rows")) {
                assert_eq!(sent[field], got[field], "{plural}.{field}");
            }
        }
    }
}

fn row(plural: &str, field: &str, value: Json) -> Json {
    let mut row: Map<String, Json> = match plural {
        "contacts" => [("last_name".to_string(), json!("X"))].into_iter().collect(),
        "saved_views" => {
            [("name".to_string(), json!("X")), ("object".to_string(), json!("client"))].into_iter().collect()
        }
        _ => Map::new(),
    };
    row.insert(field.into(), value);
    Json::Object(row)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_json_text_brings_the_server_down() {
    let Some(data) = shared::data("json-suite") else { return };
    let text = std::fs::read_to_string(data.join("test_parsing.base64.json")).expect("the suite");
    let cases: Map<String, Json> = serde_json::from_str(&text).expect("name to base64");
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    for (name, encoded) in &cases {
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(encoded.as_str().expect("text"))
            .expect("base64");
        let answer = admin.send_bytes(Method::POST, "/api/v1/clients", bytes, "application/json").await;
        assert!(answer.status() < 500, "{name}: {}", answer.text);
        let code = answer.json["code"].as_str().unwrap_or_default();
        match name.as_bytes()[0] {
            b'y' => assert_ne!(code, "body.invalid_json", "{name} is JSON: {}", answer.text),
            b'n' => assert_eq!((answer.status(), code), (400, "body.invalid_json"), "{name} is not JSON"),
            _ => {}
        }
    }
}
