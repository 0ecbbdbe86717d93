//! What is wrong with a blueprint is told with file, line, key and what would be right.

use crate::common::{broken, files, library, told};
use meta::Library;

#[track_caller]
fn says(path: &str, from: &str, to: &str, wanted: &str) {
    let told = broken(path, from, to);
    assert!(told.lines().any(|l| l.contains(wanted)), "\n{told}\n  does not say\n{wanted}");
}

const CLIENT: &str = "core/objects/client.toml";
const DEAL: &str = "core/objects/deal.toml";

#[test]
fn the_sound_files_have_no_faults() {
    library();
}

#[test]
fn unknown_keys_and_kinds_are_answered_with_the_right_ones() {
    says(
        CLIENT,
        "title =",
        "titel =",
        "core/objects/client.toml:3: `titel`: There is no key `titel` here. Did you mean `title`?",
    );
    says(
        CLIENT,
        "\"email\"\npersonal",
        "\"e-mail\"\npersonal",
        "`fields.email.kind`: `e-mail` is not known here. Did you mean `email`?",
    );
    says(CLIENT, "required = true", "requird = true", "client.toml:11: `fields.name.requird`");
    says(CLIENT, "min = 0", "min = \"0\"", "This is a text; a number is asked for.");
    says("core/pipelines/deal.toml", "\"slate\"", "\"grey\"", "Did you mean `gray`?");
    says(
        "core/pipelines/deal.toml",
        "filled =",
        "fild =",
        "One of `filled`, `any_filled`, `when`, `related` belongs here.",
    );
    says("core/roles.toml", "full = \"assigned\"", "full = \"some\"", "`some` is not known here. There is: ");
    says(CLIENT, "kind = \"email\"", "kind = \"id\"", "`id` is not known here.");
}

#[test]
fn every_fault_is_told_at_once() {
    let mut files = files();
    for (path, from, to) in [
        (CLIENT, "title = \"name\"", "title = \"nam\""),
        (DEAL, "to = \"client\"", "to = \"cleint\""),
        ("core/roles.toml", "clients.*", "client.*"),
        ("core/views/deal.toml", "label =", "labl ="),
    ] {
        let file = files.iter_mut().find(|(p, _)| p == path).unwrap();
        file.1 = file.1.replacen(from, to, 1);
    }
    let faults = Library::parse(&files).unwrap_err();
    for wanted in ["has no field `nam`", "no object `cleint`", "no right `client.*`", "no key `labl`"] {
        assert!(faults.iter().any(|f| f.detail.contains(wanted)), "{wanted}\n{}", told(&faults));
    }
}

#[test]
fn toml_that_is_none_is_told_with_its_line() {
    says(CLIENT, "kind = \"email\"", "kind = \"email", "client.toml:17: This is not TOML");
}

#[test]
fn every_field_says_whether_it_is_personal() {
    says(
        CLIENT,
        "kind = \"email\"\npersonal = true",
        "kind = \"email\"",
        "client.toml:15: `fields.email.personal`: Say whether `email` is data about a natural person.",
    );
}

#[test]
fn references_lead_somewhere_and_say_what_deleting_does() {
    says(
        DEAL,
        "to = \"client\"",
        "to = \"cleint\"",
        "deal.toml:17: `fields.client_id.to`: There is no object `cleint`. Did you mean `client`?",
    );
    says(DEAL, "on_delete = \"restrict\"", "", "`on_delete` is missing");
    says(
        DEAL,
        "on_delete = \"restrict\"",
        "on_delete = \"set_null\"",
        "A required reference cannot be set to null.",
    );
    says(CLIENT, "owner_id", "owner", "A field of this kind ends in `_id`: `owner_id`.");
    says(
        CLIENT,
        "kind = \"user\"",
        "kind = \"user\"\nmany = true",
        "A field of this kind ends in `_ids`: `owner_ids`.",
    );
    says(
        "core/objects/contact.toml",
        "fields = [",
        "fields = [ { name = \"boss_id\", kind = \"reference\", to = \"client\", on_delete = \"restrict\", personal = false },",
        "On `client` this relation is called `contacts`, which is `contact.boss_id` already. Name it, for example `inverse = \"client_contacts\"`.",
    );
}

