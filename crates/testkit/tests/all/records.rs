//! The write path over HTTP: parts, totals, pipelines, gates, numbers, versions, undo.
use serde_json::{Value as Json, json};
use testkit::TestApp;

#[tokio::test]
async fn an_order_totals_its_lines_under_its_rounding_rule() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let lines = json!([
        { "description": "A", "quantity": "3", "unit_price": "0.335", "tax_rate": "19" },
        { "description": "B", "quantity": "3", "unit_price": "0.335", "tax_rate": "19" },
    ]);
    let order = json!({ "client_id": client, "currency": "EUR", "lines": lines });
    let made = owner.post("/api/v1/orders?select=*,lines(*)", order).await.expect_status(201).json;
    assert_eq!(
        (&made["net"], &made["tax"], &made["gross"]),
        (&json!("2.02"), &json!("0.38"), &json!("2.40"))
    );
    assert_eq!(made["lines"][1]["net"], "1.01");
    assert_eq!(made["number"], Json::Null, "a draft has no number yet");
    let at = format!("/api/v1/orders/{}", made["id"].as_str().unwrap());
    let whole = owner.patch(&at, json!({ "rounding": "document" })).await.expect_status(200).json;
    assert_eq!(whole["net"], "2.01");
    let issued = owner.patch(&at, json!({ "status": "confirmed" })).await.expect_status(200).json;
    assert!(issued["number"].as_str().unwrap().starts_with("SO-"), "{issued}");
    // One line goes, one changes, one comes; what is not named stays.
    let rows = json!([{ "id": made["lines"][0]["id"], "quantity": "4" }, { "description": "C", "quantity": "1", "unit_price": "10" }]);
    let at_lines = format!("{at}?select=net,lines(description,quantity,position)");
    let changed = owner.patch(&at_lines, json!({ "lines": rows })).await.expect_status(200).json;
    assert_eq!(changed["lines"][0], json!({ "description": "A", "quantity": "4", "position": 0 }));
    assert_eq!(changed["net"], "11.34");
}

fn errors(answer: &testkit::Answer) -> Vec<(String, String)> {
    let text = |e: &Json, name: &str| e[name].as_str().unwrap_or_default().to_string();
    let all = answer.json["errors"].as_array().cloned().unwrap_or_default();
    all.iter().map(|e| (text(e, "code"), text(e, "field"))).collect()
}

fn pair(code: &str, field: &str) -> (String, String) {
    (code.into(), field.into())
}

#[tokio::test]
async fn losing_a_deal_needs_a_reason() {
    let app = TestApp::new("sales").await;
    let seller = app.sign_in_as("manager").await;
    let deal = seller
        .post("/api/v1/deals", json!({ "name": "Pier 3", "amount": "1000" }))
        .await
        .expect_status(201)
        .json;
    assert_eq!((&deal["stage"], &deal["expected_revenue"]), (&json!("qualification"), &json!("100.00")));
    let at = format!("/api/v1/deals/{}", deal["id"].as_str().unwrap());
    let refused = seller.patch(&at, json!({ "stage": "lost" })).await;
    assert_eq!((refused.status(), errors(&refused)), (422, vec![pair("stage.gate", "lost_reason")]));
    let lost =
        seller.patch(&at, json!({ "stage": "lost", "lost_reason": "price" })).await.expect_status(200).json;
    assert_eq!((&lost["stage"], &lost["probability"]), (&json!("lost"), &json!("0")));
    let refused = seller.patch(&at, json!({ "stage": "won" })).await;
    assert_eq!(errors(&refused), vec![pair("stage.not_allowed", "stage")]);
    let moves = seller.get(&format!("{at}/stage-history")).await.expect_status(200).json;
    let stages: Vec<_> = moves.as_array().unwrap().iter().map(|m| m["to_stage"].as_str().unwrap()).collect();
    assert_eq!(stages, ["qualification", "lost"]);
}

