//! Undo, the past, and the chain of the change log, over HTTP.
use kernel::{Timestamp, Uuid};
use meta::Codec;
use query::Statement;
use serde_json::{Value as Json, json};
use store::doors::log::{self, Erase};
use testkit::{Client, TestApp};

/// What a table holds, whoever changed it last.
async fn checksum(app: &TestApp, table: &str) -> String {
    let cx = app.node.store.begin_read(&app.actor()).await.expect("a transaction");
    let statement = Statement {
        text: format!(
            "select md5(string_agg((to_jsonb(t) - '{{version,updated_at,updated_by}}'::text[])::text, '' order by id)) \
             from {table} t where workspace_id = $1"
        ),
        params: vec![app.workspace.id.into()],
    };
    let rows = cx.query(&statement, &[Codec::Text]).await.expect("a checksum");
    rows[0][0].as_text().expect("a text").to_owned()
}

/// Records made by the system, as many as are needed.
async fn given(app: &TestApp, object: &str, bodies: Vec<Json>) {
    let source = records::Source::new(records::SourceKind::System);
    let mut batch = app.node.engine.batch(&app.actor(), source).await.expect("a batch");
    let bodies: Vec<_> = bodies.into_iter().map(|b| b.as_object().expect("an object").clone()).collect();
    for portion in bodies.chunks(1_000) {
        batch.create(object, portion.to_vec()).await.expect("records");
        batch.flush().await.expect("records");
    }
    batch.commit().await.expect("records that are accepted");
}

async fn last_change(of: &Client) -> String {
    let log = of.get("/api/v1/changes?limit=1").await.expect_status(200).json;
    log["changes"][0]["id"].as_str().expect("a change").to_owned()
}

async fn undo(by: &Client, change: &str, ask: Json) -> Json {
    by.post(&format!("/api/v1/changes/{change}/undo"), ask).await.expect_status(200).json
}

#[tokio::test]
async fn five_thousand_records_are_taken_back_byte_for_byte_and_forth_again() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let deals = (0..5_000).map(|i| {
        json!({ "name": format!("Deal {i}"), "amount": format!("{i}.50"), "stage": "proposal", "description": null })
    });
    given(&app, "deal", deals.collect()).await;
    let before = checksum(&app, "data.deals").await;
    let edit = json!({ "amount": "1.00", "description": "Changed with all others", "stage": "negotiation" });
    admin.patch("/api/v1/deals?name=like.Deal*", edit).await.expect_status(204);
    let after = checksum(&app, "data.deals").await;
    assert_ne!(before, after);
    let change = last_change(&admin).await;
    let undone = undo(&admin, &change, json!(null)).await;
    assert_eq!((&undone["restored"], &undone["conflicts"]), (&json!(5_000), &json!([])));
    assert_eq!(checksum(&app, "data.deals").await, before);
    let again = undone["change_set"].as_str().expect("a change");
    assert_eq!(undo(&admin, again, json!(null)).await["restored"], 5_000);
    assert_eq!(checksum(&app, "data.deals").await, after);
}

#[tokio::test]
async fn one_field_of_one_record_is_taken_back_and_what_stays_is_explained() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let (one, two) = (
        app.given("client", json!({ "name": "Old", "employees": 1 })).await,
        app.given("client", json!({ "name": "Old", "employees": 1 })).await,
    );
    let both = json!({ "name": "New", "employees": 2 });
    admin.patch("/api/v1/clients?name=eq.Old", both).await.expect_status(204);
    let change = last_change(&admin).await;
    undo(&admin, &change, json!({ "records": [one], "fields": ["name"] })).await;
    let now = admin.get("/api/v1/clients?select=name,employees&order=name").await.json;
    assert_eq!(now, json!([{ "name": "New", "employees": 2 }, { "name": "Old", "employees": 2 }]));
    // Somebody else changes a field: it stays, and the answer says what it holds and who wrote it.
    let other = app.sign_in_as("admin").await;
    other.patch(&format!("/api/v1/clients/{two}"), json!({ "employees": 7 })).await.expect_status(200);
    let undone = undo(&admin, &change, json!({ "records": [two] })).await;
    let conflict = &undone["conflicts"][0];
    assert_eq!((&conflict["field"], &conflict["current"]), (&json!("employees"), &json!(7)));
    let me = other.get("/api/v1/me").await.json;
    assert_eq!(conflict["changed_by"], me["member_id"], "{conflict} {me}");
    let now = admin.get(&format!("/api/v1/clients/{two}?select=name,employees")).await.json;
    assert_eq!(now, json!({ "name": "Old", "employees": 7 }));
    let wrong = admin.post(&format!("/api/v1/changes/{change}/undo"), json!({ "fields": "name" })).await;
    assert_eq!(wrong.refusal(), (422, "field.invalid"), "{}", wrong.text);
}

