//! Lists as files: their filters, columns and rights, and nothing that a spreadsheet would run.
use calamine::{Data, Reader, Xlsx};
use exports::whole::{self, Options, Target};
use kernel::Uuid;
use serde_json::{Value as Json, json};
use std::io::Cursor;
use testkit::{Client, TestApp};

/// Of a CSV, without its last line break.
fn lines(text: &str) -> Vec<&str> {
    text.split("\r\n").filter(|l| !l.is_empty()).collect()
}

#[tokio::test]
async fn a_list_is_exported_as_csv_with_its_filters_and_columns() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let evil = "=HYPERLINK(\"http://x\")";
    app.given("product", json!({ "name": evil, "units_in_stock": "-5.50", "tags": ["+1", "b"] })).await;
    app.given("product", json!({ "name": "Other", "units_in_stock": "7" })).await;
    let hanse = app.given("client", json!({ "name": evil, "annual_revenue": "5.50" })).await;
    app.given(
        "contact",
        json!({ "last_name": "Åse, \"A\"", "client_id": hanse, "birth_date": "1990-02-01" }),
    )
    .await;
    let path = "/api/v1/products/export?format=csv&units_in_stock=lt.0&select=name,units_in_stock,tags";
    let csv = owner.get(path).await.expect_status(200);
    assert!(csv.header("content-disposition").contains(".csv"), "{:?}", csv.headers);
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        lines(&csv.text),
        ["Name,In stock,Tags", "\"'=HYPERLINK(\"\"http://x\"\")\",-5.50,'+1; b"],
        "texts that begin like formulas are texts, numbers stay numbers"
    );
    let path = "/api/v1/contacts/export?format=csv&header=names&select=last_name,birth_date,client(name,annual_revenue)";
    let csv = owner.get(path).await.expect_status(200);
    let wanted = [
        "last_name,birth_date,client.name,client.annual_revenue",
        "\"Åse, \"\"A\"\"\",1990-02-01,\"'=HYPERLINK(\"\"http://x\"\")\",5.50",
    ];
    assert_eq!(lines(&csv.text), wanted);
    let path = "/api/v1/contacts/export?format=csv&select=last_name,client(name)";
    assert_eq!(lines(&owner.get(path).await.text)[0], "Last name,Client › Name");
    let log = owner.get("/api/v1/changes?limit=1").await.expect_status(200).json;
    assert_eq!(log["changes"][0]["note"], "Exported 1 contacts as csv.", "{log}");
}

#[tokio::test]
async fn json_lines_are_the_rows_of_the_list() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    for name in ["A", "B"] {
        let client = app.given("client", json!({ "name": name })).await;
        app.given("contact", json!({ "last_name": "Ada", "client_id": client })).await;
    }
    let query = "order=name&select=*,contacts(last_name)";
    let list = owner.get(&format!("/api/v1/clients?{query}")).await.expect_status(200).json;
    let file = owner.get(&format!("/api/v1/clients/export?format=jsonl&{query}")).await.expect_status(200);
    let rows: Vec<Json> = file.text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(Json::from(rows), list);
    let csv = owner.get("/api/v1/clients/export?format=csv&order=name&select=name,contacts(last_name)").await;
    assert_eq!(lines(&csv.text)[1], "A,\"[{\"\"last_name\"\":\"\"Ada\"\"}]\"", "to-many relations are JSON");
    let refused = owner.get("/api/v1/clients/export?format=pdf").await;
    assert_eq!(refused.status(), 400, "{}", refused.text);
}

/// Orders an export, has it done, and gives what its link leads to.
async fn done(app: &TestApp, who: &Client, order: Json) -> (Json, Vec<u8>) {
    let ordered = who.post("/api/v1/exports", order).await.expect_status(202);
    let at = ordered.header("location").to_owned();
    assert_eq!(who.get(&at).await.expect_status(200).json["state"], "waiting");
    app.work().await;
    let entry = who.get(&at).await.expect_status(200).json;
    assert_eq!(entry["state"], "done", "{entry}");
    let url = entry["url"].as_str().expect("a link").to_owned();
    let file = reqwest::get(url).await.expect("an answer");
    assert_eq!(file.status(), 200);
    (entry, file.bytes().await.expect("a body").to_vec())
}

