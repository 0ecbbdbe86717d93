//! Objects that a workspace makes itself: the same API, rights, log, undo, search, import and indexes as shipped ones.
use kernel::Value;
use meta::Codec;
use policy::{Actor, Read};
use query::{Headers, Statement};
use serde_json::{Value as Json, json};
use store::doors::workspaces::{self, NewWorkspace};
use testkit::{Answer, Client, TestApp};

fn boat() -> Json {
    json!({
        "name": "boat", "plural": "boats", "label": "Boat", "title": "name", "search": ["name", "notes", "labels"],
        "fields": [
            { "name": "name", "kind": "text", "personal": false, "required": true },
            { "name": "hull", "kind": "text", "personal": false, "unique": "workspace" },
            { "name": "length", "kind": "decimal", "personal": false, "min": 1 },
            { "name": "built_on", "kind": "date", "personal": false },
            { "name": "notes", "kind": "long_text", "personal": false },
            { "name": "labels", "kind": "tags", "personal": false },
            { "name": "owner_id", "kind": "user", "personal": true },
            { "name": "client_id", "kind": "reference", "to": "client", "on_delete": "restrict", "personal": false },
            { "name": "status", "kind": "select", "personal": false },
            { "name": "sold_for", "kind": "money", "personal": false }
        ],
        "pipelines": [{ "name": "life", "label": "Life", "field": "status", "stages": [
            { "name": "afloat", "to": ["ashore", "sold"] },
            { "name": "ashore", "to": ["afloat"] },
            { "name": "sold", "outcome": "won", "to": [], "gates": [{ "filled": "sold_for" }] }
        ] }],
        "rights": { "member": { "read": "all", "create": "all", "update": "own" } }
    })
}

async fn harbour() -> (TestApp, Client) {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    owner.post("/api/v1/admin/objects", boat()).await.expect_status(201);
    (app, owner)
}

