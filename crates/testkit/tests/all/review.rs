//! What somebody who means ill, or two roles that nobody thought of together, could try on the write path and the log.
use kernel::Uuid;
use serde_json::{Value as Json, json};
use testkit::{Answer, Client, TestApp};

/// The id of a record that was just made.
fn id(made: &Json) -> String {
    made["id"].as_str().unwrap_or_else(|| panic!("no id in {made}")).to_owned()
}

fn codes(answer: &Answer) -> Vec<&str> {
    let all = answer.json["errors"].as_array();
    all.into_iter().flatten().filter_map(|e| e["code"].as_str()).collect()
}

/// A marina with two ports.
async fn ports() -> (TestApp, Uuid, Uuid) {
    let app = TestApp::new("marina").await;
    let north = app.given("location", json!({ "name": "North", "slug": "north" })).await;
    let south = app.given("location", json!({ "name": "South", "slug": "south" })).await;
    (app, north, south)
}

/// Somebody who holds each role in its location only.
async fn somebody_at(app: &TestApp, places: &[(&str, Uuid)]) -> Client {
    somebody_with(app, "super_admin", places).await
}

/// The same, where another role gives roles.
async fn somebody_with(app: &TestApp, giver: &str, places: &[(&str, Uuid)]) -> Client {
    let person = app.person("viewer").await;
    let admin = app.sign_in_as(giver).await;
    let roles = format!("/api/v1/admin/members/{}/roles", person.member);
    let whole = id(&admin.get(&roles).await.json[0]);
    for (role, place) in places {
        admin.post(&roles, json!({ "role": role, "location_id": place })).await.expect_status(201);
    }
    admin.delete(&format!("{roles}/{whole}")).await.expect_status(204);
    let browser = app.stranger();
    browser.sign_in(&person.email).await.expect_status(201);
    browser
}

async fn interest(app: &TestApp, place: Uuid, notes: &str) -> Uuid {
    let client = app.given("client", json!({ "name": "Hanse", "location_id": place })).await;
    app.given("interest", json!({ "client_id": client, "location_id": place, "notes": notes })).await
}

#[tokio::test]
async fn the_log_of_one_port_is_not_the_log_of_all() {
    let (app, north, south) = ports().await;
    let theirs = interest(&app, south, "the owner is nearly bankrupt").await;
    let ours = interest(&app, north, "wants a corner berth").await;
    let director = somebody_at(&app, &[("director", north)]).await;
    director.get(&format!("/api/v1/interests/{theirs}")).await.expect_status(404);
    director.get(&format!("/api/v1/interests/{theirs}/history")).await.expect_status(404);
    let log = director.get("/api/v1/changes?limit=200").await.expect_status(200);
    assert!(!log.text.contains("bankrupt"), "{}", log.text);
    assert!(log.text.contains("corner berth"), "{}", log.text);
    director.get(&format!("/api/v1/interests/{ours}/history")).await.expect_status(200);
    // Who sees everything sees what is gone, too.
    let admin = app.sign_in_as("super_admin").await;
    admin.delete(&format!("/api/v1/interests/{theirs}")).await.expect_status(204);
    let history = admin.get(&format!("/api/v1/interests/{theirs}/history")).await.expect_status(200);
    assert!(history.text.contains("bankrupt"), "{}", history.text);
    director.get(&format!("/api/v1/interests/{theirs}/history")).await.expect_status(404);
    let log = director.get("/api/v1/changes?limit=200").await.expect_status(200);
    assert!(!log.text.contains("bankrupt"), "{}", log.text);
}

#[tokio::test]
async fn a_record_is_not_moved_into_a_port_where_the_mover_has_no_right() {
    let (app, north, south) = ports().await;
    let ours = interest(&app, north, "").await;
    let seller = somebody_at(&app, &[("sales_manager", north)]).await;
    let at = format!("/api/v1/interests/{ours}");
    let moved = seller.patch(&at, json!({ "location_id": south })).await;
    assert_eq!(moved.refusal(), (403, "policy.denied"), "{}", moved.text);
    let many = seller.patch("/api/v1/interests?stage=eq.open", json!({ "location_id": south })).await;
    assert_eq!(many.refusal(), (403, "policy.denied"), "{}", many.text);
    seller.patch(&at, json!({ "notes": "stays" })).await.expect_status(200);
    let both = somebody_at(&app, &[("sales_manager", north), ("sales_manager", south)]).await;
    both.patch(&at, json!({ "location_id": south })).await.expect_status(200);
}