#[tokio::test]
async fn a_large_list_is_exported_as_a_job_with_typed_cells() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let body = json!({ "name": "=1+1", "annual_revenue": "1234.5", "employees": 3, "tax_exempt": true });
    let client = app.given("client", body).await;
    app.given("contact", json!({ "last_name": "Ada", "client_id": client, "birth_date": "2026-11-21" }))
        .await;
    let order = json!({
        "object": "contacts",
        "query": "select=last_name,birth_date,created_at,client(name,annual_revenue,employees,tax_exempt)",
        "format": "xlsx",
        "title": "People: all",
    });
    let (entry, bytes) = done(&app, &owner, order).await;
    assert_eq!((&entry["rows"], &entry["bytes"]), (&json!(1), &json!(bytes.len())));
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).expect("a workbook");
    let sheet = book.worksheet_range("People all").expect("the sheet is called by the title");
    let rows: Vec<_> = sheet.rows().collect();
    assert_eq!(rows[0][3], Data::String("Client › Name".into()));
    assert_eq!(rows[1][0], Data::String("Ada".into()));
    let serial = |cell: &Data| match cell {
        Data::DateTime(at) => at.as_f64(),
        other => panic!("{other:?} is no date"),
    };
    assert_eq!(serial(&rows[1][1]), 46_347.0, "days since the end of 1899");
    // The workspace is in Berlin, where it is an hour or two later than in UTC.
    let now = jiff::Timestamp::now().as_second() as f64 / 86_400.0 + 25_569.0;
    let ahead = (serial(&rows[1][2]) - now) * 24.0;
    assert!((0.9..=2.1).contains(&ahead), "{ahead} hours are not the way to Berlin");
    assert_eq!(rows[1][3], Data::String("=1+1".into()), "a text, and no formula");
    assert_eq!((&rows[1][4], &rows[1][5]), (&Data::Float(1234.5), &Data::Float(3.0)));
    assert_eq!(rows[1][6], Data::Bool(true));
    assert!(book.worksheet_formula("People all").expect("read").is_empty());
    let log = owner.get("/api/v1/changes?limit=1").await.json;
    assert_eq!(log["changes"][0]["source"], "job");
    assert_eq!(log["changes"][0]["note"], "Exported 1 contacts as xlsx.");
    // Nobody else's.
    let id = entry["id"].as_str().expect("an id");
    let viewer = app.sign_in_as("viewer").await;
    assert_eq!(viewer.get(&format!("/api/v1/exports/{id}")).await.refusal(), (404, "record.not_found"));
    assert_eq!(viewer.get("/api/v1/exports").await.json, json!([]));
    assert_eq!(owner.get("/api/v1/exports").await.json[0]["id"], id);
}

#[tokio::test]
async fn an_export_shows_what_the_list_shows_and_no_secret_to_anybody() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let hook = json!({ "name": "Hook", "url": "https://x.example", "events": ["*"], "secret": "hush-hush-hush-hush-hush-hush-hush" });
    app.given("webhook", hook).await;
    let all = owner.get("/api/v1/webhooks/export?format=csv&header=names").await.expect_status(200);
    assert!(all.text.contains("Hook") && !all.text.contains("hush"), "{}", all.text);
    let asked = owner.get("/api/v1/webhooks/export?format=csv&select=name,secret").await;
    assert_eq!(asked.refusal(), (400, "query.unsupported"));
    for body in [
        json!({ "object": "webhooks", "query": "select=secret", "format": "csv" }),
        json!({ "object": "nothing", "format": "csv" }),
        json!({ "object": "clients", "query": "select=nothing", "format": "csv" }),
        json!({ "object": "clients", "format": "pdf", "header": "x" }),
    ] {
        let refused = owner.post("/api/v1/exports", body).await;
        assert!((400..500).contains(&refused.status()), "{}", refused.text);
    }
}