#[tokio::test]
async fn a_gate_counts_related_records_and_a_manager_may_pass_it_with_a_reason() {
    let app = TestApp::new("showroom").await;
    let manager = app.sign_in_as("showroom_manager").await;
    let client = app.given("client", json!({ "name": "Hale", "email": "hale@example.com" })).await;
    let person = app.person("designer").await;
    let project = json!({
        "name": "Bathroom", "client_id": client, "stage": "design_in_progress", "designer_id": person.member,
    });
    let made = manager.post("/api/v1/projects", project).await.expect_status(201).json;
    let at = format!("/api/v1/projects/{}", made["id"].as_str().unwrap());
    let refused = manager.patch(&at, json!({ "stage": "design_presented" })).await;
    let mut gaps = errors(&refused);
    gaps.sort();
    assert_eq!(
        gaps,
        [pair("stage.gate", "documents"), pair("stage.gate", "presented_on")],
        "all gaps at once"
    );
    let document = json!({ "name": "Plan", "type": "design", "project_id": made["id"] });
    manager.post("/api/v1/documents", document).await.expect_status(201);
    manager
        .patch(&at, json!({ "stage": "design_presented", "presented_on": "2026-11-21" }))
        .await
        .expect_status(200);
    let refused = manager.patch(&at, json!({ "stage": "quote_sent" })).await;
    assert_eq!(errors(&refused), [pair("stage.gate", "quotes")]);
    let passed = format!("{at}?override_reason=Quoted%20on%20paper");
    manager.patch(&passed, json!({ "stage": "quote_sent" })).await.expect_status(200);
    let log = manager.get(&format!("{at}/history?limit=1")).await.expect_status(200).json;
    assert_eq!(log["changes"][0]["note"], "Gate passed: Quoted on paper");
}

#[tokio::test]
async fn all_wrong_values_are_told_at_once_and_nothing_is_written() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let body = json!({
        "email": "not an address", "employees": "many", "nmae": "x", "created_at": "2026-01-01T00:00:00Z",
        "annual_revenue": "1.234", "parent_id": "0192e0a0-0000-7000-8000-000000000001",
    });
    let refused = admin.post("/api/v1/clients", body).await;
    assert_eq!(refused.status(), 422, "{}", refused.text);
    let found = errors(&refused);
    for expected in [
        pair("field.invalid", "email"),
        pair("field.invalid", "employees"),
        pair("field.unknown", "nmae"),
        pair("field.read_only", "created_at"),
        pair("field.required", "name"),
        pair("reference.not_found", "parent_id"),
    ] {
        assert!(found.contains(&expected), "{expected:?} is missing in {found:?}");
    }
    assert_eq!(admin.get("/api/v1/clients").await.json, json!([]));
}

#[tokio::test]
async fn a_lost_race_keeps_both_where_it_can_and_names_both_where_it_cannot() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let made = admin.post("/api/v1/clients", json!({ "name": "Orbit" })).await.expect_status(201);
    let at = format!("/api/v1/clients/{}", made.json["id"].as_str().unwrap());
    let seen = admin.get(&at).await.header("etag").to_string();
    assert_eq!(seen, "\"1\"");
    admin.patch(&at, json!({ "employees": 10 })).await.expect_status(200);
    // Another field: both are kept.
    admin
        .with("if-match", &seen)
        .patch(&at, json!({ "website": "https://orbit.example" }))
        .await
        .expect_status(200);
    // The same field: refused with both values.
    let lost = admin.with("if-match", &seen).patch(&at, json!({ "employees": 20 })).await;
    assert_eq!(lost.refusal(), (409, "record.version_conflict"));
    assert_eq!(lost.json["conflicts"], json!({ "employees": { "current": 10, "yours": 20 } }));
    let now = admin.get(&at).await.json;
    assert_eq!(
        (&now["employees"], &now["website"], &now["version"]),
        (&json!(10), &json!("https://orbit.example"), &json!(3))
    );
    let same = admin.with("if-none-match", "\"3\"").get(&at).await;
    assert_eq!((same.status(), same.text.as_str()), (304, ""));
}