#[tokio::test]
async fn a_named_right_held_in_one_port_does_not_count_in_another() {
    let (app, north, south) = ports().await;
    let (ours, theirs) = (interest(&app, north, "").await, interest(&app, south, "").await);
    // In South the agents of this workspace may edit interests but not move them along.
    let admin = app.sign_in_as("super_admin").await;
    let rights = json!({ "permissions": { "interests.change_stage": false } });
    admin
        .put(&format!("/api/v1/admin/role-overrides/{south}/sales_manager"), rights)
        .await
        .expect_status(200);
    let seller = somebody_at(&app, &[("sales_manager", north), ("sales_manager", south)]).await;
    let to = json!({ "stage": "details_sent" });
    seller.patch(&format!("/api/v1/interests/{ours}"), to.clone()).await.expect_status(200);
    let refused = seller.patch(&format!("/api/v1/interests/{theirs}"), to).await;
    assert_eq!(refused.refusal(), (403, "policy.denied"), "{}", refused.text);
    seller.patch(&format!("/api/v1/interests/{theirs}"), json!({ "notes": "x" })).await.expect_status(200);
}

async fn last_change(of: &Client, record: &str) -> String {
    let log = of.get(&format!("/api/v1/{record}/history?limit=1")).await.expect_status(200).json;
    id(&log["changes"][0])
}

#[tokio::test]
async fn undo_ends_where_reach_ends() {
    let (app, north, south) = ports().await;
    let admin = app.sign_in_as("super_admin").await;
    let theirs = interest(&app, south, "first").await;
    let record = format!("interests/{theirs}");
    admin.patch(&format!("/api/v1/{record}"), json!({ "notes": "second" })).await.expect_status(200);
    let change = last_change(&admin, &record).await;
    let director = somebody_at(&app, &[("director", north)]).await;
    let undone = director.post(&format!("/api/v1/changes/{change}/undo"), json!({})).await;
    assert!(undone.status() >= 400, "{}", undone.text);
    assert_eq!(admin.get(&format!("/api/v1/{record}")).await.json["notes"], "second");
    // Bringing back a deleted record is making one there.
    admin.delete(&format!("/api/v1/{record}")).await.expect_status(204);
    let change = last_change(&admin, &record).await;
    let undone = director.post(&format!("/api/v1/changes/{change}/undo"), json!({})).await;
    assert!(undone.status() >= 400, "{}", undone.text);
    admin.get(&format!("/api/v1/{record}")).await.expect_status(404);
    // Moving a record back to a port is moving it there.
    let ours = interest(&app, south, "").await;
    let record = format!("interests/{ours}");
    admin.patch(&format!("/api/v1/{record}"), json!({ "location_id": north })).await.expect_status(200);
    let change = last_change(&admin, &record).await;
    let undone = director.post(&format!("/api/v1/changes/{change}/undo"), json!({})).await;
    assert!(undone.status() >= 400, "{}", undone.text);
    assert_eq!(admin.get(&format!("/api/v1/{record}")).await.json["location_id"], north.to_string());
}