/// S2-040: `clients.export` is a right of its own in a marina.
#[tokio::test]
async fn where_exporting_is_a_right_of_its_own_reading_is_not_enough() {
    let app = TestApp::new("marina").await;
    app.given("client", json!({ "name": "Hanse" })).await;
    let (director, agent) = (app.sign_in_as("director").await, app.sign_in_as("sales_agent").await);
    let path = "/api/v1/clients/export?format=csv&select=name";
    assert_eq!(lines(&director.get(path).await.expect_status(200).text), ["Name", "Hanse"]);
    agent.get("/api/v1/clients").await.expect_status(200);
    let refused = agent.get(path).await;
    assert_eq!(
        (refused.refusal(), &refused.json["right"]),
        ((403, "policy.denied"), &json!("clients.export"))
    );
    let order = json!({ "object": "clients", "format": "csv" });
    assert_eq!(agent.post("/api/v1/exports", order).await.refusal(), (403, "policy.denied"));
}

/// Rights are those of the moment in which the job runs.
#[tokio::test]
async fn who_loses_the_right_meanwhile_gets_nothing() {
    let app = TestApp::new("orders").await;
    let admin = app.sign_in_as("owner").await;
    let person = app.person("viewer").await;
    let viewer = app.stranger();
    viewer.sign_in(&person.email).await.expect_status(201);
    let order = json!({ "object": "clients", "format": "csv" });
    let ordered = viewer.post("/api/v1/exports", order).await.expect_status(202);
    let roles = format!("/api/v1/admin/members/{}/roles", person.member);
    let held = admin.get(&roles).await.expect_status(200).json;
    let assignment = held[0]["id"].as_str().expect("a role");
    admin.delete(&format!("{roles}/{assignment}")).await.expect_status(204);
    app.work().await;
    let entry = viewer.get(ordered.header("location")).await.expect_status(200).json;
    assert_eq!((&entry["state"], &entry["url"]), (&json!("failed"), &Json::Null), "{entry}");
}

/// Out and in again: the same rows, the same history, the same files.
pub async fn comes_back_the_same(app: &TestApp) -> Uuid {
    let folder = tempfile::tempdir().expect("a folder");
    let workspace = app.node.store.workspace(app.workspace.id).await.expect("the workspace");
    let (store, files) = (&app.node.store, &app.node.files);
    let to = Target::Folder(folder.path().join("out"));
    let written = whole::write(store, files, &workspace, to, &Options::default(), &mut |_, _| true).await;
    let (manifest, _) = written.expect("it is written").expect("nobody stopped it");
    assert!(manifest.tables.contains_key("engine/changes") && manifest.tables.contains_key("data/clients"));
    let from = folder.path().join("out");
    let made = whole::restore(store, files, &from, "again", &mut |_| ()).await;
    let made = made.unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(made.rows, manifest.rows());
    let before = whole::checksums(store, app.workspace.id).await.expect("checksums");
    let after = whole::checksums(store, made.workspace).await.expect("checksums");
    assert_eq!(before, after);
    made.workspace
}

