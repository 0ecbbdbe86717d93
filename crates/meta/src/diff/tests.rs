use super::*;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

fn shipped(invoice: Json, more: Json) -> Json {
    let mut whole = json!({ "objects": [
        { "name": "invoice", "label": "Invoice", "fields": [
            { "name": "subject", "kind": "text", "label": "Subject", "max": 200 },
            { "name": "note", "kind": "text" },
        ] },
    ] });
    for (path, value) in invoice.as_object().expect("changes by pointer") {
        match (whole.pointer_mut(path), value) {
            (Some(place), value) => *place = value.clone(),
            (None, value) => {
                let (above, key) = path.rsplit_once('/').expect("a pointer");
                whole.pointer_mut(above).expect("a place")[key] = value.clone();
            }
        }
    }
    for (key, value) in more.as_object().expect("more") {
        whole[key] = value.clone();
    }
    keyed(&whole)
}

fn before() -> Json {
    shipped(json!({}), json!({}))
}

fn chosen<const N: usize>(choices: [(&str, Side); N]) -> BTreeMap<String, Side> {
    choices.into_iter().map(|(at, side)| (at.to_string(), side)).collect()
}

fn names<'a>(all: impl IntoIterator<Item = &'a String>) -> Vec<&'a str> {
    all.into_iter().map(String::as_str).collect()
}

const SUBJECT: &str = "/objects/0/fields/0";

#[test]
fn what_only_one_side_changed_comes_or_stays_without_a_question() {
    let now =
        shipped(json!({ "/objects/0/fields/0/max": 300, "/objects/0/fields/1/label": "Remark" }), json!({}));
    let overlay = json!({ "objects": [{ "extend": "invoice", "label": "Bill", "fields": [
        { "name": "subject", "label": "Title" },
        { "name": "colour", "kind": "text", "personal": false },
    ] }] });
    let plan = plan(&before(), &now, &overlay);
    assert_eq!(plan.conflicts, []);
    assert_eq!(names(plan.brings.iter().map(|b| &b.at)), ["invoice.subject.max", "invoice.note.label"]);
    assert_eq!((&plan.brings[0].before, &plan.brings[0].now), (&json!(200), &json!(300)));
    let stays = names(plan.stays.iter().map(|s| &s.at));
    assert_eq!(stays, ["invoice.label", "invoice.subject.label", "invoice.colour"]);
    let same = resolve(&plan, &overlay, &BTreeMap::new()).expect("nothing to decide");
    assert_eq!((&same.overlay, &same.moves), (&overlay, &vec![]));
    // A change of one's own can be given up at the same time.
    let less = resolve(&plan, &overlay, &chosen([("invoice.subject.label", Side::Shipped)])).expect("known");
    let kept = json!({ "objects": [{ "extend": "invoice", "label": "Bill", "fields": [
        { "name": "colour", "kind": "text", "personal": false },
    ] }] });
    assert_eq!(less.overlay, kept);
}

#[test]
fn an_attribute_that_both_changed_is_asked_for_and_either_can_be_had() {
    let now = shipped(json!({ "/objects/0/fields/0/label": "Topic" }), json!({}));
    let overlay =
        json!({ "objects": [{ "extend": "invoice", "fields": [{ "name": "subject", "label": "Title" }] }] });
    let plan = plan(&before(), &now, &overlay);
    let conflict = &plan.conflicts[0];
    assert_eq!((conflict.at.as_str(), conflict.kind), ("invoice.subject.label", ConflictKind::BothChanged));
    assert_eq!(
        [&conflict.before, &conflict.now, &conflict.local],
        [&json!("Subject"), &json!("Topic"), &json!("Title")]
    );
    let open = resolve(&plan, &overlay, &BTreeMap::new()).expect_err("a choice is missing");
    assert_eq!(open[0].at, "invoice.subject.label");
    let local = resolve(&plan, &overlay, &chosen([("invoice.subject.label", Side::Local)])).expect("chosen");
    assert_eq!(local.overlay, overlay);
    let theirs =
        resolve(&plan, &overlay, &chosen([("invoice.subject.label", Side::Shipped)])).expect("chosen");
    assert_eq!(theirs.overlay, json!({}));
    let odd = resolve(
        &plan,
        &overlay,
        &chosen([("invoice.subject.label", Side::Local), ("invoice.x", Side::Local)]),
    );
    assert_eq!(odd.expect_err("a choice of nothing")[0].at, "invoice.x");
}

#[test]
fn what_both_changed_alike_is_no_conflict_and_is_said_once() {
    let now = shipped(json!({ "/objects/0/fields/0/label": "Title" }), json!({}));
    let overlay =
        json!({ "objects": [{ "extend": "invoice", "fields": [{ "name": "subject", "label": "Title" }] }] });
    let plan = plan(&before(), &now, &overlay);
    assert_eq!((plan.conflicts.len(), plan.stays.len()), (0, 0));
    assert_eq!(resolve(&plan, &overlay, &BTreeMap::new()).expect("nothing to decide").overlay, json!({}));
}