#[test]
fn parts_and_wholes_agree() {
    says(
        "core/objects/deal_line.toml",
        "part_of = \"deal\"",
        "part_of = \"client\"",
        "`client` has no field that lists these parts.",
    );
    says("core/objects/deal_line.toml", "part_of = \"deal\"", "", "`deal_line` is no part of `deal`.");
    says(
        DEAL,
        "of = \"deal_line\"",
        "of = \"deal_lines\"",
        "There is no object `deal_lines`. Did you mean `deal_line`?",
    );
    says(
        "core/objects/deal_line.toml",
        "part_of",
        "archive = true\npart_of",
        "Parts are archived with their whole",
    );
}

#[test]
fn links_have_two_ends() {
    let path = "core/objects/deal_contact.toml";
    says(path, "\"cascade\"", "\"restrict\"", "The end `deal_id` of a link must be a reference");
    says(
        path,
        "link = [\"deal_id\", \"contact_id\"]",
        "link = [\"deal_id\", \"person_id\"]",
        "`deal_contact` has no field `person_id`.",
    );
}

#[test]
fn values_of_a_field_agree() {
    says(CLIENT, "\"lost\"", "\"active\"", "The option `active` is there twice.");
    says(
        CLIENT,
        "options = [\"active\", { value = \"lost\", color = \"red\" }]",
        "options = []",
        "has no options and no pipeline",
    );
    says(CLIENT, "color = \"red\"", "color = \"rde\"", "`rde` is no colour of Kontor. Did you mean `red`?");
    says(
        CLIENT,
        "default = \"active\"",
        "default = \"activ\"",
        "The default does not fit: Status has no option “activ”.",
    );
    says(DEAL, "\"@today\"", "\"@now\"", "`@now` is for date-times.");
    says(CLIENT, "min = 0", "min = 5\nmax = 1", "`min` (5) is above `max` (1).");
    says(CLIENT, "kind = \"email\"", "kind = \"email\"\npattern = \"(\"", "This pattern does not compile");
    says(
        CLIENT,
        "kind = \"email\"",
        "kind = \"email\"\nto = \"client\"",
        "`to` means nothing on a field of kind `email`.",
    );
    says(CLIENT, "unique = \"workspace\"", "unique = \"location\"", "`client` has no locations");
    says(DEAL, "D-{year}-{seq:4}", "D-{yaer}-{seq:4}", "`{yaer}` is not known");
    says(DEAL, "D-{year}-{seq:4}", "D-{year}", "needs `{seq}`");
    says(
        DEAL,
        "name = \"number\"\nkind = \"auto_number\"",
        "name = \"number\"\nkind = \"auto_number\"\nnot_in = [\"opn\"]",
        "has a stage `opn`. Did you mean `open`?",
    );
}

#[test]
fn names_are_free() {
    says(DEAL, "name = \"lost_reason\"", "name = \"order\"", "`order` is a word of the engine");
    says(DEAL, "name = \"lost_reason\"", "name = \"created_at\"", "`created_at` is a word of the engine");
    says(
        DEAL,
        "name = \"lost_reason\"",
        "name = \"client\"",
        "It is embedded as `client`, which is the field `client` already.",
    );
    says(DEAL, "name = \"lost_reason\"", "name = \"amount\"", "There are two fields called `amount`.");
    says(DEAL, "name = \"lost_reason\"", "name = \"lostReason\"", "is not snake_case");
    says(DEAL, "plural = \"deals\"", "plural = \"clients\"", "is called `clients` in the plural already.");
    says(DEAL, "plural = \"deals\"", "plural = \"search\"", "is a fixed route");
    let long = "a".repeat(60);
    says(
        DEAL,
        "name = \"lost_reason\"",
        &format!("name = \"{long}\""),
        "letters too long for one constraint",
    );
}

