//! A workspace with changes of its own meets blueprints that have changed.
use meta::Library;
use meta::diff::{ConflictKind, Side};
use serde_json::{Value as Json, json};
use store::doors::workspaces::{self, WorkspaceChange};
use store::upgrade::{self, Choices};
use testkit::TestApp;

/// The shipped blueprints with changes: path, text to find, text instead.
fn changed(changes: &[(&str, &str, &str)]) -> Library {
    let mut files = meta::shipped_files();
    for (path, from, to) in changes {
        let (_, text) = files.iter_mut().find(|(p, _)| p == path).expect("a file of that name");
        assert!(text.contains(from), "{path} does not say {from}");
        *text = text.replacen(from, to, 1);
    }
    Library::parse(&files).unwrap_or_else(|faults| panic!("{faults:?}"))
}

const INVOICE: &str = "core/objects/invoice.toml";
const SUBJECT: &str = "name = \"subject\"\nkind = \"text\"\n";

/// Relabels a field, gives a select another option, adds two fields and a formula.
fn own_changes() -> Json {
    json!({ "objects": [{ "extend": "invoice", "fields": [
        { "name": "subject", "label": "Title" },
        { "name": "reference", "label": "Your sign" },
        { "name": "rounding", "options": ["line", "document", "none", "cash"] },
        { "name": "mooring", "kind": "text", "personal": false },
        { "name": "weight", "kind": "decimal", "personal": false, "scale": 2 },
        { "name": "double_weight", "kind": "formula", "result": "decimal", "personal": false, "formula": "weight * 2" },
    ] }] })
}

async fn workspace_with(overlay: Json) -> TestApp {
    let app = TestApp::new("orders").await;
    let change = WorkspaceChange { overlay: Some(overlay), ..Default::default() };
    workspaces::change(&app.node.store, app.workspace.id, &change).await.expect("an overlay");
    app
}

fn chosen(choices: &[(&str, Side)]) -> Choices {
    choices.iter().map(|(at, side)| ((*at).to_string(), *side)).collect()
}

#[tokio::test]
async fn a_workspace_keeps_its_changes_and_its_data_through_an_upgrade() {
    let app = workspace_with(own_changes()).await;
    let (store, id) = (&app.node.store, app.workspace.id);
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let invoice = json!({ "client_id": client, "currency": "EUR", "mooring": "A7", "weight": "2.50", "rounding": "cash" });
    let invoice = app.given("invoice", invoice).await;

    let same = upgrade::plan(store, Library::shipped(), id).await.expect("a plan");
    assert!(!same.pending && same.plan.brings.is_empty() && same.plan.conflicts.is_empty());
    assert_eq!(same.plan.stays.len(), 6, "{:?}", same.plan.stays);

    // Shipped now: the same label changed otherwise, another field relabelled, and fields by the names of the own ones.
    let new = changed(&[
        (INVOICE, SUBJECT, "name = \"subject\"\nkind = \"text\"\nlabel = \"Topic\"\n"),
        (INVOICE, "label = \"Discount\"", "label = \"Rebate\""),
        (
            INVOICE,
            "[[fields]]\nname = \"intro\"",
            "[[fields]]\nname = \"mooring\"\nkind = \"text\"\npersonal = false\n\n[[fields]]\nname = \"intro\"",
        ),
        (
            INVOICE,
            "[[fields]]\nname = \"terms\"",
            "[[fields]]\nname = \"weight\"\nkind = \"integer\"\npersonal = false\n\n[[fields]]\nname = \"terms\"",
        ),
    ]);
    store.migrate(&new, Default::default()).await.expect("new columns");
    let plan = upgrade::plan(store, &new, id).await.expect("a plan");
    assert!(plan.pending);
    let kinds: Vec<_> = plan.plan.conflicts.iter().map(|c| (c.at.as_str(), c.kind)).collect();
    let wanted = [
        ("invoice.subject.label", ConflictKind::BothChanged),
        ("invoice.mooring", ConflictKind::SameName),
        ("invoice.weight", ConflictKind::SameName),
    ];
    assert_eq!(kinds, wanted);
    let brings: Vec<_> = plan.plan.brings.iter().map(|b| b.at.as_str()).collect();
    assert_eq!(brings, ["invoice.discount_total.label"]);
    let refused = upgrade::apply(store, &new, id, &chosen(&[("invoice.mooring", Side::Shipped)])).await;
    let kernel::Failure::Refused(problems) = refused.expect_err("two decisions are missing") else {
        panic!("refused")
    };
    assert_eq!(problems.iter().filter(|p| p.code == "blueprint.undecided").count(), 2, "{problems:?}");

    let choices = [
        ("invoice.subject.label", Side::Local),
        ("invoice.mooring", Side::Shipped),
        ("invoice.weight", Side::Local),
    ];
    let done = upgrade::apply(store, &new, id, &chosen(&choices)).await.expect("it is decided");
    assert!(!done.pending && done.plan.conflicts.is_empty(), "{:?}", done.plan.conflicts);
    let workspace = workspaces::by_id(store, id).await.expect("a workspace").expect("it is there");
    let overlay = workspace.overlay.expect("its own changes");
    let model = new.model(&["orders"], Some(&overlay)).expect("a sound model");
    let fields = &model.objects["invoice"].fields;
    assert_eq!(
        (fields["subject"].label.as_str(), fields["reference"].label.as_str()),
        ("Title", "Your sign")
    );
    assert!(fields["rounding"].options.iter().any(|o| o.value == "cash"));
    assert_eq!(fields["mooring"].place, meta::Place::Column);
    assert_eq!(fields["double_weight"].formula.as_ref().map(|f| f.cel.as_str()), Some("weight_local * 2"));
    // The values: one in the shipped column, the other under its new name.
    let row = stored(&app, invoice).await;
    assert_eq!((row[0].as_text(), row[1].as_text()), (Some("A7"), Some("2.50")));
    assert_eq!(row[2], kernel::Value::Json(json!({ "weight_local": "2.50", "double_weight": "5" })));
}