#[tokio::test]
async fn a_workspace_is_restored_elsewhere_and_works_there() {
    let app = TestApp::new("orders").await;
    let owner = app.person("owner").await;
    let admin = app.stranger();
    admin.sign_in(&owner.email).await.expect_status(201);
    let hanse = app.given("client", json!({ "name": "Hanse\\ \"Nord\"\nline" })).await;
    let south = app.given("client", json!({ "name": "South", "parent_id": hanse })).await;
    let at = format!("/api/v1/clients/{hanse}");
    // A circle: whichever comes first refers to one that is not there yet.
    admin.patch(&at, json!({ "parent_id": south, "annual_revenue": "10.00" })).await.expect_status(200);
    let line = json!({ "description": "A", "quantity": "1.500", "unit_price": "9.99", "tax_rate": "19" });
    let order = json!({ "client_id": hanse, "lines": [line], "status": "confirmed" });
    admin.post("/api/v1/orders", order.clone()).await.expect_status(201);
    let gone = app.given("client", json!({ "name": "Gone" })).await;
    admin.put(&format!("/api/v1/clients/{gone}/archival"), Json::Null).await.expect_status(204);
    let key = format!("{}/documents/1/a.txt", app.workspace.id);
    app.node.files.put(&key, "bytes".into()).await.expect("stored");

    // As a job over the API, and back from its file.
    let ordered = admin.post("/api/v1/admin/export", json!({})).await.expect_status(202);
    app.work().await;
    let entry = admin.get(ordered.header("location")).await.expect_status(200).json;
    assert_eq!(entry["state"], "done", "{entry}");
    let zip = reqwest::get(entry["url"].as_str().expect("a link")).await.expect("an answer");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("acme.zip");
    std::fs::write(&file, zip.bytes().await.expect("a file")).expect("written");
    let (store, files) = (&app.node.store, &app.node.files);
    let made = whole::restore(store, files, &file, "moved", &mut |_| ()).await;
    let made = made.unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(made.files, 1);
    let key = format!("{}/documents/1/a.txt", made.workspace);
    assert_eq!(app.node.files.size(&key).await.expect("the file came along"), 5);

    // The same people, the same records, the same numbers, and everything still works.
    let there = app.stranger();
    let credentials = json!({ "email": owner.email, "password": testkit::PASSWORD, "workspace": "moved" });
    there.post("/api/v1/auth/session", credentials).await.expect_status(201);
    let query =
        "/api/v1/clients?order=id&archived_at=not.is.null&or=(archived_at.is.null,archived_at.not.is.null)";
    assert_eq!(there.get(query).await.text, admin.get(query).await.text);
    let all = "/api/v1/clients?order=id";
    assert_eq!(there.get(all).await.expect_status(200).json, admin.get(all).await.json);
    let history = there.get(&format!("{at}/history")).await.expect_status(200).json;
    assert!(history["changes"].as_array().is_some_and(|c| c.len() >= 2), "{history}");
    let changed = there.patch(&at, json!({ "name": "New" })).await.expect_status(200).json;
    assert_eq!((&changed["name"], &changed["version"]), (&json!("New"), &json!(3)));
    let set = there.get("/api/v1/changes?limit=1").await.json["changes"][0]["id"].clone();
    let undo = format!("/api/v1/changes/{}/undo", set.as_str().expect("an id"));
    there.post(&undo, Json::Null).await.expect_status(200);
    assert_eq!(there.get(&at).await.json["name"], "Hanse\\ \"Nord\"\nline");
    let next = there.post("/api/v1/orders", order).await.expect_status(201).json;
    assert!(next["number"].as_str().is_some_and(|n| n.ends_with("0002")), "{}", next["number"]);
    assert_eq!(admin.get(&at).await.json["version"], 2, "the first workspace is as it was");
    // A taken name, and a viewer.
    let again = whole::restore(store, files, &file, "moved", &mut |_| ()).await.expect_err("taken");
    assert!(again.to_string().contains("already"), "{again}");
    let viewer = app.sign_in_as("viewer").await;
    assert_eq!(viewer.post("/api/v1/admin/export", json!({})).await.refusal(), (403, "policy.denied"));
}

