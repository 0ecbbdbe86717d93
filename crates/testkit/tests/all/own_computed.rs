//! Rollups and formulas that a workspace makes itself: computed for what is there, kept up to date with every change.
use serde_json::{Value as Json, json};
use testkit::{Answer, Client, TestApp};

const OBJECTS: &str = "/api/v1/admin/objects";

/// Clients have boats, boats have trips: the objects are the workspace's own.
async fn harbour() -> (TestApp, Client) {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let boat = json!({ "name": "boat", "plural": "boats", "fields": [
        { "name": "name", "kind": "text", "required": true, "personal": false },
        { "name": "length", "kind": "decimal", "personal": false },
        { "name": "built_on", "kind": "date", "personal": false },
        { "name": "status", "kind": "select", "options": ["afloat", "sold"], "default": "afloat", "personal": false },
        { "name": "price", "kind": "money", "personal": false },
        { "name": "client_id", "kind": "reference", "to": "client", "on_delete": "set_null", "personal": false }
    ] });
    owner.post(OBJECTS, boat).await.expect_status(201);
    let trip = json!({ "name": "trip", "plural": "trips", "fields": [
        { "name": "name", "kind": "text", "required": true, "personal": false },
        { "name": "miles", "kind": "integer", "personal": false },
        { "name": "boat_id", "kind": "reference", "to": "boat", "on_delete": "cascade", "required": true, "personal": false }
    ] });
    owner.post(OBJECTS, trip).await.expect_status(201);
    (app, owner)
}

async fn rollup(of: &Client, object: &str, name: &str, kind: &str, rollup: Json) -> Answer {
    let body = json!({ "name": name, "kind": kind, "personal": false, "rollup": rollup });
    of.post(&format!("{OBJECTS}/{object}/fields"), body).await
}

async fn one(owner: &Client, path: &str) -> Json {
    owner.get(&format!("/api/v1/{path}")).await.expect_status(200).json
}

async fn given(owner: &Client, plural: &str, body: Json) -> String {
    let made = owner.post(&format!("/api/v1/{plural}"), body).await.expect_status(201);
    made.json["id"].as_str().expect("an id").to_owned()
}

