//! Own fields of a shipped object are found by an index of their own, however many records there are.
use kernel::Value;
use meta::Codec;
use policy::Read;
use query::Statement;
use query::search::{How, Search, Terms};
use serde_json::json;
use testkit::{Client, TestApp};

const ROWS: i64 = 12_000;

/// Clients from long ago, as quickly as SQL makes them: each with a berth, and the first of them with a pier.
async fn fill(app: &TestApp) {
    let cx = app.node.store.begin(&app.actor()).await.expect("a transaction");
    let text = "insert into data.clients \
                (workspace_id, id, name, entity_type, type, status, created_at, created_by, updated_at, updated_by, version, custom) \
                select $1::uuid, gen_random_uuid(), 'Reeder ' || n, 'company', '{customer}', 'active', \
                '2020-01-01'::timestamptz + n * interval '1 minute', $3::uuid, now(), $3::uuid, 1, \
                jsonb_build_object('berth', 'K-' || 100000 - n, 'pier', case when n = 1 then 'Überseebrücke' end) \
                from generate_series(1, $2::bigint) n";
    let params = vec![app.workspace.id.into(), Value::Int(ROWS), Value::Id(app.actor().member)];
    cx.execute(&Statement { text: text.into(), params }).await.expect("rows");
    cx.commit().await.expect("they stay");
}

async fn found(client: &Client, q: &str) -> Vec<String> {
    let found = client.get(&format!("/api/v1/search?q={q}&objects=clients")).await.expect_status(200).json;
    let rows = found["results"].as_array().expect("results").iter();
    rows.map(|r| r["title"].as_str().unwrap_or_default().to_owned()).collect()
}

/// How PostgreSQL answers a search as the application asks it, under row-level security.
async fn explained(app: &TestApp, q: &str, how: How) -> String {
    let actor = app.actor();
    let model = app.node.store.model(app.workspace.id).await.expect("a model");
    let grant = policy::grant::<Read>(&model, &actor, "client").expect("a grant");
    let terms = Terms::read(q).expect("something to look for");
    let search = Search { terms: &terms, how, archived: false, limit: 20 };
    let statement = query::search::statement(&model, &model.objects["client"], &grant, &search).expect("one");
    let cx = app.node.store.begin_read(&actor).await.expect("a transaction");
    let text = format!("explain (costs off) {}", statement.text);
    let rows = cx.query(&Statement { text, ..statement }, &[Codec::Text]).await.expect("an explanation");
    rows.iter().filter_map(|r| r[0].as_text()).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_field_of_a_shipped_object_finds_the_oldest_of_many() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    for name in ["berth", "pier"] {
        let field = json!({ "name": name, "kind": "text", "personal": false });
        owner.post("/api/v1/admin/objects/client/fields", field).await.expect_status(201);
    }
    fill(&app).await;
    let search = json!({ "search": ["name", "email", "berth", "pier"] });
    owner.patch("/api/v1/admin/objects/client", search).await.expect_status(200);
    assert!(found(&owner, "uberseebr").await.is_empty(), "without an index only the newest answer");

    app.work().await;
    let described = owner.get("/api/v1/admin/objects/client").await;
    let berth = described.json["fields"].as_array().expect("fields").iter().find(|f| f["name"] == "berth");
    assert_eq!(berth.expect("the field")["index"], "ready");
    // Accents, numbers however typed, words from own and shipped fields together, a slip of the fingers.
    for q in ["uberseebr", "k99999", "reeder%20uberseebr", "uberseebrcke"] {
        assert!(found(&owner, q).await.contains(&"Reeder 1".to_owned()), "{q}");
    }
    assert!(found(&owner, "reeder%20nowhere").await.is_empty());
    for (q, how) in [("uberseebr", How::Typed), ("uberseebrcke", How::Mistyped)] {
        let plan = explained(&app, q, how).await;
        assert!(plan.contains("Bitmap Index Scan on own_"), "{plan}");
    }
    assert_eq!(
        owner.get("/api/v1/clients?q=uberseebr&select=name").await.json,
        json!([{ "name": "Reeder 1" }])
    );

    // No longer searched: nothing is found by it, and its index goes.
    let fewer = json!({ "search": ["name", "email", "berth"] });
    owner.patch("/api/v1/admin/objects/client", fewer).await.expect_status(200);
    app.work().await;
    assert!(found(&owner, "uberseebr").await.is_empty());
    let cx = app.node.store.begin_read(&app.actor()).await.expect("a transaction");
    let text =
        "select relname::text from pg_class where relname like 'own\\_%\\_search' and $1::uuid is not null";
    let left = Statement { text: text.into(), params: vec![app.workspace.id.into()] };
    assert_eq!(cx.query(&left, &[Codec::Text]).await.expect("names").len(), 1);
}