#[tokio::test]
async fn totals_are_right_where_only_one_line_is_taken_back() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let line = |text: &str| json!({ "description": text, "quantity": "1", "unit_price": "10.00" });
    let quote = json!({ "client_id": client, "currency": "EUR", "lines": [line("A"), line("B")] });
    let quote = admin.post("/api/v1/quotes?select=id,lines(id)", quote).await.expect_status(201).json;
    let at = format!("/api/v1/quotes/{}", quote["id"].as_str().expect("an id"));
    let (a, b) = (&quote["lines"][0]["id"], &quote["lines"][1]["id"]);
    let priced = |a_price: &str, b_price: &str| json!({ "lines": [{ "id": a, "unit_price": a_price }, { "id": b, "unit_price": b_price }] });
    let before = checksum(&app, "data.quote_lines").await;
    admin.patch(&at, priced("50.00", "10.00")).await.expect_status(200);
    let first = last_change(&admin).await;
    admin.patch(&at, priced("50.00", "70.00")).await.expect_status(200);
    let second = last_change(&admin).await;
    assert_eq!(admin.get(&at).await.json["net"], "120.00");
    let undone = undo(&admin, &first, json!(null)).await;
    assert_eq!(undone["conflicts"], json!([]), "what is computed is nobody's change");
    assert_eq!(admin.get(&at).await.json["net"], "80.00");
    undo(&admin, &second, json!(null)).await;
    assert_eq!(admin.get(&at).await.json["net"], "20.00");
    assert_eq!(checksum(&app, "data.quote_lines").await, before);
}

#[tokio::test]
async fn what_another_record_took_since_is_not_taken_away_again() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let made = admin
        .post("/api/v1/products", json!({ "sku": "A-1", "name": "Survey" }))
        .await
        .expect_status(201)
        .json;
    let at = format!("/api/v1/products/{}", made["id"].as_str().expect("an id"));
    admin.patch(&at, json!({ "sku": "A-2", "name": "Report" })).await.expect_status(200);
    let change = last_change(&admin).await;
    app.given("product", json!({ "sku": "A-1", "name": "Another" })).await;
    let undone = undo(&admin, &change, json!(null)).await;
    assert_eq!(undone["conflicts"][0]["field"], "sku", "{undone}");
    let now = admin.get(&format!("{at}?select=sku,name")).await.json;
    assert_eq!(now, json!({ "sku": "A-2", "name": "Survey" }));
    // A record does not come back to a client that is gone.
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let deal = app.given("deal", json!({ "name": "Pier", "client_id": client })).await;
    admin.delete(&format!("/api/v1/deals/{deal}")).await.expect_status(204);
    let change = last_change(&admin).await;
    admin.delete(&format!("/api/v1/clients/{client}")).await.expect_status(204);
    let refused = admin.post(&format!("/api/v1/changes/{change}/undo"), json!(null)).await;
    assert_eq!(refused.refusal(), (409, "change.nothing_to_undo"), "{}", refused.text);
    assert_eq!(refused.json["conflicts"][0]["field"], "client_id", "{}", refused.text);
}

/// The same dice every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

