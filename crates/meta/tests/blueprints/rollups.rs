//! Rollups: what is refused, and in which order those that stand on each other are computed.
use crate::common::{broken, files, told};
use meta::{Library, Watch};

const CLIENT: &str = "core/objects/client.toml";
const CREDIT: &str = "kind = \"money\"\npersonal = false\nmin = 0";

#[track_caller]
fn says(rollup: &str, wanted: &str) {
    let told = broken(CLIENT, CREDIT, &format!("kind = \"money\"\npersonal = false\nrollup = {rollup}"));
    assert!(told.contains(wanted), "\n{told}\n  does not say\n{wanted}");
}

#[test]
fn a_rollup_goes_over_a_relation_that_is_there_and_holds_what_it_can() {
    says(
        r#"{ of = "deal", function = "sum", field = "amount" }"#,
        "no to-many relation `deal`. Did you mean `deals`?",
    );
    says(
        r#"{ of = "deals", function = "sum", field = "amout" }"#,
        "`deal` has no field `amout`. Did you mean `amount`?",
    );
    says(r#"{ of = "deals", function = "sum" }"#, "`field` is missing: of what?");
    says(r#"{ of = "deals", function = "sum", field = "name" }"#, "cannot hold this of `name`");
    says(r#"{ of = "deals", function = "count" }"#, "`count` gives an integer.");
    says(r#"{ of = "deals", function = "total", field = "amount" }"#, "`total` is not known here.");
    says(r#"{ of = "deals", function = "max", field = "amount", order = "name" }"#, "`order` is for `last`.");
}

#[test]
fn a_condition_that_would_grow_old_is_refused() {
    let with = |filter: &str| {
        format!("{{ of = \"deals\", function = \"sum\", field = \"amount\", where = \"{filter}\" }}")
    };
    says(&with("stagee=eq.won"), "`deal` has no field `stagee`");
    says(&with("created_at=gte.today-30"), "`today-30` changes without a write");
    says(&with("client.name=eq.x"), "`client.name` lies in another record");
    says(&with("or=(amount.gt.1,client.name.eq.x)"), "`client.name` lies in another record");
}

#[test]
fn rollups_that_read_each_other_are_told() {
    let mut all = files();
    let file = all.iter_mut().find(|(p, _)| p == CLIENT).expect("the client");
    file.1 = file.1.replace(CREDIT, "kind = \"money\"\npersonal = false\nrollup = { of = \"clients\", function = \"sum\", field = \"credit\" }");
    file.1.push_str("\n[[fields]]\nname = \"parent_id\"\nkind = \"reference\"\npersonal = false\nto = \"client\"\non_delete = \"set_null\"\n");
    let faults = Library::parse(&all).expect_err("a circle");
    assert!(told(&faults).contains("It reads itself: client.credit."), "{}", told(&faults));
}

#[test]
fn a_workspace_may_add_rollups_and_each_comes_after_those_it_reads() {
    let library = Library::parse(&files()).expect("sound files");
    let overlay = serde_json::json!({ "objects": [
        { "extend": "client", "fields": [
            { "name": "worth", "kind": "formula", "personal": false, "result": "money", "formula": "won + 1" },
            { "name": "won", "kind": "money", "personal": false,
              "rollup": { "of": "deals", "function": "sum", "field": "amount", "where": "name=like.*x*" } },
        ] },
    ] });
    let model = library.model(&["core"], Some(&overlay)).expect("a model");
    assert_eq!(model.rollups, [("client".to_string(), vec!["won".to_string()])]);
    assert_eq!(model.objects["client"].derived, ["worth", "won"]);
    assert!(model.objects["client"].fields["won"].read_only);
    let reads = ["amount", "archived_at", "name"].map(String::from).to_vec();
    let (object, rollup, by) = ("client".into(), "won".into(), "client_id".into());
    assert_eq!(model.objects["deal"].watches, [Watch { object, rollup, by, reads }]);
}
