//! One walk through every surface with an object and fields of a workspace's own: what holds for shipped ones holds for them.
use crate::exports::comes_back_the_same;
use kernel::Timestamp;
use serde_json::{Value as Json, json};
use testkit::{Client, TestApp};

async fn one(owner: &Client, path: &str) -> Json {
    owner.get(&format!("/api/v1/{path}")).await.expect_status(200).json
}

async fn titles(owner: &Client, q: &str) -> Vec<(String, String)> {
    let found = one(owner, &format!("search?q={q}")).await;
    let text = |r: &Json, key: &str| r[key].as_str().unwrap_or_default().to_owned();
    found["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(|r| (text(r, "object"), text(r, "title")))
        .collect()
}

async fn last_change(owner: &Client) -> Json {
    one(owner, "changes?limit=1").await["changes"][0].clone()
}

async fn now_passes() -> Timestamp {
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let now = Timestamp::now();
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    now
}

/// Boats of clients with everything that a definition can say, and fields of clients: a number, a rollup, a formula.
async fn harbour() -> (TestApp, Client) {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let boat = json!({
        "name": "boat", "plural": "boats", "label": "Boat", "label_plural": "Boats", "title": "name",
        "search": ["name", "hull", "labels"],
        "fields": [
            { "name": "name", "kind": "text", "required": true, "personal": false },
            { "name": "hull", "kind": "text", "unique": "workspace", "personal": false },
            { "name": "length", "kind": "decimal", "indexed": true, "personal": false },
            { "name": "feet", "kind": "formula", "result": "decimal", "formula": "length * 3.0", "personal": false },
            { "name": "labels", "kind": "tags", "personal": false },
            { "name": "status", "kind": "select", "personal": false },
            { "name": "client_id", "kind": "reference", "to": "client", "on_delete": "set_null", "personal": false }
        ],
        "pipelines": [{ "name": "life", "label": "Life", "field": "status",
            "stages": [{ "name": "afloat" }, { "name": "sold", "outcome": "won" }] }],
        "rights": { "viewer": { "read": "all", "hidden": ["hull"] } }
    });
    owner.post("/api/v1/admin/objects", boat).await.expect_status(201);
    for field in [
        json!({ "name": "berth", "kind": "text", "personal": false }),
        json!({ "name": "fleet", "kind": "decimal", "personal": false,
            "rollup": { "of": "boats", "function": "sum", "field": "length", "where": "status=eq.afloat" } }),
        json!({ "name": "big", "kind": "formula", "result": "boolean", "formula": "fleet > 20.0", "personal": false }),
    ] {
        owner.post("/api/v1/admin/objects/client/fields", field).await.expect_status(201);
    }
    let search = json!({ "search": ["name", "email", "berth"] });
    owner.patch("/api/v1/admin/objects/client", search).await.expect_status(200);
    (app, owner)
}

#[tokio::test(flavor = "multi_thread")]
async fn own_objects_and_fields_are_on_every_surface() {
    let (app, owner) = harbour().await;

    // Import, references by name included; a second time nothing is new.
    let clients = "name,berth\nHanse,Kai 7\nNord,Mole 3\n";
    let order = json!({ "object": "client", "files": { "clients.csv": clients } });
    owner.post("/api/v1/imports", order).await.expect_status(200);
    let boats = "name,hull,length,labels,client\nAlbatros,AB-0012,9.5,\"wood;old\",Hanse\nMöwe,M1,12,,Hanse\nSeeadler,S1,30,steel,Nord\n";
    let columns = json!({
        "name": "name", "hull": "hull", "length": "length", "labels": { "field": "labels", "split": ";" },
        "client": { "field": "client_id", "by": "name" }
    });
    let mapping = json!({
        "mapping": { "object": "boat", "key": ["hull"], "columns": columns }, "files": { "boats.csv": boats }
    });
    let imported = owner.post("/api/v1/imports", mapping.clone()).await;
    assert_eq!(imported.status(), 200, "{}", imported.text);
    let list = "boats?order=name&select=name,hull,length,feet,labels,status,client(name,berth,fleet,big)";
    let hanse = json!({ "name": "Hanse", "berth": "Kai 7", "fleet": "21.5", "big": true });
    let nord = json!({ "name": "Nord", "berth": "Mole 3", "fleet": "30", "big": true });
    let wanted = json!([
        { "name": "Albatros", "hull": "AB-0012", "length": "9.5", "feet": "28.5", "labels": ["wood", "old"], "status": "afloat", "client": hanse },
        { "name": "Möwe", "hull": "M1", "length": "12", "feet": "36", "labels": [], "status": "afloat", "client": hanse },
        { "name": "Seeadler", "hull": "S1", "length": "30", "feet": "90", "labels": ["steel"], "status": "afloat", "client": nord },
    ]);
    let mut got = one(&owner, list).await;
    for row in got.as_array_mut().expect("rows").iter_mut().filter(|r| r["labels"].is_null()) {
        row["labels"] = json!([]);
    }
    assert_eq!(got, wanted);
    let again = owner.post("/api/v1/imports", mapping).await.expect_status(200);
    assert_eq!(one(&owner, "boats?select=count()").await[0]["count"], 3, "{}", again.text);

    // The search over everything: words, numbers however typed, a slip of the fingers, and own fields of a shipped object.
    for (q, object, title) in [
        ("mowe", "boat", "Möwe"),
        ("ab12", "boat", "Albatros"),
        ("steel", "boat", "Seeadler"),
        ("seeadlre", "boat", "Seeadler"),
        ("mole", "client", "Nord"),
    ] {
        let found = titles(&owner, q).await;
        assert!(found.contains(&(object.to_owned(), title.to_owned())), "{q}: {found:?}");
    }
    let viewer = app.sign_in_as("viewer").await;
    assert_eq!(titles(&viewer, "steel").await, [("boat".to_owned(), "Seeadler".to_owned())]);
    assert!(titles(&viewer, "ab12").await.is_empty(), "what is hidden finds nothing");

    // A list as a file, and the file back: nothing differs.
    let csv = owner.get("/api/v1/boats/export?format=csv&header=names&order=name&select=name,hull,length,feet,client(name)").await;
    let lines: Vec<&str> = csv.text.lines().collect();
    assert_eq!(
        lines[..2],
        ["name,hull,length,feet,client.name", "Albatros,AB-0012,9.5,28.5,Hanse"],
        "{}",
        csv.text
    );
    let hidden = viewer.get("/api/v1/boats/export?format=csv&header=names").await.expect_status(200);
    assert!(!hidden.text.contains("AB-0012") && hidden.text.contains("Albatros"), "{}", hidden.text);

    // The past, the log, and the way back.
    let then = now_passes().await;
    let boat = one(&owner, "boats?hull=eq.M1&select=id").await[0]["id"].as_str().expect("an id").to_owned();
    let at = format!("/api/v1/boats/{boat}");
    owner.patch(&at, json!({ "name": "Kormoran", "length": "5", "status": "sold" })).await.expect_status(200);
    let of_hanse = "clients?name=eq.Hanse&select=fleet,big";
    assert_eq!(one(&owner, of_hanse).await, json!([{ "fleet": "9.5", "big": false }]));
    assert_eq!(
        one(&owner, &format!("boats/{boat}?as_of={then}&select=name,length,feet,status")).await,
        json!({ "name": "Möwe", "length": "12", "feet": "36", "status": "afloat" })
    );
    assert_eq!(
        one(&owner, &format!("{of_hanse}&as_of={then}")).await,
        json!([{ "fleet": "21.5", "big": true }])
    );
    assert_eq!(
        one(&owner, &format!("boats?length=gt.10&as_of={then}&select=name&order=name")).await,
        json!([{ "name": "Möwe" }, { "name": "Seeadler" }])
    );
    let change = last_change(&owner).await;
    let told: Vec<(&str, &str)> = change["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|e| (e["object"].as_str().unwrap_or_default(), e["action"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(told, [("boat", "update"), ("client", "derive")], "{change}");
    let undone = owner
        .post(&format!("/api/v1/changes/{}/undo", change["id"].as_str().expect("an id")), Json::Null)
        .await;
    assert_eq!(undone.expect_status(200).json["conflicts"], json!([]));
    assert_eq!(one(&owner, of_hanse).await, json!([{ "fleet": "21.5", "big": true }]));

    // The description of the API.
    let document = one(&owner, "openapi.json").await;
    for path in ["/api/v1/boats", "/api/v1/boats/{id}", "/api/v1/boats/{id}/history", "/api/v1/boats/export"]
    {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    let schemas = &document["components"]["schemas"];
    assert!(
        schemas["boat.new"]["properties"]["feet"].is_null()
            && schemas["boat"]["properties"]["feet"].is_object()
    );
    assert_eq!(
        schemas["client"]["properties"]["fleet"]["readOnly"], true,
        "{}",
        schemas["client"]["properties"]["fleet"]
    );

    // Everything at once, into another workspace: the same checksums, and it works there with indexes of its own.
    app.work().await;
    let there = comes_back_the_same(&app).await;
    app.work().await;
    let model = app.node.store.model(there).await.expect("a model");
    assert_eq!(model.objects["boat"].fields["length"].index, meta::IndexState::Ready);
    let actor = policy::Actor::system(there, "Test");
    let mut batch = app.node.engine.batch(&actor, records::Source::request()).await.expect("a batch");
    let twin = json!({ "name": "Twin", "hull": "M1" }).as_object().expect("an object").clone();
    let made = batch.create("boat", vec![twin]).await;
    let refused = match made {
        Ok(_) => batch.commit().await.err(),
        Err(failure) => Some(failure),
    };
    assert!(
        refused
            .is_some_and(|f| f.to_string().contains("hull") || format!("{f:?}").contains("field.duplicate"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_takes_own_records_and_unique_values_along_and_gives_them_back() {
    let (_app, owner) = harbour().await;
    let field = json!({ "name": "mooring", "kind": "text", "unique": "workspace", "personal": false });
    owner.post("/api/v1/admin/objects/client/fields", field).await.expect_status(201);
    let given = async |plural: &str, body: Json| {
        let made = owner.post(&format!("/api/v1/{plural}"), body).await.expect_status(201);
        made.json["id"].as_str().expect("an id").to_owned()
    };
    let stays = given("clients", json!({ "name": "Nordlicht" })).await;
    let goes =
        given("clients", json!({ "name": "Nordlicht GmbH", "berth": "Kai 7", "mooring": "N-1" })).await;
    given("boats", json!({ "name": "A", "length": "9", "client_id": stays })).await;
    given("boats", json!({ "name": "B", "length": "12", "client_id": goes })).await;
    let of_both =
        format!("clients?id=in.({stays},{goes})&order=name&select=name,berth,mooring,fleet,boats(name)");
    let before = one(&owner, &of_both).await;
    let at = format!("/api/v1/clients/{stays}/merge");
    let merged = owner.post(&at, json!({ "others": [goes] })).await.expect_status(200).json;
    assert_eq!(merged["moved"], json!({ "boat.client_id": 1 }), "{merged}");
    let survivor =
        one(&owner, &format!("clients/{stays}?select=berth,mooring,fleet,boats(name)&boats.order=name"))
            .await;
    let wanted = json!({ "berth": "Kai 7", "mooring": "N-1", "fleet": "21", "boats": [{ "name": "A" }, { "name": "B" }] });
    assert_eq!(survivor, wanted);
    let taken = owner.post("/api/v1/clients", json!({ "name": "Other", "mooring": "N-1" })).await;
    assert_eq!(taken.refusal(), (409, "field.duplicate"), "the survivor has it now");
    let merge = merged["merge_id"].as_str().expect("an id");
    owner.delete(&format!("/api/v1/merges/{merge}")).await.expect_status(200);
    assert_eq!(one(&owner, &of_both).await, before);
    let taken = owner.post("/api/v1/clients", json!({ "name": "Other", "mooring": "N-1" })).await;
    assert_eq!(taken.refusal(), (409, "field.duplicate"), "and now the other has it again");
}