#[tokio::test]
async fn a_list_as_of_a_moment_is_the_list_that_was_read_then() {
    const SEEN: [&str; 3] = [
        "deals?select=*,client(*)&order=name,id&limit=1000",
        "deals?select=name,amount&stage=eq.proposal&order=amount.desc.nullslast,id&limit=3",
        "clients?select=*&order=name,id&archived_at=not.is.null",
    ];
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let mut dice = Dice(7);
    let mut ids: Vec<(&str, String)> = vec![];
    let mut seen: Vec<(Timestamp, Vec<String>)> = vec![];
    for round in 0..60 {
        let any = (!ids.is_empty()).then(|| ids[dice.roll(ids.len().max(1))].clone());
        let clients: Vec<&String> = ids.iter().filter(|(o, _)| *o == "clients").map(|(_, id)| id).collect();
        let client = (!clients.is_empty()).then(|| clients[dice.roll(clients.len().max(1))].clone());
        let stage = ["proposal", "negotiation"][dice.roll(2)];
        let answer = match (dice.roll(7), any) {
            (0, _) | (_, None) => {
                admin
                    .post("/api/v1/clients", json!({ "name": format!("Client {round}"), "tags": ["a", "b"] }))
                    .await
            }
            (1, _) => {
                let deal = json!({ "name": format!("Deal {round}"), "amount": format!("{round}.10"), "stage": stage, "client_id": client });
                admin.post("/api/v1/deals", deal).await
            }
            (2 | 3, Some((object, id))) => {
                let mut patch = json!({ "name": format!("Other {round}") });
                if object == "deals" {
                    patch["amount"] = [json!(null), json!("7.00")][dice.roll(2)].clone();
                    patch["client_id"] = json!(client);
                    patch["stage"] = json!(stage);
                }
                admin.patch(&format!("/api/v1/{object}/{id}"), patch).await
            }
            (4, Some((object, id))) => admin.delete(&format!("/api/v1/{object}/{id}")).await,
            (5, Some((object, id))) => {
                let at = format!("/api/v1/{object}/{id}/archival");
                if dice.roll(2) == 0 { admin.put(&at, json!(null)).await } else { admin.delete(&at).await }
            }
            (_, Some(_)) => {
                let change = last_change(&admin).await;
                admin.post(&format!("/api/v1/changes/{change}/undo"), json!(null)).await
            }
        };
        assert!(answer.status() < 500, "{}", answer.text);
        if let Some(id) = answer.json["id"].as_str().filter(|_| answer.status() == 201) {
            let object = if answer.header("location").contains("/deals/") { "deals" } else { "clients" };
            ids.push((object, id.to_owned()));
        }
        let mut lists = vec![];
        for ask in SEEN {
            lists.push(admin.get(&format!("/api/v1/{ask}")).await.expect_status(200).text);
        }
        seen.push((Timestamp::now(), lists));
    }
    let mut filled = 0;
    for (moment, lists) in &seen {
        for (ask, then) in SEEN.iter().zip(lists) {
            let now = admin.get(&format!("/api/v1/{ask}&as_of={moment}")).await.expect_status(200);
            assert_eq!(&now.text, then, "{ask} as of {moment}");
            filled += usize::from(then != "[]");
        }
    }
    assert!(filled > 80, "the lists were not all empty: {filled}");
}

#[tokio::test]
async fn the_past_shows_what_is_within_reach_then_and_now() {
    let app = TestApp::new("marina").await;
    let north = app.given("location", json!({ "name": "North", "slug": "north" })).await;
    let south = app.given("location", json!({ "name": "South", "slug": "south" })).await;
    let client = app.given("client", json!({ "name": "Hanse", "location_id": north })).await;
    let interest = async |place: Uuid, notes: &str| {
        app.given("interest", json!({ "client_id": client, "location_id": place, "notes": notes })).await
    };
    let (stays, leaves, comes) =
        (interest(north, "stays").await, interest(north, "leaves").await, interest(south, "comes").await);
    let gone = interest(north, "gone").await;
    let then = Timestamp::now();
    let admin = app.sign_in_as("super_admin").await;
    for (id, to) in [(leaves, south), (comes, north)] {
        let moved = json!({ "location_id": to });
        admin.patch(&format!("/api/v1/interests/{id}"), moved).await.expect_status(200);
    }
    let later = json!({ "notes": "stays, and changed" });
    admin.patch(&format!("/api/v1/interests/{stays}"), later).await.expect_status(200);
    admin.delete(&format!("/api/v1/interests/{gone}")).await.expect_status(204);
    let list = format!("/api/v1/interests?select=notes&order=notes&as_of={then}");
    let all = admin.get(&list).await.expect_status(200).json;
    assert_eq!(
        all,
        json!([{ "notes": "comes" }, { "notes": "gone" }, { "notes": "leaves" }, { "notes": "stays" }])
    );
    // Somebody of the northern port.
    let person = app.person("director").await;
    let roles = format!("/api/v1/admin/members/{}/roles", person.member);
    let whole = admin.get(&roles).await.json[0]["id"].as_str().expect("a role").to_owned();
    admin.post(&roles, json!({ "role": "director", "location_id": north })).await.expect_status(201);
    admin.delete(&format!("{roles}/{whole}")).await.expect_status(204);
    let director = app.stranger();
    director.sign_in(&person.email).await.expect_status(201);
    assert_eq!(director.get(&list).await.expect_status(200).json, json!([{ "notes": "stays" }]));
    director.get(&format!("/api/v1/interests/{leaves}?as_of={then}")).await.expect_status(404);
    let one = director.get(&format!("/api/v1/interests/{stays}?as_of={then}")).await.expect_status(200).json;
    assert_eq!(one["notes"], "stays");
    let changed =
        admin.patch(&format!("/api/v1/interests/{stays}?as_of={then}"), json!({ "notes": "x" })).await;
    assert_eq!(changed.refusal(), (400, "query.unsupported"));
    let lists = admin.get(&format!("/api/v1/clients?select=name,interests(notes)&as_of={then}")).await;
    assert_eq!(lists.refusal(), (400, "query.unsupported"), "{}", lists.text);
}