#[tokio::test]
async fn undo_does_not_write_fields_that_the_role_may_not_write() {
    let (app, north, _) = ports().await;
    let admin = app.sign_in_as("super_admin").await;
    let ours = interest(&app, north, "first").await;
    let record = format!("interests/{ours}");
    let both = json!({ "notes": "second", "boat_name": "Aurora" });
    admin.patch(&format!("/api/v1/{record}"), both).await.expect_status(200);
    let rights = json!({ "objects": { "interest": { "hidden": ["notes"] } } });
    admin.put(&format!("/api/v1/admin/role-overrides/{north}/director"), rights).await.expect_status(200);
    let director = somebody_at(&app, &[("director", north)]).await;
    let change = last_change(&admin, &record).await;
    let undone = director.post(&format!("/api/v1/changes/{change}/undo"), json!({})).await.expect_status(200);
    assert!(!undone.text.contains("notes"), "a hidden field is not named: {}", undone.text);
    let now = admin.get(&format!("/api/v1/{record}")).await.json;
    assert_eq!((&now["notes"], &now["boat_name"]), (&json!("second"), &Json::Null));
}

#[tokio::test]
async fn undoing_part_rows_needs_reach_of_their_whole() {
    let app = TestApp::new("sales").await;
    let manager = app.sign_in_as("admin").await;
    let person = app.person("member").await;
    let seller = app.stranger();
    seller.sign_in(&person.email).await.expect_status(201);
    let client = app.given("client", json!({ "name": "Orbit", "owner_id": person.member })).await;
    let lines = json!([{ "description": "A", "quantity": "1", "unit_price": "10" }]);
    let quote = json!({ "client_id": client, "lines": lines });
    let made = seller.post("/api/v1/quotes?select=*,lines(*)", quote).await.expect_status(201).json;
    let record = format!("quotes/{}", id(&made));
    let line = json!([{ "id": made["lines"][0]["id"], "unit_price": "99" }]);
    seller.patch(&format!("/api/v1/{record}"), json!({ "lines": line })).await.expect_status(200);
    let change = last_change(&seller, &record).await;
    let other = app.person("member").await.member;
    let away = json!({ "owner_id": other });
    manager.patch(&format!("/api/v1/{record}"), away).await.expect_status(200);
    if seller.get(&format!("/api/v1/{record}")).await.status() != 404 {
        panic!("the quote should be out of reach");
    }
    let undone = seller.post(&format!("/api/v1/changes/{change}/undo"), json!({})).await;
    assert!(undone.status() >= 400, "{}", undone.text);
    let now = manager.get(&format!("/api/v1/{record}?select=net,lines(unit_price)")).await.json;
    assert_eq!(now["lines"][0]["unit_price"], "99", "{now}");
}

#[tokio::test]
async fn undoing_a_creation_does_not_take_along_what_others_hung_on_it() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let deal = admin.post("/api/v1/deals", json!({ "name": "Pier" })).await.expect_status(201).json;
    let change = last_change(&admin, &format!("deals/{}", id(&deal))).await;
    let contact = app.given("contact", json!({ "last_name": "Hale" })).await;
    let link = app.given("deal_contact", json!({ "deal_id": deal["id"], "contact_id": contact })).await;
    let undone = admin.post(&format!("/api/v1/changes/{change}/undo"), json!({})).await;
    assert_eq!(undone.refusal(), (409, "change.nothing_to_undo"), "{}", undone.text);
    assert_eq!(undone.json["conflicts"][0]["object"], "deal", "{}", undone.text);
    let links = admin.get(&format!("/api/v1/deal_contacts?id=eq.{link}")).await.json;
    assert_eq!(links.as_array().map(Vec::len), Some(1));
    // Without what others hung on it, it goes.
    admin.delete(&format!("/api/v1/deal_contacts/{link}")).await.expect_status(204);
    admin.post(&format!("/api/v1/changes/{change}/undo"), json!({})).await.expect_status(200);
}

#[tokio::test]
async fn a_lost_race_for_a_secret_does_not_tell_it() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let hook =
        json!({ "name": "Hook", "url": "https://x.example", "events": ["*"], "secret": "s3cr3t-value" });
    let made = admin.post("/api/v1/webhooks", hook).await.expect_status(201);
    let at = format!("/api/v1/webhooks/{}", id(&made.json));
    // Two who write it at the same time learn that they did, not what the other wrote.
    admin.patch(&at, json!({ "secret": "another-value" })).await.expect_status(200);
    let lost = admin.with("if-match", "\"1\"").patch(&at, json!({ "secret": "third-value" })).await;
    assert_eq!(lost.refusal(), (409, "record.version_conflict"), "{}", lost.text);
    assert!(!lost.text.contains("another-value"), "{}", lost.text);
    let log = admin.get(&format!("{at}/history")).await.expect_status(200);
    assert!(log.text.contains("\"***\"") && !log.text.contains("another"), "{}", log.text);
}