#[tokio::test]
async fn a_change_that_changes_nothing_leaves_no_trace() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let id = app.given("client", json!({ "name": "Still", "employees": 5 })).await;
    let at = format!("/api/v1/clients/{id}");
    let same = admin.patch(&at, json!({ "name": "Still", "employees": 5 })).await.expect_status(200).json;
    assert_eq!(same["version"], 1);
    assert_eq!(admin.get(&format!("{at}/history")).await.json["changes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_idempotency_key_acts_once() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let once = admin.with("idempotency-key", "k-1");
    let first = once.post("/api/v1/clients", json!({ "name": "Once" })).await.expect_status(201);
    let second = once.post("/api/v1/clients", json!({ "name": "Once" })).await.expect_status(201);
    assert_eq!((first.text, second.header("idempotency-replayed")), (second.text.clone(), "true"));
    let other = once.post("/api/v1/clients", json!({ "name": "Twice" })).await;
    assert_eq!(other.refusal(), (409, "idempotency.conflict"));
    assert_eq!(admin.get("/api/v1/clients?select=name").await.json, json!([{ "name": "Once" }]));
    // Two at the same moment.
    let race = admin.with("idempotency-key", "k-2");
    let (a, b) = tokio::join!(
        race.post("/api/v1/clients", json!({ "name": "Race" })),
        race.post("/api/v1/clients", json!({ "name": "Race" })),
    );
    assert_eq!((a.status(), b.status()), (201, 201), "{} {}", a.text, b.text);
    assert_eq!(a.json["id"], b.json["id"]);
}

#[tokio::test]
async fn rows_are_upserted_by_a_unique_field() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let merge = admin.with("prefer", "resolution=merge-duplicates,return=representation");
    let at = "/api/v1/products?on_conflict=external_id&select=name,external_id";
    let rows = json!([{ "name": "Chai", "external_id": "1" }, { "name": "Chang", "external_id": "2" }]);
    merge.post(at, rows).await.expect_status(201);
    let rows = json!([{ "name": "Chai tea", "external_id": "1" }, { "name": "Syrup", "external_id": "3" }]);
    merge.post(at, rows).await.expect_status(201);
    let ignore = admin.with("prefer", "resolution=ignore-duplicates");
    ignore.post(at, json!([{ "name": "Other", "external_id": "2" }])).await.expect_status(200);
    let all = admin.get("/api/v1/products?select=name,external_id&order=external_id").await.json;
    let names: Vec<_> = all.as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Chai tea", "Chang", "Syrup"]);
    let refused = merge.post("/api/v1/products?on_conflict=name", json!([{ "name": "Chai" }])).await;
    assert_eq!(refused.refusal(), (400, "query.invalid"));
    let twice = admin.post("/api/v1/products", json!({ "name": "Again", "external_id": "3" })).await;
    assert_eq!(
        (twice.refusal(), errors(&twice)),
        ((409, "field.duplicate"), vec![pair("field.duplicate", "external_id")])
    );
}

#[tokio::test]
async fn every_row_of_many_gets_its_own_answer() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    app.given("product", json!({ "name": "There", "external_id": "9" })).await;
    let rows = json!([
        { "name": "Good" }, { "external_id": "8" }, { "name": "A", "external_id": "9" },
        { "name": "B", "external_id": "7" }, { "name": "C", "external_id": "7" },
    ]);
    let refused = admin.post("/api/v1/products", rows).await;
    assert_eq!(
        errors(&refused),
        [
            pair("field.required", "1.name"),
            pair("field.duplicate", "2.external_id"),
            pair("field.duplicate", "4.external_id")
        ]
    );
    assert_eq!(
        admin.get("/api/v1/products").await.json.as_array().unwrap().len(),
        1,
        "nothing was half-written"
    );
}

#[tokio::test]
async fn many_are_changed_and_deleted_by_a_filter_and_never_without_one() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    for name in ["a", "b", "c"] {
        app.given("client", json!({ "name": name, "employees": 1 })).await;
    }
    let unbounded = admin.patch("/api/v1/clients", json!({ "employees": 2 })).await;
    assert_eq!(unbounded.refusal(), (400, "query.unbounded"));
    assert_eq!(admin.delete("/api/v1/clients").await.refusal(), (400, "query.unbounded"));
    let shown = admin.with("prefer", "return=representation");
    let changed =
        shown.patch("/api/v1/clients?name=in.(a,b)&select=name,employees", json!({ "employees": 2 })).await;
    assert_eq!(changed.expect_status(200).json.as_array().unwrap().len(), 2);
    admin.patch("/api/v1/clients?name=eq.c", json!({ "employees": 3 })).await.expect_status(204);
    admin.delete("/api/v1/clients?employees=eq.2").await.expect_status(204);
    assert_eq!(
        admin.get("/api/v1/clients?select=name,employees").await.json,
        json!([{ "name": "c", "employees": 3 }])
    );
}