#[test]
fn a_changed_field_that_is_shipped_no_more_goes_or_becomes_ones_own() {
    let now = shipped(json!({ "/objects/0/fields": [{ "name": "note", "kind": "text" }] }), json!({}));
    let overlay =
        json!({ "objects": [{ "extend": "invoice", "fields": [{ "name": "subject", "label": "Title" }] }] });
    let plan = plan(&before(), &now, &overlay);
    assert_eq!(
        (plan.conflicts[0].at.as_str(), plan.conflicts[0].kind),
        ("invoice.subject", ConflictKind::Removed)
    );
    let gone = resolve(&plan, &overlay, &chosen([("invoice.subject", Side::Shipped)])).expect("chosen");
    assert_eq!((gone.overlay, gone.moves), (json!({}), vec![]));
    let kept = resolve(&plan, &overlay, &chosen([("invoice.subject", Side::Local)])).expect("chosen");
    let own = json!({ "name": "subject", "kind": "text", "label": "Title", "max": 200 });
    assert_eq!(kept.overlay, json!({ "objects": [{ "extend": "invoice", "fields": [own] }] }));
    assert_eq!(kept.moves, [Move::Keep { object: "invoice".into(), field: "subject".into() }]);
}

#[test]
fn a_field_that_is_shipped_now_takes_ones_own_values_over_or_leaves_them_under_another_name() {
    let field = json!({ "name": "colour", "kind": "select", "options": ["red"] });
    let now = shipped(
        json!({ "/objects/0/fields": [
        { "name": "subject", "kind": "text", "label": "Subject", "max": 200 }, { "name": "note", "kind": "text" }, field,
    ] }),
        json!({}),
    );
    let overlay = json!({ "objects": [{ "extend": "invoice", "search": ["subject", "colour"], "fields": [
        { "name": "colour", "kind": "text", "personal": false },
        { "name": "loud", "kind": "formula", "formula": "upperAscii(colour) + other_colour", "result": "text" },
    ] }] });
    let plan = plan(&before(), &now, &overlay);
    let conflict = &plan.conflicts[0];
    assert_eq!((conflict.at.as_str(), conflict.kind), ("invoice.colour", ConflictKind::SameName));
    assert_eq!(conflict.choices, [Side::Shipped, Side::Local], "both are kept as text");
    let adopted = resolve(&plan, &overlay, &chosen([("invoice.colour", Side::Shipped)])).expect("chosen");
    assert_eq!(adopted.moves, [Move::Adopt { object: "invoice".into(), field: "colour".into() }]);
    assert_eq!(adopted.overlay["objects"][0]["fields"].as_array().map(Vec::len), Some(1));
    let renamed = resolve(&plan, &overlay, &chosen([("invoice.colour", Side::Local)])).expect("chosen");
    let (object, from, to) = ("invoice".to_string(), "colour".to_string(), "colour_local".to_string());
    assert_eq!(renamed.moves, [Move::Rename { object, from, to }]);
    let invoice = &renamed.overlay["objects"][0];
    assert_eq!(invoice["fields"][0]["name"], "colour_local");
    assert_eq!(invoice["fields"][1]["formula"], "upperAscii(colour_local) + other_colour");
    assert_eq!(invoice["search"], json!(["subject", "colour_local"]));
}

#[test]
fn values_of_another_kind_are_not_taken_over() {
    let now = shipped(json!({ "/objects/0/fields/1/kind": "text" }), json!({}));
    let mut now = unkeyed(&now);
    now["objects"][0]["fields"]
        .as_array_mut()
        .expect("fields")
        .push(json!({ "name": "weight", "kind": "decimal" }));
    let overlay =
        json!({ "objects": [{ "extend": "invoice", "fields": [{ "name": "weight", "kind": "text" }] }] });
    let plan = plan(&before(), &keyed(&now), &overlay);
    assert_eq!(plan.conflicts[0].choices, [Side::Local]);
    let refused = resolve(&plan, &overlay, &chosen([("invoice.weight", Side::Shipped)]));
    assert!(refused.expect_err("not offered")[0].detail.contains("Their kinds differ"));
}

