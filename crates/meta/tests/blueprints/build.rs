//! Blueprints become a model.

use crate::common::{library, model};
use meta::{DefaultValue, Kind, OnDelete, Place, Reach, Unique};
use serde_json::json;

#[test]
fn an_object_gets_the_fields_of_the_engine() {
    let model = model(&[]);
    let deal = model.object("deal").unwrap();
    let names: Vec<&str> = deal.fields.keys().map(String::as_str).collect();
    assert_eq!(names.first(), Some(&"id"));
    let tail =
        ["location_id", "created_at", "created_by", "updated_at", "updated_by", "archived_at", "version"];
    assert_eq!(names[names.len() - 7..], tail);
    assert_eq!(deal.table, "data.deals");
    assert_eq!(model.object("member").unwrap().table, "kontor.members");
    assert!(!model.object("member").unwrap().fields.contains_key("archived_at"));
    assert_eq!(model.by_plural("deals").unwrap().name, "deal");
    assert!(deal.fields["created_at"].system);
    assert!(!deal.fields["location_id"].read_only);
}

#[test]
fn a_part_knows_its_whole() {
    let model = model(&[]);
    let line = model.object("deal_line").unwrap();
    let whole = line.fields["deal_id"].reference.as_ref().unwrap();
    assert_eq!(
        (whole.to.as_str(), whole.on_delete, whole.inverse.as_str()),
        ("deal", OnDelete::Cascade, "lines")
    );
    assert_eq!(line.fields["position"].kind, Kind::Counter);
    assert!(!line.archivable);
    assert_eq!(model.object("deal").unwrap().fields["lines"].place, Place::None);
}

#[test]
fn relations_are_known_from_both_ends() {
    let model = model(&[]);
    let names = |object: &str| -> Vec<(String, String, Option<String>)> {
        let inverses = &model.object(object).unwrap().inverses;
        inverses
            .iter()
            .map(|i| (i.name.clone(), i.object.clone(), i.through.as_ref().map(|t| t.object.clone())))
            .collect()
    };
    let one = |name: &str, object: &str, through: Option<&str>| {
        (name.to_string(), object.to_string(), through.map(String::from))
    };
    assert_eq!(names("client"), [one("contacts", "contact", None), one("deals", "deal", None)]);
    let of_deal = [
        one("deal_contacts", "deal_contact", None),
        one("lines", "deal_line", None),
        one("contacts", "deal_contact", Some("contact")),
    ];
    assert_eq!(names("deal"), of_deal);
    assert_eq!(names("member"), []);
    assert_eq!(names("location"), [one("deals", "deal", None)]);
}

#[test]
fn the_pair_of_a_link_is_unique() {
    let model = model(&[]);
    assert_eq!(model.object("deal_contact").unwrap().unique[0].fields, ["deal_id", "contact_id"]);
}

#[test]
fn stages_are_the_options_of_their_field() {
    let model = model(&[]);
    let stage = &model.object("deal").unwrap().fields["stage"];
    let options: Vec<&str> = stage.options.iter().map(|o| o.value.as_str()).collect();
    assert_eq!(options, ["open", "won", "lost"]);
    assert_eq!(stage.default, Some(DefaultValue::Fixed(json!("open"))));
}

#[test]
fn labels_are_made_where_none_is_said() {
    let model = model(&["yard"]);
    let deal = model.object("deal").unwrap();
    assert_eq!(deal.fields["client_id"].label, "Client");
    assert_eq!(deal.fields["lost_reason"].label, "Lost reason");
    assert_eq!(deal.fields["location_id"].label, "Port");
    assert_eq!((deal.label.as_str(), deal.label_plural.as_str()), ("Deal", "Deals"));
    assert_eq!(model.location_label_plural, "Ports");
}

#[test]
fn who_owns_a_record_is_known_without_saying() {
    let model = model(&[]);
    assert_eq!(model.object("client").unwrap().reach.own, ["owner_id"]);
    assert_eq!(model.object("deal").unwrap().reach.own, ["created_by"]);
}

#[test]
fn rights_are_expanded() {
    let model = model(&[]);
    let agent = &model.roles["agent"];
    assert_eq!(agent.permissions, ["clients.view"]);
    let deal = &agent.objects["deal"];
    assert_eq!((deal.read, deal.update, deal.delete), (Reach::Assigned, Reach::Assigned, Reach::None));
    assert_eq!(deal.hidden, ["probability"]);
    // An entry that only cuts fields keeps what the permission and `*` give.
    assert_eq!((agent.objects["client"].read, agent.objects["client"].update), (Reach::All, Reach::None));
    assert_eq!(agent.objects["client"].hidden, ["credit"]);
    // The further reach wins over the permission's `own`.
    assert_eq!(agent.objects["contact"].read, Reach::All);
    assert_eq!(agent.objects["location"].read, Reach::All);
    // Parts follow their whole, links their first end.
    assert_eq!(agent.objects["deal_line"].update, Reach::Assigned);
    assert_eq!(agent.objects["deal_contact"].delete, Reach::None);
    assert_eq!(agent.objects["deal_contact"].read, Reach::Assigned);
    assert!(model.roles["boss"].super_admin);
    assert_eq!(model.roles["boss"].permissions, ["clients.view", "deals.move"]);
}