#[tokio::test]
async fn an_archived_record_steps_back_and_comes_again() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let id = app.given("client", json!({ "name": "Gone" })).await;
    let at = format!("/api/v1/clients/{id}");
    admin.put(&format!("{at}/archival"), json!(null)).await.expect_status(204);
    assert_eq!(admin.get("/api/v1/clients").await.json, json!([]));
    assert_eq!(
        admin.get("/api/v1/clients?archived_at=not.is.null&select=name").await.json,
        json!([{ "name": "Gone" }])
    );
    assert_eq!(admin.patch(&at, json!({ "name": "X" })).await.refusal(), (409, "record.archived"));
    admin.delete(&format!("{at}/archival")).await.expect_status(204);
    assert_eq!(admin.get("/api/v1/clients?select=name").await.json, json!([{ "name": "Gone" }]));
}

#[tokio::test]
async fn what_goes_along_with_a_deleted_record_comes_back_with_its_undo() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let client = app.given("client", json!({ "name": "Hanse", "email": "office@hanse.example" })).await;
    let lines = json!([{ "description": "A", "quantity": "2", "unit_price": "10" }]);
    let order = app.given("quote", json!({ "client_id": client, "currency": "EUR", "lines": lines })).await;
    let refused = admin.delete(&format!("/api/v1/clients/{client}")).await;
    assert_eq!(refused.refusal(), (409, "record.in_use"), "{}", refused.text);
    let at = format!("/api/v1/quotes/{order}?select=id,net,created_at,lines(id,description,net)");
    let before = admin.get(&at).await.json;
    admin.delete(&format!("/api/v1/quotes/{order}")).await.expect_status(204);
    assert_eq!(admin.get(&at).await.status(), 404);
    let log = admin.get("/api/v1/changes?limit=1").await.json;
    assert_eq!(log["changes"][0]["entries"].as_array().unwrap().len(), 2, "the line is in the log, too");
    let set = log["changes"][0]["id"].as_str().unwrap();
    let undone =
        admin.post(&format!("/api/v1/changes/{set}/undo"), json!(null)).await.expect_status(200).json;
    assert_eq!((&undone["restored"], &undone["conflicts"]), (&json!(2), &json!([])));
    assert_eq!(admin.get(&at).await.json, before);
}

#[tokio::test]
async fn undo_restores_what_nobody_changed_since_and_names_what_somebody_did() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let id = app.given("client", json!({ "name": "Old", "employees": 1 })).await;
    let at = format!("/api/v1/clients/{id}");
    admin.patch(&at, json!({ "name": "New", "employees": 2 })).await.expect_status(200);
    let set =
        admin.get("/api/v1/changes?limit=1").await.json["changes"][0]["id"].as_str().unwrap().to_string();
    admin.patch(&at, json!({ "employees": 3 })).await.expect_status(200);
    let undone =
        admin.post(&format!("/api/v1/changes/{set}/undo"), json!(null)).await.expect_status(200).json;
    assert_eq!(undone["restored"], 1);
    assert_eq!(undone["conflicts"][0]["field"], "employees");
    let now = admin.get(&format!("{at}?select=name,employees")).await.json;
    assert_eq!(now, json!({ "name": "Old", "employees": 3 }));
    // The undo is a change like any other: it can be taken back.
    let again = undone["change_set"].as_str().unwrap();
    admin.post(&format!("/api/v1/changes/{again}/undo"), json!(null)).await.expect_status(200);
    assert_eq!(admin.get(&at).await.json["name"], "New");
    let spent = admin.post(&format!("/api/v1/changes/{again}/undo"), json!(null)).await;
    assert_eq!(spent.refusal(), (409, "change.nothing_to_undo"));
    // Others' changes need a right.
    let member = app.sign_in_as("member").await;
    let refused = member.post(&format!("/api/v1/changes/{set}/undo"), json!(null)).await;
    assert_eq!(refused.refusal(), (403, "policy.denied"));
}