#[test]
fn keys_of_an_object_name_fields_that_exist() {
    says(
        CLIENT,
        "title = \"name\"",
        "title = \"nmae\"",
        "client.toml:3: `title`: `client` has no field `nmae`. Did you mean `name`?",
    );
    says(CLIENT, "[\"name\", \"email\"]\nclient", "[\"name\", \"credit\"]\nclient", "`credit` is no text");
    says(
        DEAL,
        "client.owner_id",
        "client.ownr_id",
        "`client` has no field `ownr_id`. Did you mean `owner_id`?",
    );
    says(
        DEAL,
        "client.owner_id",
        "cleint.owner_id",
        "`deal` has no reference `cleint`. Did you mean `client`?",
    );
    says(DEAL, "client.owner_id", "client.name", "does not hold members");
    says(DEAL, "client = \"client_id\"", "client = \"amount\"", "does not refer to a client");
    says(CLIENT, "[[\"name\", \"email\"]]", "[[\"name\", \"mail\"]]", "`client` has no field `mail`.");
}

#[test]
fn pipelines_name_what_exists() {
    let path = "core/pipelines/deal.toml";
    says(path, "object = \"deal\"", "object = \"deel\"", "There is no object `deel`. Did you mean `deal`?");
    says(path, "field = \"stage\"", "field = \"stag\"", "`deal` has no field `stag`. Did you mean `stage`?");
    says(path, "field = \"stage\"", "field = \"name\"", "`name` is no select");
    says(
        path,
        "permission = \"deals.move\"",
        "permission = \"deals.mov\"",
        "There is no right `deals.mov`. Did you mean `deals.move`?",
    );
    says(
        path,
        "to = [\"won\", \"lost\"]",
        "to = [\"won\", \"last\"]",
        "deal.toml:10: `stages.open.to.2`: There is no stage `last` in this pipeline. Did you mean `lost`?",
    );
    says(
        path,
        "assigned_to = \"agent\"",
        "assigned_to = \"agnt\"",
        "There is no role `agnt`. Did you mean `agent`?",
    );
    says(path, "filled = \"lost_reason\"", "filled = \"lost_reson\"", "Did you mean `lost_reason`?");
    says(
        path,
        "related = \"contacts\"",
        "related = \"contact\"",
        "`deal` has no to-many relation `contact`. Did you mean `contacts`?",
    );
    says(
        path,
        "filter = \"name=not",
        "filter = \"nam=not",
        "`contact` has no field `nam`. Did you mean `name`?",
    );
    says(
        path,
        "when = \"amount > 0\"",
        "when = \"amont > 0\"",
        "`stages.won.gates.1.when`: `deal` has no field `amont`. Did you mean `amount`?",
    );
    says(
        path,
        "when = \"amount > 0\"",
        "when = \"amount > 'a'\"",
        "`>` does not go with a number and a text.",
    );
    says(
        path,
        "when = \"amount > 0\"",
        "when = \"amount + 1\"",
        "A condition gives true or false; this gives a number.",
    );
    says(path, "when = \"amount > 0\"", "when = \"amount >\"", "This is not CEL (at character ");
    says(path, "name = \"lost\"", "name = \"won\"", "The stage `won` is there twice.");
}

#[test]
fn formulas_are_checked() {
    says(
        DEAL,
        "amount * probability",
        "amount * probabilty",
        "deal.toml:35: `fields.expected.formula`: `deal` has no field `probabilty`. Did you mean `probability`?",
    );
    says(DEAL, "amount * probability", "name * probability", "`*` does not go with a text and a number.");
    says(
        DEAL,
        "result = \"money\"",
        "result = \"date\"",
        "`result` says a date, the formula gives a number.",
    );
    says(
        DEAL,
        "amount * probability",
        "expected * probability",
        "These formulas use each other in a circle: `expected`.",
    );
}

#[test]
fn rights_name_what_exists() {
    says(
        "core/permissions.toml",
        "client:read",
        "clint:read",
        "There is no object `clint`. Did you mean `client`?",
    );
    says("core/permissions.toml", "client:read", "client:raed", "`raed` is no action. Did you mean `read`?");
    says("core/permissions.toml", "client:read", "client:read=mine", "`mine` is no reach.");
    says("core/permissions.toml", "clients.view", "clients", "is not `resource.action`");
    says(
        "core/roles.toml",
        "clients.*",
        "client.*",
        "roles.toml:7: `roles.agent.permissions.1`: There is no right `client.*`.",
    );
    says(
        "core/roles.toml",
        "roles.objects.deal",
        "roles.objects.deel",
        "There is no object `deel`. Did you mean `deal`?",
    );
    says("core/roles.toml", "\"probability\"", "\"probabilty\"", "Did you mean `probability`?");
}