async fn undo_last(owner: &Client) -> Json {
    let log = one(owner, "changes?limit=1").await;
    let set = log["changes"][0]["id"].as_str().expect("a change set").to_owned();
    owner.post(&format!("/api/v1/changes/{set}/undo"), json!(null)).await.expect_status(200).json
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollup_is_filled_for_what_is_there_and_right_from_then_on() {
    let (app, owner) = harbour().await;
    let client = given(&owner, "clients", json!({ "name": "Hanse" })).await;
    let mut boats = vec![];
    for (name, length, price) in
        [("Albatros", "9.5", "100"), ("Bussard", "12", "200"), ("Condor", "7", "300")]
    {
        let body = json!({ "name": name, "length": length, "price": price, "client_id": client });
        boats.push(given(&owner, "boats", body).await);
    }
    let sold = json!({ "of": "boats", "function": "sum", "field": "price", "where": "status=eq.sold" });
    let made = [
        rollup(&owner, "client", "boat_count", "integer", json!({ "of": "boats", "function": "count" }))
            .await,
        rollup(&owner, "client", "sold_for", "money", sold).await,
        rollup(
            &owner,
            "client",
            "longest",
            "decimal",
            json!({ "of": "boats", "function": "max", "field": "length" }),
        )
        .await,
        rollup(
            &owner,
            "client",
            "shortest",
            "decimal",
            json!({ "of": "boats", "function": "min", "field": "length" }),
        )
        .await,
        rollup(
            &owner,
            "client",
            "newest",
            "text",
            json!({ "of": "boats", "function": "last", "field": "name", "order": "built_on" }),
        )
        .await,
        rollup(
            &owner,
            "boat",
            "miles",
            "integer",
            json!({ "of": "trips", "function": "sum", "field": "miles" }),
        )
        .await,
        rollup(
            &owner,
            "client",
            "all_miles",
            "integer",
            json!({ "of": "boats", "function": "sum", "field": "miles" }),
        )
        .await,
    ];
    for answer in &made {
        assert_eq!(answer.status(), 201, "{}", answer.text);
    }
    let formula = json!({ "name": "fleet", "kind": "formula", "result": "integer", "formula": "boat_count * 10", "personal": false });
    let made = owner.post(&format!("{OBJECTS}/client/fields"), formula).await.expect_status(201);
    app.work().await;
    let job = made.json["filling"].as_str().expect("a job");
    let done = one(&owner, &format!("jobs/{job}")).await;
    assert_eq!((&done["state"], &done["total"]), (&json!("done"), &json!(1)), "{done}");
    let select = "select=boat_count,sold_for,longest,shortest,newest,all_miles,fleet";
    let at = format!("clients/{client}?{select}");
    let mut wanted = json!({ "boat_count": 3, "sold_for": "0.00", "longest": "12", "shortest": "7", "newest": "Condor",
        "all_miles": 0, "fleet": 30 });
    assert_eq!(one(&owner, &at).await, wanted);

    // Each change of a boat is a change of its client, in the same transaction; trips reach it through their boat.
    let sale = json!({ "status": "sold", "built_on": "2020-01-01" });
    owner.patch(&format!("/api/v1/boats/{}", boats[0]), sale).await.expect_status(200);
    given(&owner, "trips", json!({ "name": "Out", "miles": 12, "boat_id": boats[1] })).await;
    given(&owner, "boats", json!({ "name": "Dohle", "length": "20", "client_id": client })).await;
    for (field, value) in [
        ("boat_count", json!(4)),
        ("sold_for", json!("100.00")),
        ("longest", json!("20")),
        ("newest", json!("Albatros")),
        ("all_miles", json!(12)),
        ("fleet", json!(40)),
    ] {
        wanted[field] = value;
    }
    assert_eq!(one(&owner, &at).await, wanted);
    owner.delete(&format!("/api/v1/boats/{}", boats[1])).await.expect_status(204);
    assert_eq!(
        one(&owner, &format!("clients/{client}?select=boat_count,all_miles,fleet")).await,
        json!({ "boat_count": 3, "all_miles": 0, "fleet": 30 })
    );
    undo_last(&owner).await;
    assert_eq!(one(&owner, &at).await, wanted, "its trips came back with it");
    owner.put(&format!("/api/v1/boats/{}/archival", boats[2]), Json::Null).await.expect_status(204);
    let found = one(&owner, "clients?boat_count=eq.3&order=all_miles.desc&select=name,shortest").await;
    assert_eq!(found, json!([{ "name": "Hanse", "shortest": "9.5" }]));
    let log = one(&owner, &format!("clients/{client}/history?limit=1")).await;
    assert_eq!(log["changes"][0]["entries"][0]["action"], "derive", "{log}");
    let typed = owner.patch(&format!("/api/v1/clients/{client}"), json!({ "boat_count": 9 })).await;
    assert_eq!(typed.json["errors"][0]["code"], "field.read_only", "{}", typed.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_at_once_lose_no_boat_of_a_client() {
    let (_app, owner) = harbour().await;
    rollup(&owner, "client", "boat_count", "integer", json!({ "of": "boats", "function": "count" }))
        .await
        .expect_status(201);
    let client = given(&owner, "clients", json!({ "name": "Hanse" })).await;
    let add = |n: usize| {
        let (owner, client) = (&owner, &client);
        async move { given(owner, "boats", json!({ "name": format!("B{n}"), "client_id": client })).await }
    };
    futures_util::future::join_all((0..30).map(add)).await;
    assert_eq!(one(&owner, &format!("clients/{client}?select=boat_count")).await["boat_count"], 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_computed_otherwise_or_comes_back_is_filled_again() {
    let (app, owner) = harbour().await;
    let client = given(&owner, "clients", json!({ "name": "Hanse" })).await;
    let first = given(&owner, "boats", json!({ "name": "A", "price": "10", "client_id": client })).await;
    rollup(&owner, "client", "worth", "money", json!({ "of": "boats", "function": "sum", "field": "price" }))
        .await
        .expect_status(201);
    let formula = json!({ "name": "feet", "kind": "formula", "result": "decimal", "formula": "length * 3.0", "personal": false });
    owner.post(&format!("{OBJECTS}/boat/fields"), formula).await.expect_status(201);
    app.work().await;
    let worth = async || one(&owner, &format!("clients/{client}?select=worth")).await["worth"].clone();
    assert_eq!(worth().await, "10.00");
    let at = format!("{OBJECTS}/client/fields/worth");
    owner.put(&format!("{at}/archival"), Json::Null).await.expect_status(204);
    given(
        &owner,
        "boats",
        json!({ "name": "B", "price": "5", "status": "sold", "length": "2", "client_id": client }),
    )
    .await;
    owner.delete(&format!("{at}/archival")).await.expect_status(204);
    app.work().await;
    assert_eq!(worth().await, "15.00", "what happened while it was put away counts");
    let only_sold = json!({ "rollup": { "of": "boats", "function": "sum", "field": "price", "where": "status=eq.sold" } });
    owner.patch(&at, only_sold).await.expect_status(200);
    app.work().await;
    assert_eq!(worth().await, "5.00");
    let version = one(&owner, &format!("boats/{first}")).await["version"].clone();
    owner
        .patch(&format!("{OBJECTS}/boat/fields/feet"), json!({ "formula": "length * 4.0" }))
        .await
        .expect_status(200);
    app.work().await;
    assert_eq!(
        one(&owner, "boats?select=name,feet&order=name").await,
        json!([{ "name": "A", "feet": null }, { "name": "B", "feet": "8" }])
    );
    assert_eq!(
        one(&owner, &format!("boats/{first}")).await["version"],
        version,
        "what is right is not written"
    );
    // A record that was made before the formula is taken back as if nobody had touched it.
    let made = one(&owner, &format!("boats/{first}/history")).await;
    let sets = made["changes"].as_array().expect("changes");
    let set = sets.last().and_then(|s| s["id"].as_str()).expect("a change set");
    let undone = owner.post(&format!("/api/v1/changes/{set}/undo"), json!(null)).await.expect_status(200);
    assert_eq!(undone.json["conflicts"], json!([]), "{}", undone.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsound_rollup_is_refused_with_its_place() {
    let (app, owner) = harbour().await;
    let secret = json!({ "name": "pin", "kind": "integer", "secret": true, "personal": false });
    owner.post(&format!("{OBJECTS}/boat/fields"), secret).await.expect_status(201);
    for (kind, definition, place) in [
        ("integer", json!({ "of": "yachts", "function": "count" }), "rollup.of"),
        ("text", json!({ "of": "boats", "function": "count" }), "rollup"),
        ("money", json!({ "of": "boats", "function": "sum" }), "rollup"),
        ("money", json!({ "of": "boats", "function": "sum", "field": "colour" }), "rollup.field"),
        ("integer", json!({ "of": "boats", "function": "sum", "field": "pin" }), "rollup.field"),
        ("integer", json!({ "of": "boats", "function": "count", "where": "status=eq.sunk" }), "rollup.where"),
        (
            "integer",
            json!({ "of": "boats", "function": "count", "where": "built_on=lt.today" }),
            "rollup.where",
        ),
        ("integer", json!({ "of": "boats", "function": "average", "field": "length" }), "rollup.function"),
    ] {
        let refused = rollup(&owner, "client", "wrong", kind, definition.clone()).await;
        assert_eq!(refused.refusal(), (422, "model.invalid"), "{definition}: {}", refused.text);
        assert_eq!(refused.json["errors"][0]["field"], place, "{definition}: {}", refused.text);
    }
    rollup(&owner, "boat", "miles", "integer", json!({ "of": "trips", "function": "sum", "field": "miles" }))
        .await
        .expect_status(201);
    let circle = json!({ "rollup": { "of": "trips", "function": "sum", "field": "miles" } });
    let plain = owner.patch(&format!("{OBJECTS}/boat/fields/price"), circle).await;
    assert_eq!(plain.json["errors"][0]["code"], "model.kind", "{}", plain.text);
    // What a rollup reads is not put away from under it.
    let read = owner.put(&format!("{OBJECTS}/trip/fields/miles/archival"), Json::Null).await;
    assert_eq!(read.refusal(), (422, "model.invalid"), "{}", read.text);
    let viewer = app.sign_in_as("viewer").await;
    let denied =
        rollup(&viewer, "client", "boat_count", "integer", json!({ "of": "boats", "function": "count" }))
            .await;
    assert_eq!(denied.refusal(), (403, "policy.denied"));
}