fn id(made: &Answer) -> String {
    made.json["id"].as_str().unwrap_or_else(|| panic!("no id in {}", made.text)).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_an_own_object_are_made_listed_sorted_embedded_and_counted() {
    let (app, owner) = harbour().await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let rows = json!([
        { "name": "Albatros", "hull": "A1", "length": "9.50", "built_on": "1999-05-01", "client_id": client },
        { "name": "Möwe", "hull": "M1", "length": "12", "client_id": client, "labels": ["wood"] },
        { "name": "Seeadler", "hull": "S1", "length": "30" }
    ]);
    let made = owner.post("/api/v1/boats", rows).await.expect_status(201);
    assert_eq!(made.json[0]["status"], "afloat");
    assert_eq!(made.json[0]["version"], 1);
    let list =
        owner.get("/api/v1/boats?length=gt.9.6&order=length.desc&select=name,length,client(name)").await;
    let wanted = json!([
        { "name": "Seeadler", "length": "30", "client": null },
        { "name": "Möwe", "length": "12", "client": { "name": "Hanse" } }
    ]);
    assert_eq!(list.json, wanted, "{}", list.text);
    let back = owner.get(&format!("/api/v1/clients/{client}?select=name,boats(name)&boats.order=name")).await;
    assert_eq!(back.json["boats"], json!([{ "name": "Albatros" }, { "name": "Möwe" }]), "{}", back.text);
    let only = owner.get("/api/v1/clients?select=name,boats!inner(name)&boats.length=gt.10").await;
    assert_eq!(only.json, json!([{ "name": "Hanse", "boats": [{ "name": "Möwe" }] }]), "{}", only.text);
    let groups = owner.get("/api/v1/boats?select=status,length.sum(),count()").await;
    assert_eq!(groups.json, json!([{ "status": "afloat", "sum": "51.50", "count": 3 }]), "{}", groups.text);
    let counted = owner.with("prefer", "count=exact").get("/api/v1/boats?limit=1&order=name").await;
    assert_eq!(counted.header("content-range"), "0-0/3");
    let next =
        format!("/api/v1/boats?limit=2&order=name&cursor={}&select=name", counted.header("x-next-cursor"));
    assert_eq!(owner.get(&next).await.json, json!([{ "name": "Möwe" }, { "name": "Seeadler" }]));
    for (words, found) in [("mowe", 1), ("WOOD", 1), ("s", 2), ("nothing", 0)] {
        let answer = owner.get(&format!("/api/v1/boats?q={words}&select=id")).await;
        assert_eq!(answer.json.as_array().map(Vec::len), Some(found), "{words}: {}", answer.text);
    }
    let held = owner.delete(&format!("/api/v1/clients/{client}")).await;
    assert_eq!(held.refusal(), (409, "record.in_use"));
    assert!(held.json["detail"].as_str().expect("a sentence").contains("boats"), "{}", held.text);
    let same = owner.post("/api/v1/boats", json!({ "name": "Twin", "hull": "A1" })).await;
    assert_eq!(same.refusal(), (409, "field.duplicate"));
    assert_eq!(same.json["errors"][0]["field"], "hull");
    let wrong =
        owner.post("/api/v1/boats", json!({ "length": "0.5", "client_id": client, "colour": "red" })).await;
    let mut fields: Vec<&str> =
        wrong.json["errors"].as_array().expect("errors").iter().filter_map(|e| e["field"].as_str()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["colour", "length", "name"], "{}", wrong.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn history_undo_races_and_stages_are_those_of_any_record() {
    let (_app, owner) = harbour().await;
    let made =
        owner.post("/api/v1/boats", json!({ "name": "Albatros", "hull": "A1" })).await.expect_status(201);
    let at = format!("/api/v1/boats/{}", id(&made));
    owner.patch(&at, json!({ "name": "Pelikan", "hull": "P1" })).await.expect_status(200);
    let race = owner.with("if-match", "\"1\"").patch(&at, json!({ "name": "Kormoran" })).await;
    assert_eq!(race.refusal(), (409, "record.version_conflict"));
    let history = owner.get(&format!("{at}/history")).await.expect_status(200);
    let entry = &history.json["changes"][0]["entries"][0];
    assert_eq!((&entry["before"]["name"], &entry["after"]["name"]), (&json!("Albatros"), &json!("Pelikan")));
    let change = history.json["changes"][0]["id"].as_str().expect("an id");
    owner.post(&format!("/api/v1/changes/{change}/undo"), json!({})).await.expect_status(200);
    assert_eq!(
        owner.get(&format!("{at}?select=name,hull")).await.json,
        json!({ "name": "Albatros", "hull": "A1" })
    );
    owner.post("/api/v1/boats", json!({ "name": "Other", "hull": "P1" })).await.expect_status(201);
    // Found by the name it has, not by the one it had.
    assert_eq!(owner.get("/api/v1/boats?q=pelikan&select=id").await.json, json!([]));
    let gap = owner.patch(&at, json!({ "status": "sold" })).await;
    assert_eq!(gap.refusal(), (422, "stage.gate"));
    owner.patch(&at, json!({ "status": "sold", "sold_for": "100.00" })).await.expect_status(200);
    assert_eq!(owner.patch(&at, json!({ "status": "afloat" })).await.refusal(), (422, "stage.not_allowed"));
    let moves = owner.get(&format!("{at}/stage-history")).await.expect_status(200);
    assert_eq!(moves.json.as_array().map(Vec::len), Some(2), "{}", moves.text);
    owner.put(&format!("{at}/archival"), Json::Null).await.expect_status(204);
    assert_eq!(owner.get("/api/v1/boats?hull=eq.A1&select=id").await.json, json!([]));
    owner.delete(&format!("{at}/archival")).await.expect_status(204);
    owner.delete(&at).await.expect_status(204);
    let gone = owner.get(&format!("{at}/history?limit=1")).await.expect_status(200);
    let change = gone.json["changes"][0]["id"].as_str().expect("an id");
    owner.post(&format!("/api/v1/changes/{change}/undo"), json!({})).await.expect_status(200);
    assert_eq!(owner.get(&format!("{at}?select=name")).await.json, json!({ "name": "Albatros" }));
    let twin = owner.post("/api/v1/boats", json!({ "name": "Twin", "hull": "A1" })).await;
    assert_eq!(twin.refusal(), (409, "field.duplicate"));
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_have_the_rights_that_the_maker_gave_and_no_others() {
    let (app, owner) = harbour().await;
    let (member, viewer) = (app.sign_in_as("member").await, app.sign_in_as("viewer").await);
    let theirs = owner.post("/api/v1/boats", json!({ "name": "Theirs" })).await.expect_status(201);
    let mine =
        member.post("/api/v1/boats", json!({ "name": "Mine", "owner_id": null })).await.expect_status(201);
    assert_eq!(
        member.get("/api/v1/boats?select=name&order=name").await.json,
        json!([{ "name": "Mine" }, { "name": "Theirs" }])
    );
    let refused = member.patch(&format!("/api/v1/boats/{}", id(&theirs)), json!({ "name": "X" })).await;
    assert_eq!(refused.status(), 404, "{}", refused.text);
    assert_eq!(
        member.delete(&format!("/api/v1/boats/{}", id(&mine))).await.refusal(),
        (403, "policy.denied")
    );
    assert_eq!(viewer.get("/api/v1/boats").await.refusal(), (403, "policy.denied"));
    let rights = json!({ "rights": { "viewer": { "read": "all", "hidden": ["hull"] } } });
    owner.patch("/api/v1/admin/objects/boat", rights).await.expect_status(200);
    let seen = viewer.get("/api/v1/boats?order=name").await.expect_status(200);
    assert!(seen.json[0].get("hull").is_none() && seen.json[0]["name"] == "Mine", "{}", seen.text);
    assert_eq!(viewer.post("/api/v1/boats", json!({ "name": "X" })).await.refusal(), (403, "policy.denied"));
    let nobody = json!({ "rights": { "pirate": { "read": "all" } } });
    let unknown = owner.patch("/api/v1/admin/objects/boat", nobody).await;
    assert_eq!(unknown.refusal(), (422, "model.invalid"));
    assert_eq!(unknown.json["errors"][0]["field"], "rights.pirate");
    assert_eq!(viewer.post("/api/v1/admin/objects", boat()).await.refusal(), (403, "policy.denied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workspaces_with_the_same_object_never_see_each_other() {
    let (app, owner) = harbour().await;
    let made = owner.post("/api/v1/boats", json!({ "name": "Ours", "hull": "H1" })).await.expect_status(201);
    let new = NewWorkspace {
        slug: "other".into(),
        name: "Other".into(),
        blueprints: vec!["orders".into()],
        ..Default::default()
    };
    let other = workspaces::create(&app.node.store, &new).await.expect("a workspace");
    let identity = &app.node.identity;
    let user =
        identity.create_user("o@test.example", "O", Some(testkit::PASSWORD), false).await.expect("a user");
    identity.add_member(other.id, user, "owner").await.expect("a member");
    let stranger = app.stranger();
    stranger.sign_in("o@test.example").await.expect_status(201);
    assert_eq!(stranger.get("/api/v1/boats").await.refusal(), (404, "meta.no_such_object"));
    // Theirs has another kind in the place of our text.
    let mut theirs = boat();
    theirs["fields"][1] = json!({ "name": "hull", "kind": "integer", "personal": false, "unique": "workspace", "indexed": true });
    theirs["search"] = json!(["name"]);
    stranger.post("/api/v1/admin/objects", theirs).await.expect_status(201);
    assert_eq!(stranger.get("/api/v1/boats?order=hull").await.json, json!([]));
    app.work().await;
    let at = format!("/api/v1/boats/{}", id(&made));
    assert_eq!(stranger.get(&at).await.status(), 404);
    assert_eq!(stranger.patch(&at, json!({ "name": "Taken" })).await.status(), 404);
    assert_eq!(stranger.delete(&at).await.status(), 404);
    let same_id = json!({ "id": id(&made), "name": "Same id", "hull": 1 });
    stranger.post("/api/v1/boats", same_id).await.expect_status(201);
    assert_eq!(
        stranger.get("/api/v1/boats?order=hull&select=name,hull").await.json,
        json!([{ "name": "Same id", "hull": 1 }])
    );
    assert_eq!(owner.get("/api/v1/boats?select=name").await.json, json!([{ "name": "Ours" }]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sort_is_bounded_until_its_index_is_built_and_then_uses_it() {
    let (app, owner) = harbour().await;
    let at = "/api/v1/admin/objects/boat/fields/length";
    fill(&app, 10_050).await;
    let refused = owner.get("/api/v1/boats?order=length").await;
    assert_eq!(refused.refusal(), (400, "query.unindexed"), "{}", refused.text);
    assert_eq!((&refused.json["field"], &refused.json["index"]), (&json!("length"), &json!("none")));
    let marked = owner.patch(at, json!({ "indexed": true })).await.expect_status(200);
    assert_eq!(index_of(&marked, "length"), "building");
    let waits = owner.get("/api/v1/boats?order=length").await;
    assert_eq!((waits.refusal(), &waits.json["index"]), ((400, "query.unindexed"), &json!("building")));
    // One that an interruption left behind, which nobody may use.
    leave_invalid(&app).await;
    app.work().await;
    let described = owner.get("/api/v1/admin/objects/boat").await.expect_status(200);
    assert_eq!(index_of(&described, "length"), "ready");
    for order in ["length", "length.desc", "length.desc.nullslast", "length.asc.nullsfirst"] {
        let page = owner
            .get(&format!("/api/v1/boats?order={order}&limit=20&select=length"))
            .await
            .expect_status(200);
        let next = page.header("x-next-cursor");
        owner.get(&format!("/api/v1/boats?order={order}&limit=20&cursor={next}")).await.expect_status(200);
        assert_eq!(page.json.as_array().map(Vec::len), Some(20));
        let plan = explain(&app, order).await;
        assert!(
            plan.contains("Index Scan") && plan.contains("own_") && !plan.contains("Sort"),
            "{order}: {plan}"
        );
    }
    let filtered = explain_filter(&app, "length=eq.77").await;
    assert!(filtered.contains("own_") && filtered.contains("Index Cond"), "{filtered}");
    owner.patch(at, json!({ "indexed": false })).await.expect_status(200);
    app.work().await;
    assert_eq!(own_indexes(&app).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_imported_into_an_own_object_and_the_document_names_it() {
    let (_app, owner) = harbour().await;
    let csv = "name,hull,length,labels\nAlbatros,A1,9.5,\"wood;old\"\nMöwe,M1,12,\n";
    let body = json!({ "object": "boat", "key": ["hull"], "files": { "boats.csv": csv } });
    let report = owner.post("/api/v1/imports", body.clone()).await;
    assert_eq!(report.status(), 200, "{}", report.text);
    let list = owner.get("/api/v1/boats?order=name&select=name,length").await;
    assert_eq!(
        list.json,
        json!([{ "name": "Albatros", "length": "9.5" }, { "name": "Möwe", "length": "12" }]),
        "{}",
        report.text
    );
    let again = owner.post("/api/v1/imports", body).await.expect_status(200);
    assert_eq!(owner.get("/api/v1/boats?select=count").await.json, json!([{ "count": 2 }]), "{}", again.text);
    let document = owner.get("/api/v1/openapi.json").await.expect_status(200).json;
    assert!(document["paths"]["/api/v1/boats/{id}/archival"].is_object());
    assert_eq!(
        document["components"]["schemas"]["boat"]["properties"]["length"]["type"],
        json!(["string", "null"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_put_away_brought_back_and_deleted() {
    let (app, owner) = harbour().await;
    let made =
        owner.post("/api/v1/boats", json!({ "name": "Albatros", "hull": "A1" })).await.expect_status(201);
    let link = json!({ "name": "boat_id", "kind": "reference", "to": "boat", "on_delete": "set_null", "personal": false });
    owner.post("/api/v1/admin/objects/client/fields", link).await.expect_status(201);
    let client =
        owner.post("/api/v1/clients", json!({ "name": "C", "boat_id": id(&made) })).await.expect_status(201);
    let at = "/api/v1/admin/objects/boat";
    assert_eq!(owner.put(&format!("{at}/archival"), Json::Null).await.refusal(), (409, "record.in_use"));
    let field = "/api/v1/admin/objects/client/fields/boat_id";
    owner.put(&format!("{field}/archival"), Json::Null).await.expect_status(204);
    owner.put(&format!("{at}/archival"), Json::Null).await.expect_status(204);
    assert_eq!(owner.get("/api/v1/boats").await.status(), 404);
    assert_eq!(owner.get(at).await.expect_status(200).json["archived"], true);
    assert_eq!(owner.delete(&format!("{field}/archival")).await.refusal(), (422, "model.invalid"));
    owner.delete(&format!("{at}/archival")).await.expect_status(204);
    assert_eq!(owner.get("/api/v1/boats?select=name").await.json, json!([{ "name": "Albatros" }]));
    // Gone while the reference was put away: it comes back empty.
    owner.delete(&format!("/api/v1/boats/{}", id(&made))).await.expect_status(204);
    owner.delete(&format!("{field}/archival")).await.expect_status(204);
    assert_eq!(
        owner.get(&format!("/api/v1/clients/{}?select=boat_id", id(&client))).await.json,
        json!({ "boat_id": null })
    );
    owner.put(&format!("{field}/archival"), Json::Null).await.expect_status(204);
    owner.post("/api/v1/boats", json!({ "name": "Last", "hull": "L1" })).await.expect_status(201);
    assert_eq!(owner.delete(at).await.refusal(), (409, "model.not_archived"));
    owner.put(&format!("{at}/archival"), Json::Null).await.expect_status(204);
    assert_eq!(owner.delete(at).await.refusal(), (409, "model.confirm"));
    owner.delete(&format!("{at}?confirm=boat&now=true")).await.expect_status(202);
    app.work().await;
    assert_eq!(owner.get(at).await.status(), 404);
    // Nothing of the old one is in a new one of that name.
    owner.post("/api/v1/admin/objects", boat()).await.expect_status(201);
    assert_eq!(owner.get("/api/v1/boats?archived_at=not.is.null").await.json, json!([]));
    owner.post("/api/v1/boats", json!({ "name": "New", "hull": "L1" })).await.expect_status(201);
    assert_eq!(owner.get("/api/v1/boats?select=name").await.json, json!([{ "name": "New" }]));
    drop(app);
}

fn index_of<'a>(described: &'a Answer, field: &str) -> &'a str {
    let fields = described.json["fields"].as_array().expect("fields");
    fields.iter().find(|f| f["name"] == field).and_then(|f| f["index"].as_str()).expect("an index state")
}

/// Many boats, as quickly as SQL makes them.
async fn fill(app: &TestApp, rows: i64) {
    let cx = app.node.store.begin(&app.actor()).await.expect("a transaction");
    let text = "insert into kontor.custom_records (workspace_id, object, id, custom) \
                select $1::uuid, 'boat', gen_random_uuid(), jsonb_build_object('name', 'B' || n, 'length', (n % 5000)::text) \
                from generate_series(1, $2::bigint) n";
    let statement = Statement { text: text.into(), params: vec![app.workspace.id.into(), Value::Int(rows)] };
    cx.execute(&statement).await.expect("rows");
    cx.commit().await.expect("they stay");
}

/// As if a build had been interrupted: under the name that is wanted lies an index that is not valid.
async fn leave_invalid(app: &TestApp) {
    let url = &app.node.store.config().database_url;
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("the owner");
    tokio::spawn(connection);
    let name: String = client
        .query_one("select name from kontor.custom_indexes where field = 'length'", &[])
        .await
        .expect("one")
        .get(0);
    let sql = format!(
        "create index \"{name}\" on kontor.custom_records (id);
         update pg_index set indisvalid = false where indexrelid = 'kontor.{name}'::regclass"
    );
    client.batch_execute(&sql).await.expect("an invalid index");
}

/// The plan of a list as the application runs it, under row-level security.
async fn explained(app: &TestApp, pairs: &[(&str, &str)]) -> String {
    let actor: Actor = app.actor();
    let model = app.node.store.model(app.workspace.id).await.expect("a model");
    let grant = policy::grant::<Read>(&model, &actor, "boat").expect("a grant");
    let pairs: Vec<(String, String)> = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    let ask = query::parse(&pairs, &Headers::default()).expect("a question");
    let plan = query::list(&model, &actor, &grant, &ask).expect("a plan");
    let statement =
        Statement { text: format!("explain (costs off) {}", plan.rows.text), params: plan.rows.params };
    let cx = app.node.store.begin_read(&actor).await.expect("a transaction");
    let rows = cx.query(&statement, &[Codec::Text]).await.expect("an explanation");
    rows.iter().filter_map(|r| r[0].as_text()).collect::<Vec<_>>().join("\n")
}

async fn explain(app: &TestApp, order: &str) -> String {
    explained(app, &[("order", order), ("limit", "20"), ("select", "id,length")]).await
}

async fn explain_filter(app: &TestApp, filter: &str) -> String {
    let (field, test) = filter.split_once('=').expect("a filter");
    explained(app, &[(field, test), ("select", "id")]).await
}

/// Indexes of own fields that the database has.
async fn own_indexes(app: &TestApp) -> i64 {
    let cx = app.node.store.begin_read(&app.actor()).await.expect("a transaction");
    let text = "select count(*) from pg_class where relkind = 'i' and relname like 'own\\_%' and $1::uuid is not null";
    let statement = Statement { text: text.into(), params: vec![app.workspace.id.into()] };
    match cx.query(&statement, &[Codec::Int8]).await.expect("a count")[0][0] {
        Value::Int(n) => n,
        ref other => panic!("a count is a number: {other:?}"),
    }
}