#[tokio::test]
async fn the_log_masks_what_is_sensitive_and_keeps_secrets_out() {
    let app = TestApp::new("marina").await;
    let admin = app.sign_in_as("super_admin").await;
    let made = admin
        .post("/api/v1/clients", json!({ "name": "Ada", "email": "ada@example.com" }))
        .await
        .expect_status(201);
    let at = format!("/api/v1/clients/{}", made.json["id"].as_str().unwrap());
    let log = admin.get(&format!("{at}/history")).await.expect_status(200).json;
    let entry = &log["changes"][0]["entries"][0];
    assert_eq!((&entry["action"], &entry["after"]["email"]), (&json!("create"), &json!("ad***om")));
    assert_eq!(entry["after"]["name"], "Ada");
    let set = &log["changes"][0];
    assert_eq!((&set["source"], &set["actor_kind"]), (&json!("request"), &json!("member")));
    assert!(set["ip"].as_str().is_some() && set["request_id"].as_str().is_some(), "{set}");
}

#[tokio::test]
async fn collections_answer_in_the_grammar_of_postgrest() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let hanse = app.given("client", json!({ "name": "Hanse" })).await;
    for (name, amount, stage) in [("A", "100", "proposal"), ("B", "50.50", "proposal"), ("C", "7", "won")] {
        app.given("deal", json!({ "name": name, "amount": amount, "stage": stage, "client_id": hanse }))
            .await;
    }
    let get = async |path: &str| admin.get(path).await.expect_status(200).json;
    assert_eq!(
        get("/api/v1/deals?select=stage,amount.sum(),count()&order=stage").await,
        json!([{ "stage": "proposal", "sum": "150.50", "count": 2 }, { "stage": "won", "sum": "7", "count": 1 }])
    );
    assert_eq!(
        get("/api/v1/deals?amount=gt.10&order=amount.desc&select=name,client(name)").await,
        json!([{ "name": "A", "client": { "name": "Hanse" } }, { "name": "B", "client": { "name": "Hanse" } }])
    );
    assert_eq!(
        get("/api/v1/clients?select=name,deals(name)&deals.order=name.desc&deals.limit=2").await,
        json!([{ "name": "Hanse", "deals": [{ "name": "C" }, { "name": "B" }] }])
    );
    let page = admin.with("prefer", "count=exact").get("/api/v1/deals?limit=2&order=name").await;
    assert_eq!((page.status(), page.header("content-range")), (206, "0-1/3"));
    let next = admin
        .get(&format!("/api/v1/deals?limit=2&order=name&select=name&cursor={}", page.header("x-next-cursor")))
        .await;
    assert_eq!(next.json, json!([{ "name": "C" }]), "{}", next.text);
    let single = admin.with("accept", "application/vnd.pgrst.object+json");
    assert_eq!(single.get("/api/v1/deals?name=eq.A&select=name").await.json, json!({ "name": "A" }));
    assert_eq!(single.get("/api/v1/deals?select=name").await.refusal(), (406, "query.single"));
    assert_eq!(get("/api/v1/deals?q=b&select=name").await, json!([{ "name": "B" }]));
    assert_eq!(admin.get("/api/v1/deals?nmae=eq.A").await.refusal().0, 400);
}

#[tokio::test]
async fn a_contact_has_a_role_on_a_deal() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let deal = app.given("deal", json!({ "name": "Pier" })).await;
    let contact = app.given("contact", json!({ "last_name": "Adler" })).await;
    let link = json!({ "deal_id": deal, "contact_id": contact, "role": "decision_maker" });
    admin.post("/api/v1/deal_contacts", link.clone()).await.expect_status(201);
    assert_eq!(admin.post("/api/v1/deal_contacts", link).await.status(), 409, "a pair is linked once");
    let read = admin.get("/api/v1/deals?select=name,contacts(last_name),deal_contacts(role)").await.json;
    assert_eq!(read[0]["contacts"], json!([{ "last_name": "Adler" }]));
    assert_eq!(read[0]["deal_contacts"], json!([{ "role": "decision_maker" }]));
}