/// A pipeline is said whole by a workspace that changes it.
#[test]
fn a_stage_of_ones_own_stays_beside_the_stages_that_come() {
    let pipeline = |stages: Json| json!({ "pipelines": [{ "object": "invoice", "name": "sales", "field": "stage", "stages": stages }] });
    let stage = |name: &str, label: &str| json!({ "name": name, "label": label });
    let before = shipped(
        json!({}),
        pipeline(json!([stage("open", "Open"), stage("won", "Won"), stage("lost", "Lost")])),
    );
    let now = shipped(
        json!({}),
        pipeline(json!([
            stage("open", "New"),
            stage("won", "Gained"),
            stage("lost", "Lost"),
            stage("paused", "Paused")
        ])),
    );
    let overlay = pipeline(json!([
        stage("open", "Open"),
        stage("berthed", "Berthed"),
        stage("won", "Sold"),
        stage("lost", "Lost")
    ]));
    let plan = plan(&before, &now, &overlay);
    assert_eq!(names(plan.conflicts.iter().map(|c| &c.at)), ["pipelines.invoice.sales.stages.won.label"]);
    assert_eq!(names(plan.stays.iter().map(|s| &s.at)), ["pipelines.invoice.sales.stages.berthed"]);
    let choices = chosen([("pipelines.invoice.sales.stages.won.label", Side::Local)]);
    let merged = resolve(&plan, &overlay, &choices).expect("chosen").overlay;
    let wanted = pipeline(json!([
        stage("open", "New"),
        stage("berthed", "Berthed"),
        stage("won", "Sold"),
        stage("lost", "Lost"),
        stage("paused", "Paused"),
    ]));
    assert_eq!(merged, wanted);
}

#[test]
fn a_pipeline_that_the_workspace_left_alone_changes_without_it() {
    let pipeline = |label: &str| json!({ "pipelines": [{ "object": "invoice", "name": "sales", "label": label, "stages": [{ "name": label }] }] });
    let (before, now) = (shipped(json!({}), pipeline("Old")), shipped(json!({}), pipeline("New")));
    let plan = plan(&before, &now, &json!({}));
    assert_eq!((plan.brings.len(), plan.conflicts.len()), (3, 0), "{plan:?}");
    assert_eq!(resolve(&plan, &json!({}), &BTreeMap::new()).expect("nothing to decide").overlay, json!({}));
}

#[test]
fn rights_are_compared_by_role_and_object() {
    let roles =
        |read: &str| json!({ "roles": [{ "name": "clerk", "objects": { "invoice": { "read": read } } }] });
    let (before, now) = (shipped(json!({}), roles("own")), shipped(json!({}), roles("all")));
    let plan = plan(&before, &now, &roles("team"));
    assert_eq!(names(plan.conflicts.iter().map(|c| &c.at)), ["roles.clerk.objects.invoice.read"]);
}

#[test]
fn an_attribute_that_nobody_has_heard_of_is_compared_like_any_other() {
    let now = shipped(json!({ (format!("{SUBJECT}/glow")): { "colour": "red" } }), json!({}));
    let overlay = json!({ "objects": [{ "extend": "invoice", "fields": [{ "name": "subject", "glow": { "colour": "blue" } }] }] });
    let plan = plan(&before(), &now, &overlay);
    assert_eq!(names(plan.conflicts.iter().map(|c| &c.at)), ["invoice.subject.glow"]);
}

#[test]
fn a_tree_goes_back_to_what_it_was() {
    let overlay = json!({
        "objects": [{ "extend": "invoice", "unique": [["a", "b"]], "fields": [{ "name": "x", "kind": "select", "options": ["a", { "value": "b", "label": "B" }] }] }],
        "roles": [{ "name": "clerk", "permissions": ["*"], "objects": { "invoice": { "read": "all" } } }],
        "odd": { "deep": [1, 2] },
    });
    assert_eq!(unkeyed(&keyed(&overlay)), overlay);
}

#[test]
fn a_folder_says_what_the_workspace_said() {
    let overlay = json!({
        "objects": [
            { "extend": "invoice", "label": "Bill", "fields": [
                { "name": "weight", "kind": "decimal", "personal": false, "min": 0.5, "max": 12, "help": "kg \"net\"\nor so" },
                { "name": "paid", "kind": "money", "personal": false, "rollup": { "of": "payments", "function": "sum", "field": "amount" } },
            ] },
            { "name": "boat", "label": "Boat", "fields": [{ "name": "sail", "kind": "text", "personal": false, "help": null }] },
        ],
        "pipelines": [{ "object": "boat", "name": "refit", "label": "Refit", "field": "stage", "stages": [{ "name": "in" }, { "name": "out", "to": [] }] }],
        "roles": [{ "name": "clerk", "objects": { "boat": { "read": "all" } } }],
        "odd": true,
    });
    let defined = Defined { blueprints: vec!["sales".into(), "agency".into()], overlay: overlay.clone() };
    let files = to_files("acme", "Acme GmbH", &defined);
    let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "blueprint.toml",
            "objects/invoice.toml",
            "objects/boat.toml",
            "pipelines/boat_refit.toml",
            "roles.toml",
            "odd.toml"
        ]
    );
    let back = from_files(&files).expect("it is TOML");
    assert_eq!(back.blueprints, defined.blueprints);
    // What is null says nothing.
    let mut wanted = overlay;
    wanted["objects"][1]["fields"][0].as_object_mut().expect("a field").shift_remove("help");
    assert_eq!(back.overlay, wanted);
    assert_eq!(to_files("acme", "Acme GmbH", &back), files);
}