#[tokio::test]
async fn a_hidden_field_is_no_key_and_is_not_guessed_at() {
    let (app, north, _) = ports().await;
    let admin = app.sign_in_as("super_admin").await;
    let taken = json!({ "name": "North quay", "slug": "north-quay" });
    admin.post("/api/v1/locations", taken).await.expect_status(201);
    let rights = json!({ "objects": { "location": { "full": "all", "hidden": ["slug"] } } });
    admin.put(&format!("/api/v1/admin/role-overrides/{north}/director"), rights).await.expect_status(200);
    let director = somebody_at(&app, &[("director", north)]).await;
    let guess = director
        .with("prefer", "resolution=ignore-duplicates")
        .post("/api/v1/locations?on_conflict=slug", json!({ "name": "X", "slug": "north-quay" }))
        .await;
    assert_eq!(guess.refusal(), (400, "query.no_such_field"), "{}", guess.text);
    for key in ["slug", "slig"] {
        let unknown = director.post("/api/v1/locations", json!({ "name": "X", key: "y" })).await;
        assert_eq!(unknown.json["errors"][0]["code"], "field.unknown", "{}", unknown.text);
        assert!(!unknown.text.contains("Did you mean `slug`"), "{}", unknown.text);
    }
}

#[tokio::test]
async fn what_a_role_may_not_write_in_part_rows_stays_as_it_is() {
    let (app, north, _) = ports().await;
    let admin = app.sign_in_as("super_admin").await;
    let rights = json!({ "objects": { "invoice_line": { "full": "all", "hidden": ["tax_rate"], "read_only": ["unit_price"] } } });
    admin.put(&format!("/api/v1/admin/role-overrides/{north}/director"), rights).await.expect_status(200);
    let director = somebody_at(&app, &[("director", north)]).await;
    let client = app.given("client", json!({ "name": "Hanse", "location_id": north })).await;
    let invoice = |lines: Json| json!({ "client_id": client, "location_id": north, "lines": lines });
    let hidden = invoice(json!([{ "description": "A", "quantity": "1", "tax_rate": "7" }]));
    let refused = director.post("/api/v1/invoices", hidden).await;
    assert_eq!(codes(&refused), ["field.unknown"], "{}", refused.text);
    let line = json!([{ "description": "A", "quantity": "1", "unit_price": "10", "tax_rate": "19" }]);
    let made =
        admin.post("/api/v1/invoices?select=id,lines(id)", invoice(line)).await.expect_status(201).json;
    let at = format!("/api/v1/invoices/{}", id(&made));
    let cheaper = json!({ "lines": [{ "id": made["lines"][0]["id"], "unit_price": "1" }] });
    let refused = director.patch(&at, cheaper).await;
    assert_eq!(codes(&refused), ["field.read_only"], "{}", refused.text);
    // What was read can be sent back: a value that stays as it is changes nothing.
    let same = json!({ "lines": [{ "id": made["lines"][0]["id"], "unit_price": "10", "quantity": "2" }] });
    director.patch(&at, same).await.expect_status(200);
}