#[test]
fn a_trade_changes_what_it_builds_on() {
    let model = model(&["yard"]);
    let client = model.object("client").unwrap();
    assert_eq!(model.blueprints, ["core", "yard"]);
    assert_eq!(client.label, "Owner");
    assert!(client.fields["email"].required);
    assert!(client.fields.contains_key("boat"));
    assert!(!client.fields.contains_key("credit"));
    assert!(model.roles["agent"].objects["client"].hidden.is_empty());
    assert_eq!(client.fields["name"].unique, Unique::Workspace);
}

#[test]
fn a_trade_leaves_out_objects_and_what_hangs_on_them() {
    let model = model(&["shop"]);
    assert!(model.object("contact").is_err());
    assert!(model.object("deal_contact").is_err());
    assert!(model.by_plural("contacts").is_err());
    let pipelines: Vec<&str> =
        model.object("deal").unwrap().pipelines.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(pipelines, ["shop"]);
}

#[test]
fn with_two_trades_only_what_both_leave_out_is_gone() {
    let model = model(&["shop", "yard"]);
    assert_eq!(model.blueprints, ["core", "shop", "yard"]);
    assert!(model.object("contact").is_ok());
    assert!(model.object("client").unwrap().fields.contains_key("credit"));
}

#[test]
fn the_union_holds_every_column_and_asks_for_none_of_a_trade() {
    let union = library().union();
    let client = union.object("client").unwrap();
    assert!(client.fields.contains_key("boat") && client.fields.contains_key("credit"));
    assert!(!client.fields["email"].required);
    assert!(client.fields["name"].required);
    assert!(union.object("contact").is_ok());
}

#[test]
fn a_workspace_adds_fields_of_its_own() {
    let overlay = json!({
        "objects": [{
            "extend": "client",
            "fields": [
                { "name": "nickname", "kind": "text", "personal": true, "indexed": true },
                { "name": "status", "options": ["active", "asleep"] },
            ],
        }],
        "roles": [{ "name": "guest", "objects": { "client": { "read": "own" } } }],
    });
    let model = library().model(&["yard"], Some(&overlay)).unwrap();
    let client = model.object("client").unwrap();
    assert_eq!(client.fields["nickname"].place, Place::Custom);
    assert!(client.fields["nickname"].indexed);
    assert_eq!(client.fields["status"].options[1].value, "asleep");
    assert_eq!(model.roles["guest"].objects["client"].read, Reach::Own);
    assert!(!model.roles["guest"].system);
    assert!(model.roles["agent"].system);
}

#[test]
fn an_overlay_is_checked_like_a_blueprint() {
    let faults = |overlay: serde_json::Value| {
        crate::common::told(&library().model(&[], Some(&overlay)).map(|_| ()).unwrap_err())
    };
    let unknown = json!({ "objects": [{ "extend": "client", "feilds": [] }] });
    assert!(faults(unknown).contains("Did you mean `fields`?"));
    let parts = json!({ "objects": [{ "extend": "client", "fields": [
        { "name": "rows", "kind": "parts", "of": "deal_line", "personal": false }] }] });
    assert!(faults(parts).contains("A workspace's own field cannot be a part list"));
    let default = json!({ "objects": [{ "extend": "client", "fields": [
        { "name": "size", "kind": "integer", "default": "big", "personal": false }] }] });
    assert!(faults(default).contains("The default does not fit"));
    let role = json!({ "roles": [{ "name": "guest", "objects": { "clint": { "read": "own" } } }] });
    assert!(faults(role).contains("Did you mean `client`?"));
    let object =
        json!({ "objects": [{ "name": "boat", "plural": "boats", "part_of": "client", "fields": [] }] });
    assert!(faults(object).contains("An object of one's own has no `part_of`"));
}

#[test]
fn an_unknown_blueprint_is_told() {
    let faults = library().model(&["yrad"], None).unwrap_err();
    assert_eq!(
        faults[0].to_string(),
        "workspace:0: `blueprints`: There is no blueprint `yrad`. Did you mean `yard`?"
    );
}