#[tokio::test]
async fn the_log_is_sealed_and_what_is_erased_from_it_stays_erased() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let made = admin.post("/api/v1/clients", json!({ "name": "Grace Hopper" })).await.expect_status(201).json;
    let then = Timestamp::now();
    let id = made["id"].as_str().expect("an id");
    let at = format!("/api/v1/clients/{id}");
    admin.patch(&at, json!({ "name": "(erased)" })).await.expect_status(200);
    let (store, workspace) = (&app.node.store, app.workspace.id);
    // Transactions of other tests on this server hold sealing up for a moment.
    let mut found = log::Verified::default();
    for _ in 0..400 {
        log::seal(store, workspace).await.expect("sealing");
        found = log::verify(store, workspace).await.expect("verifying");
        if found.waiting == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!((found.seq, found.waiting, &found.broken), (2, 0, &None));
    let erase =
        Erase { object: "client".into(), record: id.parse().expect("an id"), fields: vec!["name".into()] };
    assert_eq!(log::erase(store, workspace, &[erase]).await.expect("erasing"), 2);
    assert_eq!(log::verify(store, workspace).await.expect("verifying").broken, None);
    let past = admin.get(&format!("{at}?as_of={then}")).await.expect_status(200);
    let history = admin.get(&format!("{at}/history")).await.expect_status(200);
    assert!(
        !past.text.contains("Grace") && !history.text.contains("Grace"),
        "{} {}",
        past.text,
        history.text
    );
    assert_eq!(past.json["name"], Json::Null);
}

#[tokio::test]
async fn a_write_names_its_change_set_and_that_one_is_taken_back_and_no_later_one() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let made = admin
        .post("/api/v1/clients", json!({ "name": "Hanse", "registration_number": "HRB 1" }))
        .await
        .expect_status(201);
    let at = format!("/api/v1/clients/{}", made.json["id"].as_str().expect("an id"));
    let moved = admin.patch(&at, json!({ "registration_number": "HRB 2" })).await.expect_status(200);
    admin.patch(&at, json!({ "name": "Hanse Marine" })).await.expect_status(200);
    let undo = format!("/api/v1/changes/{}/undo", moved.header("x-change-set"));
    admin.post(&undo, json!({})).await.expect_status(200);
    let now = admin.get(&format!("{at}?select=name,registration_number")).await.json;
    assert_eq!(now, json!({ "name": "Hanse Marine", "registration_number": "HRB 1" }));
    let many =
        admin.patch("/api/v1/clients?name=like.Hanse*", json!({ "registration_number": "HRB 3" })).await;
    let same = admin.patch(&at, json!({ "registration_number": "HRB 3" })).await;
    assert_eq!(same.header("x-change-set"), "", "nothing changed: {}", same.text);
    let away = admin.put(&format!("{at}/archival"), json!({})).await;
    for write in [&made, &moved, &many, &away] {
        let set = write.header("x-change-set");
        assert_eq!(admin.get(&format!("/api/v1/changes/{set}")).await.status(), 200, "{}", write.text);
    }
    let tried =
        admin.with("prefer", "tx=rollback").post("/api/v1/clients", json!({ "name": "Nobody" })).await;
    assert_eq!((tried.status(), tried.header("x-change-set")), (201, ""));
}