#[tokio::test]
async fn a_repeated_request_is_not_answered_to_who_lost_the_right() {
    let app = TestApp::new("sales").await;
    let person = app.person("admin").await;
    let browser = app.stranger();
    browser.sign_in(&person.email).await.expect_status(201);
    let keyed = browser.with("idempotency-key", "once");
    let hook = json!({ "name": "Hook", "url": "https://x.example", "events": ["*"], "secret": "s3cr3t" });
    keyed.post("/api/v1/webhooks", hook.clone()).await.expect_status(201);
    let again = keyed.post("/api/v1/webhooks", hook.clone()).await.expect_status(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    let owner = app.sign_in_as("admin").await;
    let roles = format!("/api/v1/admin/members/{}/roles", person.member);
    let whole = id(&owner.get(&roles).await.json[0]);
    owner.post(&roles, json!({ "role": "viewer" })).await.expect_status(201);
    owner.delete(&format!("{roles}/{whole}")).await.expect_status(204);
    let again = keyed.post("/api/v1/webhooks", hook).await;
    assert_eq!(again.refusal(), (403, "policy.denied"), "{}", again.text);
}

#[tokio::test]
async fn the_log_says_that_a_gate_was_passed_only_where_one_was() {
    let app = TestApp::new("showroom").await;
    let manager = app.sign_in_as("showroom_manager").await;
    let client = app.given("client", json!({ "name": "Hale", "email": "hale@example.com" })).await;
    let project = app.given("project", json!({ "name": "Bathroom", "client_id": client })).await;
    let at = format!("/api/v1/projects/{project}?override_reason=The%20board%20agreed");
    manager.patch(&at, json!({ "name": "Kitchen" })).await.expect_status(200);
    let log = manager.get(&format!("/api/v1/projects/{project}/history?limit=1")).await.json;
    assert_eq!(log["changes"][0]["note"], Json::Null, "{log}");
}

#[tokio::test]
async fn a_document_has_as_many_rows_as_can_be_read_back() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let client = app.given("client", json!({ "name": "Orbit" })).await;
    let lines: Vec<Json> = (0..1001).map(|_| json!({})).collect();
    let quote = json!({ "client_id": client, "lines": lines });
    let refused = admin.post("/api/v1/quotes", quote).await;
    assert_eq!(refused.status(), 422, "{}", refused.text.len());
    let about_lines: Vec<_> = refused.json["errors"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["field"].as_str().is_some_and(|f| f.starts_with("lines")))
        .collect();
    assert_eq!(about_lines.len(), 1, "one answer, not a thousand");
    assert_eq!(about_lines[0]["field"], "lines");
}

#[tokio::test]
async fn a_record_made_beyond_what_one_may_read_is_made_all_the_same() {
    let (app, north, _) = ports().await;
    let admin = app.sign_in_as("super_admin").await;
    let rights = json!({ "objects": { "interest": { "create": "all", "read": "own" } } });
    admin.put(&format!("/api/v1/admin/role-overrides/{north}/director"), rights).await.expect_status(200);
    let director = somebody_at(&app, &[("director", north)]).await;
    let client = app.given("client", json!({ "name": "Hanse", "location_id": north })).await;
    let made = director
        .post("/api/v1/interests", json!({ "client_id": client, "owner_id": null }))
        .await
        .expect_status(201);
    assert_eq!(made.text, "");
    let all = admin.get("/api/v1/interests?select=id").await.json;
    assert_eq!(made.header("location"), format!("/api/v1/interests/{}", id(&all[0])));
}

#[tokio::test]
async fn members_are_not_changed_as_records_in_bulk_either() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let changed = admin.patch("/api/v1/members?name=like.*", json!({ "name": "X" })).await;
    assert!((400..500).contains(&changed.status()), "{}", changed.text);
    let gone = admin.delete("/api/v1/members?name=like.*").await;
    assert!((400..500).contains(&gone.status()), "{}", gone.text);
    let parts = admin.delete("/api/v1/quote_lines?quantity=gt.0").await;
    assert!((400..500).contains(&parts.status()), "{}", parts.text);
}