/// The column `mooring`, the key `weight_local`, all of `custom`.
async fn stored(app: &TestApp, invoice: kernel::Uuid) -> Vec<kernel::Value> {
    let statement = query::Statement {
        text: "select mooring, custom ->> 'weight_local', custom from data.invoices where workspace_id = $1 and id = $2::uuid"
            .into(),
        params: vec![app.workspace.id.into(), invoice.into()],
    };
    let cx = app.node.store.begin_read(&app.actor()).await.expect("a transaction");
    let codecs = [meta::Codec::Text, meta::Codec::Text, meta::Codec::Jsonb];
    cx.query(&statement, &codecs).await.expect("a row").remove(0)
}

#[tokio::test]
async fn a_field_that_is_shipped_no_more_can_stay_with_its_values() {
    let own = json!({ "objects": [{ "extend": "invoice", "fields": [{ "name": "service_from", "label": "From" }] }] });
    let app = workspace_with(own).await;
    let (store, id) = (&app.node.store, app.workspace.id);
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let body = json!({ "client_id": client, "currency": "EUR", "service_from": "2026-03-01" });
    let invoice = app.given("invoice", body).await;
    let field = "[[fields]]\nname = \"service_from\"\nkind = \"date\"\npersonal = false\n\n";
    let new = changed(&[(INVOICE, field, "")]);
    let plan = upgrade::plan(store, &new, id).await.expect("a plan").plan;
    assert_eq!(
        (plan.conflicts[0].at.as_str(), plan.conflicts[0].kind),
        ("invoice.service_from", ConflictKind::Removed)
    );
    upgrade::apply(store, &new, id, &chosen(&[("invoice.service_from", Side::Local)]))
        .await
        .expect("decided");
    let statement = query::Statement {
        text: "select custom from data.invoices where workspace_id = $1 and id = $2::uuid".into(),
        params: vec![id.into(), invoice.into()],
    };
    let cx = store.begin_read(&app.actor()).await.expect("a transaction");
    let row = cx.query(&statement, &[meta::Codec::Jsonb]).await.expect("a row").remove(0);
    assert_eq!(row[0], kernel::Value::Json(json!({ "service_from": "2026-03-01" })));
    let workspace = workspaces::by_id(store, id).await.expect("a workspace").expect("it is there");
    let model = new.model(&["orders"], workspace.overlay.as_ref()).expect("a sound model");
    let field = &model.objects["invoice"].fields["service_from"];
    assert_eq!((field.label.as_str(), field.place), ("From", meta::Place::Custom));
}

/// The snapshot that a workspace took up stands in for the binary of yesterday.
#[tokio::test]
async fn until_somebody_decides_a_workspace_runs_under_what_it_had_taken_up() {
    let old = changed(&[(
        INVOICE,
        "[[fields]]\nname = \"intro\"\nkind = \"rich_text\"\nlabel = \"Text above the lines\"\npersonal = false\n\n",
        "",
    )]);
    let app = TestApp::new("orders").await;
    let (store, id) = (&app.node.store, app.workspace.id);
    let admin = app.sign_in_as("owner").await;
    // As if it had been made, and given a field of its own, by the version before.
    store.migrate(&old, Default::default()).await.expect("what was shipped is noted");
    upgrade::apply(store, &old, id, &Choices::new()).await.expect("nothing is in the way");
    let own = json!({ "objects": [{ "extend": "invoice", "fields": [{ "name": "intro", "kind": "integer", "personal": false }] }] });
    let change = WorkspaceChange { overlay: Some(own), ..Default::default() };
    workspaces::change(store, id, &change).await.expect("an overlay");
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let invoice = app.given("invoice", json!({ "client_id": client, "currency": "EUR", "intro": 7 })).await;
    let at = format!("/api/v1/invoices/{invoice}?select=intro");
    assert_eq!(admin.get(&at).await.expect_status(200).json["intro"], 7, "it runs under the version before");

    let path = "/api/v1/admin/blueprint/upgrade";
    let plan = admin.get(path).await.expect_status(200).json;
    assert_eq!((&plan["pending"], &plan["conflicts"][0]["at"]), (&json!(true), &json!("invoice.intro")));
    assert_eq!(plan["conflicts"][0]["choices"], json!(["local"]), "a text field cannot take numbers over");
    let refused = admin.post(path, json!({})).await;
    assert_eq!(refused.refusal(), (409, "blueprint.undecided"), "{}", refused.text);
    let done =
        admin.post(path, json!({ "choices": { "invoice.intro": "local" } })).await.expect_status(200).json;
    assert_eq!((&done["pending"], &done["conflicts"]), (&json!(false), &json!([])));
    let row = admin
        .get(&format!("/api/v1/invoices/{invoice}?select=intro,intro_local"))
        .await
        .expect_status(200)
        .json;
    assert_eq!(row, json!({ "intro": null, "intro_local": 7 }));
    let clerk = app.sign_in_as("viewer").await;
    assert_eq!(clerk.get(path).await.refusal(), (403, "policy.denied"));
}