#[test]
fn views_name_what_exists() {
    let path = "core/views/deal.toml";
    says(
        path,
        "\"client_id\"",
        "\"client\"",
        "`deal` has no field `client`. The field is called `client_id`.",
    );
    says(path, "in.(open", "in.(opne", "`stage` has no option `opne`. Did you mean `open`?");
    says(path, "amount.gte", "amount.gtee", "is not `field.operator.value`");
    says(path, "stage=in", "stage=inn", "`inn` is no operator. Did you mean `in`?");
    says(path, "client.status.eq.active", "client.state.eq.active", "`client` has no field `state`.");
    says(path, "close_date.desc", "close_date.dess", "`dess` is not known in an order. Did you mean `desc`?");
    says(path, "object = \"deal\"", "object = \"deal\"\nkind = \"board\"", "A board needs `group_by`.");
    says(
        path,
        "object = \"deal\"",
        "object = \"deal\"\nkind = \"calendar\"\nstart = \"name\"",
        "`name` is neither a date nor a date-time.",
    );
}

#[test]
fn sample_data_fits_the_model() {
    let path = "core/demo/demo.toml";
    says(path, "role = \"agent\"", "role = \"agnt\"", "There is no role `agnt`. Did you mean `agent`?");
    says(
        path,
        "fake = \"company\"",
        "fake = \"compny\"",
        "`compny` is not known here. Did you mean `company`?",
    );
    says(path, "[\"lost\", 1]", "[\"gone\", 1]", "Status has no option “gone”.");
    says(path, "money = [1000, 50000]", "fake = \"word\"", "`amount` is a money; this does not make one.");
    says(path, "ref = \"client\"", "ref = \"contact\"", "`client_id` does not refer to `contact`.");
    says(path, "client_id = { ref = \"client\" }", "", "`deal` also needs `client_id`.");
    says(path, "quantity = { integer", "quantty = { integer", "Did you mean `quantity`?");
    says(path, "name = { fake", "nam = { fake", "`client` also needs `name`.");
    says(path, "close_date = { date", "number = { date", "`number` is set by Kontor.");
}

#[test]
fn entities_have_homes_that_exist() {
    says("core/entities.toml", "object:deal", "object:deel", "Did you mean `deal`?");
    says("core/entities.toml", "object:deal", "part:deal", "`deal` is no part of anything.");
    says(
        "core/entities.toml",
        "object:deal",
        "engine:sesions",
        "The engine has no table `sesions`. Did you mean `sessions`?",
    );
    says("core/entities.toml", "object:deal", "field:deal.foo", "`deal` has no field `foo`.");
}

#[test]
fn two_trades_agree_about_a_shared_column() {
    says(
        "shop/objects/client.toml",
        "kind = \"text\"",
        "kind = \"integer\"",
        "`boat` is of kind `integer` in shop/objects/client.toml",
    );
}

#[test]
fn an_overlay_changes_only_what_it_may() {
    let path = "yard/objects/client.toml";
    says(
        path,
        "extend = \"client\"",
        "extend = \"clint\"",
        "There is no object `clint`. Did you mean `client`?",
    );
    says(path, "label = \"Owner\"", "plural = \"owners\"", "`plural` cannot be changed by an overlay");
    says(
        path,
        "required = true",
        "personal = false",
        "An overlay cannot change `personal` of the known field `email`.",
    );
    says(path, "[\"credit\"]", "[\"credits\"]", "`client` has no field `credits`. Did you mean `credit`?");
    says(
        "shop/blueprint.toml",
        "\"contact\"",
        "\"contct\"",
        "There is no object `contct`. Did you mean `contact`?",
    );
}

#[test]
fn what_a_trade_leaves_out_may_not_be_needed() {
    let told = broken("yard/blueprint.toml", "location_label", "exclude = [\"contact\"]\nlocation_label");
    let wanted = "core/pipelines/deal.toml:20: `stages.won.gates.2.related`: `deal` has no to-many relation `contacts`.";
    assert!(told.contains(wanted) && told.contains("As `yard` sees it"), "{told}");
}