#[tokio::test]
async fn a_link_is_not_moved_to_a_record_that_the_mover_may_not_change() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let north = app.given("location", json!({ "name": "North", "slug": "north" })).await;
    let rights = json!({ "objects": { "deal": { "read": "all" } } });
    admin.put(&format!("/api/v1/admin/role-overrides/{north}/member"), rights).await.expect_status(200);
    let person = app.person("member").await;
    let roles = format!("/api/v1/admin/members/{}/roles", person.member);
    let whole = id(&admin.get(&roles).await.json[0]);
    admin.post(&roles, json!({ "role": "member", "location_id": north })).await.expect_status(201);
    admin.delete(&format!("{roles}/{whole}")).await.expect_status(204);
    let seller = app.stranger();
    seller.sign_in(&person.email).await.expect_status(201);
    let mine = app.given("deal", json!({ "name": "Mine", "owner_id": person.member })).await;
    let contact = json!({ "last_name": "Hale", "owner_id": person.member });
    let contact = app.given("contact", contact).await;
    let theirs = app.given("deal", json!({ "name": "Theirs" })).await;
    seller.get(&format!("/api/v1/deals/{theirs}")).await.expect_status(200);
    let link = app.given("deal_contact", json!({ "deal_id": mine, "contact_id": contact })).await;
    let at = format!("/api/v1/deal_contacts/{link}");
    seller.patch(&at, json!({ "note": "calls back" })).await.expect_status(200);
    let moved = seller.patch(&at, json!({ "deal_id": theirs })).await;
    assert_eq!(moved.refusal(), (403, "policy.denied"), "{}", moved.text);
}

#[tokio::test]
async fn two_records_of_different_objects_with_one_id_are_two_records() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let same = "0192e0a0-1111-7000-8000-0000000000aa";
    admin.post("/api/v1/deals", json!({ "id": same, "name": "Pier" })).await.expect_status(201);
    let contact = app.given("contact", json!({ "last_name": "Hale" })).await;
    let link = json!({ "id": same, "deal_id": same, "contact_id": contact });
    admin.post("/api/v1/deal_contacts", link).await.expect_status(201);
    admin.delete(&format!("/api/v1/deals/{same}")).await.expect_status(204);
    let log = admin.get("/api/v1/changes?limit=1").await.expect_status(200).json;
    let gone: Vec<_> =
        log["changes"][0]["entries"].as_array().unwrap().iter().map(|e| e["object"].clone()).collect();
    assert!(gone.contains(&json!("deal_contact")) && gone.contains(&json!("deal")), "{log}");
}

#[tokio::test]
async fn a_number_that_was_given_stays_with_its_document() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let line = json!([{ "description": "A", "quantity": "1", "unit_price": "10" }]);
    let order = json!({ "client_id": client, "lines": line });
    let made = owner.post("/api/v1/orders", order).await.expect_status(201).json;
    let record = format!("orders/{}", id(&made));
    let at = format!("/api/v1/{record}");
    let issued = owner.patch(&at, json!({ "status": "confirmed" })).await.expect_status(200).json;
    let change = last_change(&owner, &record).await;
    owner.post(&format!("/api/v1/changes/{change}/undo"), json!({})).await.expect_status(200);
    let draft = owner.get(&at).await.json;
    assert_eq!((&draft["status"], &draft["number"]), (&made["status"], &issued["number"]));
    let again = owner.patch(&at, json!({ "status": "confirmed" })).await.expect_status(200).json;
    assert_eq!(again["number"], issued["number"], "no gap in the series");
}

#[tokio::test]
async fn a_secret_is_no_filter_no_order_and_no_column_but_for_who_may_read_secrets() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let hook =
        json!({ "name": "Hook", "url": "https://x.example", "events": ["*"], "secret": "s3cr3t-value" });
    admin.post("/api/v1/webhooks", hook).await.expect_status(201);
    let north = app.given("location", json!({ "name": "North", "slug": "north" })).await;
    let rights = json!({ "objects": { "webhook": { "full": "all" } } });
    admin.put(&format!("/api/v1/admin/role-overrides/{north}/viewer"), rights).await.expect_status(200);
    let manager = somebody_with(&app, "admin", &[("viewer", north)]).await;
    manager.get("/api/v1/webhooks?select=name").await.expect_status(200);
    for ask in ["select=name,secret", "secret=eq.s3cr3t-value", "order=secret", "secret=like.s*&select=name"]
    {
        let refused = manager.get(&format!("/api/v1/webhooks?{ask}")).await;
        assert_eq!(refused.refusal(), (400, "query.no_such_field"), "{ask}: {}", refused.text);
        admin.get(&format!("/api/v1/webhooks?{ask}")).await.expect_status(200);
    }
}