#[tokio::test]
async fn an_export_that_was_changed_is_not_restored() {
    let app = TestApp::new("sales").await;
    app.given("client", json!({ "name": "Hanse" })).await;
    let folder = tempfile::tempdir().expect("a folder");
    let workspace = app.node.store.workspace(app.workspace.id).await.expect("the workspace");
    let (store, files) = (&app.node.store, &app.node.files);
    let out = folder.path().join("out");
    let to = Target::Folder(out.clone());
    whole::write(store, files, &workspace, to, &Options::default(), &mut |_, _| true).await.expect("written");
    let clients = out.join("data/clients.jsonl");
    let text = std::fs::read_to_string(&clients).expect("the clients");
    std::fs::write(&clients, text.replace("Hanse", "Danse")).expect("changed");
    let refused = whole::restore(store, files, &out, "moved", &mut |_| ()).await.expect_err("changed");
    assert!(refused.to_string().contains("data/clients.jsonl"), "{refused}");
    let there = store::doors::workspaces::by_slug(store, "moved").await.expect("asked");
    assert!(there.is_none(), "all of it or nothing");
}

/// S4-044.
#[tokio::test]
async fn a_person_is_erased_and_what_the_law_keeps_is_named() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let ada = json!({ "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com", "client_id": client });
    let ada = app.given("contact", ada).await;
    let at = format!("/api/v1/contacts/{ada}");
    admin.patch(&at, json!({ "description": "Likes engines" })).await.expect_status(200);
    let note = app.given("note", json!({ "body": "Ada called", "contact_id": ada })).await;
    let line = json!({ "description": "Work", "quantity": "1", "unit_price": "10", "tax_rate": "19" });
    let invoice = json!({ "client_id": client, "contact_id": ada, "lines": [line], "status": "sent" });
    let invoice = admin.post("/api/v1/invoices", invoice).await.expect_status(201).json;

    // It is taken out first.
    let ordered = admin.post(&format!("{at}/personal-data"), Json::Null).await.expect_status(202);
    app.work().await;
    let entry = admin.get(ordered.header("location")).await.expect_status(200).json;
    assert_eq!(entry["state"], "done", "{entry}");
    let zip = reqwest::get(entry["url"].as_str().expect("a link")).await.expect("an answer");
    let zip = zip.bytes().await.expect("a file");
    let holds = |name: &str| zip.windows(name.len()).any(|w| w == name.as_bytes());
    for name in [
        "contacts.jsonl",
        "contacts.csv",
        "notes (contact_id).csv",
        "invoices (contact_id).jsonl",
        "history.json",
    ] {
        assert!(holds(name), "{name} is not in the archive");
    }

    let erasure = format!("{at}/erasure");
    let viewer = app.sign_in_as("viewer").await;
    assert_eq!(viewer.post(&erasure, json!({})).await.refusal(), (403, "policy.denied"));
    let told =
        admin.post(&erasure, json!({ "reason": "Request of 1 November" })).await.expect_status(200).json;
    assert_eq!(told["kept"][0]["number"], invoice["number"], "{told}");
    let erased = admin.get(&at).await.expect_status(200).json;
    assert_eq!(
        (&erased["last_name"], &erased["email"], &erased["first_name"]),
        (&json!("(erased)"), &Json::Null, &Json::Null)
    );
    assert_eq!(erased["client_id"], json!(client), "what is not personal stays");
    let noted = admin.get(&format!("/api/v1/notes/{note}")).await.expect_status(200).text;
    assert!(!noted.contains("Ada"), "{noted}");
    for path in [format!("{at}/history"), "/api/v1/changes?limit=200".into()] {
        let log = admin.get(&path).await.expect_status(200).text;
        assert!(!log.contains("Lovelace") && !log.contains("ada@") && !log.contains("engines"), "{log}");
        assert!(log.contains("Request of 1 November"), "{log}");
    }
    // Again there is nothing left, and the chain holds.
    let again = admin.post(&erasure, json!({})).await.expect_status(200).json;
    assert_eq!((&again["change_set"], &again["log_entries"]), (&Json::Null, &json!(0)));
    let hanse = admin.post(&format!("/api/v1/clients/{client}/erasure"), json!({})).await;
    assert_eq!(hanse.refusal(), (422, "rule.refused"), "a firm is no person");
}
