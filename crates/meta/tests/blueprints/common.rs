//! A small `core` and a trade to break in one place.
use meta::{Fault, Library, Model};

pub const CORE: &[(&str, &str)] = &[
    ("core/blueprint.toml", "name = \"core\"\nlabel = \"Core\"\n"),
    (
        "core/objects/client.toml",
        r#"name = "client"
plural = "clients"
title = "name"
search = ["name", "email"]
client = "id"
unique = [["name", "email"]]

[[fields]]
name = "name"
kind = "text"
required = true
personal = true
unique = "workspace"

[[fields]]
name = "email"
kind = "email"
personal = true

[[fields]]
name = "owner_id"
kind = "user"
personal = false

[[fields]]
name = "status"
kind = "select"
personal = false
options = ["active", { value = "lost", color = "red" }]
default = "active"

[[fields]]
name = "credit"
kind = "money"
personal = false
min = 0
"#,
    ),
    (
        "core/objects/contact.toml",
        r#"name = "contact"
plural = "contacts"
fields = [
    { name = "name", kind = "text", personal = true },
    { name = "client_id", kind = "reference", to = "client", on_delete = "set_null", personal = false },
]
"#,
    ),
    (
        "core/objects/deal.toml",
        r#"name = "deal"
plural = "deals"
scope = "location"
client = "client_id"
assigned = ["client.owner_id"]

[[fields]]
name = "name"
kind = "text"
personal = false

[[fields]]
name = "client_id"
kind = "reference"
required = true
personal = false
to = "client"
on_delete = "restrict"

[[fields]]
name = "amount"
kind = "money"
personal = false

[[fields]]
name = "probability"
kind = "percent"
personal = false

[[fields]]
name = "expected"
kind = "formula"
result = "money"
personal = false
formula = "amount * probability / 100"

[[fields]]
name = "stage"
kind = "select"
personal = false

[[fields]]
name = "lost_reason"
kind = "text"
personal = false

[[fields]]
name = "close_date"
kind = "date"
personal = false
default = "@today"

[[fields]]
name = "number"
kind = "auto_number"
personal = false
format = "D-{year}-{seq:4}"

[[fields]]
name = "lines"
kind = "parts"
of = "deal_line"
personal = false
"#,
    ),
    (
        "core/objects/deal_line.toml",
        r#"name = "deal_line"
plural = "deal_lines"
part_of = "deal"
fields = [
    { name = "quantity", kind = "decimal", personal = false, required = true },
    { name = "price", kind = "money", personal = false },
]
"#,
    ),
    (
        "core/objects/deal_contact.toml",
        r#"name = "deal_contact"
plural = "deal_contacts"
link = ["deal_id", "contact_id"]
fields = [
    { name = "deal_id", kind = "reference", to = "deal", on_delete = "cascade", required = true, personal = false },
    { name = "contact_id", kind = "reference", to = "contact", on_delete = "cascade", required = true, personal = false },
    { name = "role", kind = "text", personal = false },
]
"#,
    ),
    (
        "core/objects/location.toml",
        r#"name = "location"
plural = "locations"
fields = [{ name = "name", kind = "text", required = true, personal = false }]
"#,
    ),
    (
        "core/objects/member.toml",
        r#"name = "member"
plural = "members"
engine = true
archive = false
fields = [{ name = "name", kind = "text", required = true, personal = true }]
"#,
    ),
    (
        "core/pipelines/deal.toml",
        r#"object = "deal"
name = "sales"
label = "Sales"
field = "stage"
permission = "deals.move"

[[stages]]
name = "open"
color = "slate"
to = ["won", "lost"]

[[stages]]
name = "won"
outcome = "won"
[[stages.gates]]
when = "amount > 0"
message = "A won deal needs an amount."
field = "amount"
[[stages.gates]]
related = "contacts"
filter = "name=not.is.null"
message = "A won deal needs a contact."

[[stages]]
name = "lost"
outcome = "lost"
assigned_to = "agent"
[[stages.gates]]
filled = "lost_reason"
"#,
    ),
    (
        "core/permissions.toml",
        r#"[[permissions]]
name = "clients.view"
grants = ["client:read", "contact:read=own"]

[[permissions]]
name = "deals.move"
"#,
    ),
    (
        "core/roles.toml",
        r#"[[roles]]
name = "boss"
super_admin = true

[[roles]]
name = "agent"
permissions = ["clients.*"]
[roles.objects.deal]
full = "assigned"
delete = "none"
hidden = ["probability"]
[roles.objects.client]
hidden = ["credit"]
[roles.objects.contact]
read = "all"
[roles.objects."*"]
read = "all"
"#,
    ),
    (
        "core/views/deal.toml",
        r#"[[views]]
name = "open_deals"
object = "deal"
label = "Open deals"
columns = ["name", "client_id", "client.name", "amount"]
filter = "stage=in.(open,won)&or=(amount.gte.100,client.status.eq.active)"
order = "close_date.desc.nullslast,id"
default = true
"#,
    ),
    (
        "core/demo/demo.toml",
        r#"seed = 7
today = "2025-11-21"
[[members]]
name = "Ada"
email = "ada@demo.local"
role = "agent"
[[locations]]
fields = { name = "Port Nimara" }
[[records]]
object = "client"
count = 10
[records.fields]
name = { fake = "company" }
status = { pick = [["active", 5], ["lost", 1]] }
owner_id = { member = ["agent"] }
[[records]]
object = "deal"
[records.fields]
client_id = { ref = "client" }
amount = { money = [1000, 50000] }
close_date = { date = [-10, 10] }
lines = { parts = [1, 3], fields = { quantity = { integer = [1, 9] } } }
"#,
    ),
    (
        "core/entities.toml",
        r#"[[entities]]
spec = "S3-001"
entity = "deals"
home = "object:deal"
"#,
    ),
    (
        "yard/blueprint.toml",
        "name = \"yard\"\nlabel = \"Yard\"\nrequires = [\"core\"]\nlocation_label = \"Port\"\n",
    ),
    (
        "yard/objects/client.toml",
        r#"extend = "client"
label = "Owner"
exclude_fields = ["credit"]

[[fields]]
name = "boat"
kind = "text"
personal = false

[[fields]]
name = "email"
required = true
"#,
    ),
    (
        "shop/blueprint.toml",
        "name = \"shop\"\nlabel = \"Shop\"\nrequires = [\"core\"]\nexclude = [\"contact\"]\n",
    ),
    (
        "shop/objects/client.toml",
        r#"extend = "client"
[[fields]]
name = "boat"
kind = "text"
personal = false
"#,
    ),
    (
        "shop/pipelines/deal.toml",
        "object = \"deal\"\nname = \"shop\"\nlabel = \"Shop\"\nfield = \"stage\"\n[[stages]]\nname = \"asked\"\n[[stages]]\nname = \"open\"\n[[stages]]\nname = \"won\"\n",
    ),
];

pub fn files() -> Vec<(String, String)> {
    CORE.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect()
}

pub fn library() -> Library {
    Library::parse(&files()).unwrap_or_else(|faults| panic!("{}", told(&faults)))
}

pub fn model(blueprints: &[&str]) -> Model {
    library().model(blueprints, None).unwrap_or_else(|faults| panic!("{}", told(&faults)))
}

/// The faults of the files in which one passage is replaced.
pub fn broken(path: &str, from: &str, to: &str) -> String {
    let mut files = files();
    let file = files.iter_mut().find(|(p, _)| p == path).unwrap_or_else(|| panic!("there is no {path}"));
    assert!(file.1.contains(from), "{path} does not contain {from}");
    file.1 = file.1.replacen(from, to, 1);
    match Library::parse(&files) {
        Ok(_) => "no faults".into(),
        Err(faults) => told(&faults),
    }
}

pub fn told(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}