#[tokio::test]
async fn a_deadlock_is_tried_again_and_nobody_sees_it() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let mut ids = [
        app.given("client", json!({ "name": "Hanse 1" })).await,
        app.given("client", json!({ "name": "Hanse 2" })).await,
    ];
    ids.sort();
    let other = app.node.store.begin(&app.actor()).await.expect("a transaction");
    let lock = |id: Uuid| query::Statement {
        text: "select id from data.clients where workspace_id = $1 and id = $2::uuid for update".into(),
        params: vec![app.workspace.id.into(), id.into()],
    };
    other.query(&lock(ids[1]), &[meta::Codec::Uuid]).await.expect("the second");
    let (browser, path) = (admin.clone(), "/api/v1/clients?name=like.Hanse*");
    let patch = tokio::spawn(async move { browser.patch(path, json!({ "employees": 3 })).await });
    // The request holds the first and waits for the second; now the other transaction wants the first.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    other.query(&lock(ids[0]), &[meta::Codec::Uuid]).await.expect("the request gives way");
    other.rollback().await.expect("the other ends");
    patch.await.expect("an answer").expect_status(204);
    let now = admin.get("/api/v1/clients?select=employees").await.json;
    assert_eq!(now, json!([{ "employees": 3 }, { "employees": 3 }]));
}

#[tokio::test]
async fn a_right_in_one_port_uncovers_no_field_in_another() {
    let (app, north, south) = ports().await;
    let admin = app.sign_in_as("super_admin").await;
    interest(&app, north, "northern note").await;
    let theirs = interest(&app, south, "southern note").await;
    let rights = json!({ "objects": { "interest": { "hidden": ["notes"] } } });
    admin.put(&format!("/api/v1/admin/role-overrides/{south}/director"), rights).await.expect_status(200);
    let both = somebody_at(&app, &[("director", north), ("director", south)]).await;
    let all = both.get("/api/v1/interests?select=*").await.expect_status(200);
    assert!(!all.text.contains("southern note"), "{}", all.text);
    let guess = both.get("/api/v1/interests?notes=eq.southern%20note").await;
    assert_eq!(guess.refusal(), (400, "query.no_such_field"), "{}", guess.text);
    both.patch(&format!("/api/v1/interests/{theirs}"), json!({ "notes": "x" })).await.expect_status(422);
    // Who says where they are has the rights of that place.
    let here = both.with("x-location-id", north.to_string());
    let ours = here.get("/api/v1/interests?select=notes").await.expect_status(200).json;
    assert_eq!(ours, json!([{ "notes": "northern note" }]));
}

#[tokio::test]
async fn a_version_that_never_was_is_no_condition() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let id = app.given("client", json!({ "name": "Hanse" })).await;
    let at = format!("/api/v1/clients/{id}");
    let ahead = admin.with("if-match", "\"7\"").patch(&at, json!({ "name": "X" })).await;
    assert_eq!(ahead.refusal(), (412, "record.precondition"), "{}", ahead.text);
    admin.with("if-match", "\"1\"").patch(&at, json!({ "name": "X" })).await.expect_status(200);
}

#[tokio::test]
async fn a_change_of_many_takes_no_offset() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    app.given("client", json!({ "name": "Hanse" })).await;
    let list = "/api/v1/clients?name=eq.Hanse&order=name&limit=1";
    let refused = admin.patch(&format!("{list}&offset=1"), json!({ "employees": 1 })).await;
    assert_eq!(refused.refusal(), (400, "query.unsupported"), "{}", refused.text);
    let refused = admin.delete(&format!("{list}&offset=1")).await;
    assert_eq!(refused.refusal(), (400, "query.unsupported"), "{}", refused.text);
    admin.delete(list).await.expect_status(204);
}

#[tokio::test]
async fn what_goes_along_with_a_delete_needs_the_right_to_delete_it() {
    let app = TestApp::new("showroom").await;
    let admin = app.sign_in_as("admin").await;
    let north = app.given("location", json!({ "name": "North", "slug": "north" })).await;
    let client = app.given("client", json!({ "name": "Hale", "email": "hale@example.com" })).await;
    let project = json!({ "name": "Bathroom", "client_id": client, "location_id": north });
    let project = app.given("project", project).await;
    app.given("snag", json!({ "project_id": project, "title": "Scratch" })).await;
    let rights = json!({ "objects": { "project": { "full": "all" }, "snag": { "read": "all" } } });
    admin.put(&format!("/api/v1/admin/role-overrides/{north}/viewer"), rights).await.expect_status(200);
    let viewer = somebody_with(&app, "admin", &[("viewer", north)]).await;
    let at = format!("/api/v1/projects/{project}");
    let refused = viewer.delete(&at).await;
    assert_eq!(refused.refusal(), (403, "policy.denied"), "{}", refused.text);
    assert!(refused.json["detail"].as_str().is_some_and(|d| d.contains("snags")), "{}", refused.text);
    admin.delete(&at).await.expect_status(204);
}

#[tokio::test]
async fn a_change_all_of_which_is_elsewhere_does_not_show_its_head() {
    let (app, north, south) = ports().await;
    let admin = app.sign_in_as("super_admin").await;
    let (theirs, ours) = (interest(&app, south, "x").await, interest(&app, north, "x").await);
    let agent = |name: &str| admin.with("user-agent", name);
    agent("southern-browser")
        .patch(&format!("/api/v1/interests/{theirs}"), json!({ "notes": "y" }))
        .await
        .expect_status(200);
    agent("northern-browser")
        .patch(&format!("/api/v1/interests/{ours}"), json!({ "notes": "y" }))
        .await
        .expect_status(200);
    let director = somebody_at(&app, &[("director", north)]).await;
    let log = director.get("/api/v1/changes?limit=200").await.expect_status(200);
    assert!(log.text.contains("northern-browser") && !log.text.contains("southern-browser"), "{}", log.text);
    let all = admin.get("/api/v1/changes?limit=200").await.expect_status(200);
    assert!(all.text.contains("southern-browser"), "{}", all.text);
    let change = last_change(&admin, &format!("interests/{theirs}")).await;
    director.get(&format!("/api/v1/changes/{change}")).await.expect_status(404);
}

#[tokio::test]
async fn a_repeated_request_gets_address_and_version_again_however_many_come_at_once() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let keyed = admin.with("idempotency-key", "once");
    let send = || keyed.post("/api/v1/clients", json!({ "name": "Hanse" }));
    let answers = futures_util::future::join_all((0..6).map(|_| send())).await;
    let first = &answers[0];
    for answer in &answers {
        assert_eq!(answer.status(), 201, "{}", answer.text);
        let same = |name| assert_eq!(answer.header(name), first.header(name), "{name}");
        same("location");
        same("etag");
        assert_eq!(answer.json, first.json);
    }
    assert!(first.header("location").starts_with("/api/v1/clients/") && first.header("etag") == "\"1\"");
    assert_eq!(admin.get("/api/v1/clients").await.json.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_record_is_not_made_in_a_stage_whose_gates_are_shut() {
    let app = TestApp::new("showroom").await;
    let admin = app.sign_in_as("admin").await;
    let client = app.given("client", json!({ "name": "Hale", "email": "hale@example.com" })).await;
    let early = json!({ "name": "Bathroom", "client_id": client });
    admin.post("/api/v1/projects", early.clone()).await.expect_status(201);
    let mut late = early;
    late["stage"] = json!("survey_completed");
    let refused = admin.post("/api/v1/projects", late.clone()).await;
    assert!(codes(&refused).contains(&"stage.gate"), "{}", refused.text);
    let about: Vec<_> =
        refused.json["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
    assert!(about.contains(&json!("surveys")), "{}", refused.text);
    // What comes from elsewhere may be as far along as it was there.
    app.given("project", late).await;
}
