//! A small model with one of everything that the planner knows, its tables, and people with rights of every reach.
use kernel::{Uuid, Value};
use meta::*;
use policy::{Actor, Assignment};
use std::fmt::Write;
use std::sync::Arc;

pub const WORKSPACE: Uuid = Uuid::from_u128(1);
pub const ME: Uuid = Uuid::from_u128(0xa1);
pub const COLLEAGUE: Uuid = Uuid::from_u128(0xa2);
pub const HARBOUR: Uuid = Uuid::from_u128(0xb1);
pub const CITY: Uuid = Uuid::from_u128(0xb2);
pub const ACME: Uuid = Uuid::from_u128(0xc1);

pub fn model() -> Model {
    let mut model = Model::default();
    for object in [location(), member(), client(), contact(), order(), order_line(), order_contact(), memo()]
    {
        model.by_plural.insert(object.plural.clone(), object.name.clone());
        model.objects.insert(object.name.clone(), object);
    }
    inverse(&mut model, "client", "contacts", "contact", "client_id");
    inverse(&mut model, "client", "orders", "order", "client_id");
    inverse(&mut model, "client", "paid_orders", "order", "payer_id");
    inverse(&mut model, "location", "orders", "order", "location_id");
    inverse(&mut model, "order", "order_lines", "order_line", "order_id");
    inverse(&mut model, "order", "order_contacts", "order_contact", "order_id");
    inverse(&mut model, "contact", "order_contacts", "order_contact", "contact_id");
    through(&mut model, "order", "contacts", ("order_id", "contact", "contact_id"));
    through(&mut model, "contact", "orders", ("contact_id", "order", "order_id"));
    for (name, reach) in [
        ("seller", Reach::Own),
        ("assistant", Reach::Assigned),
        ("teammate", Reach::Team),
        ("keeper", Reach::Location),
        ("director", Reach::All),
    ] {
        model.roles.insert(name.into(), role(&model, name, reach));
    }
    model
}

/// Somebody with these roles, each in a location or everywhere.
pub fn actor(roles: &[(&str, Option<Uuid>)]) -> Actor {
    let held = roles.iter().map(|(role, location)| Assignment {
        role: (*role).into(),
        location: *location,
        overridden: None,
    });
    Actor {
        member: ME,
        super_admin: false,
        assignments: held.collect::<Vec<_>>().into(),
        team: Arc::new([ME, COLLEAGUE]),
        ..Actor::system(WORKSPACE, "test")
    }
}

fn role(model: &Model, name: &str, reach: Reach) -> Role {
    let hidden = if reach == Reach::All { vec![] } else { vec!["credit_limit".to_owned()] };
    let rights = ObjectRights { read: reach, update: reach, hidden, ..Default::default() };
    let open = ObjectRights { read: Reach::All, ..Default::default() };
    let objects = model.objects.keys().map(|o| match o.as_str() {
        "location" | "member" => (o.clone(), open.clone()),
        _ => (o.clone(), rights.clone()),
    });
    Role { name: name.into(), objects: objects.collect(), ..Default::default() }
}

fn location() -> Object {
    object("location", "locations", vec![field("name", Kind::Text)])
}

fn member() -> Object {
    let mut object =
        object("member", "members", vec![field("name", Kind::Text), field("email", Kind::Email)]);
    object.table = "kontor.members".into();
    object.engine = true;
    object.search = vec!["name".into(), "email".into()];
    object
}

fn client() -> Object {
    let custom = |name, kind, indexed| {
        let index = if indexed { IndexState::Ready } else { IndexState::None };
        Field { place: Place::Custom, indexed, index, ..field(name, kind) }
    };
    let mut object = object(
        "client",
        "clients",
        vec![
            field("name", Kind::Text),
            field("email", Kind::Email),
            field("status", Kind::Select),
            field("notes", Kind::LongText),
            field("address", Kind::Address),
            field("tags", Kind::Tags),
            field("credit_limit", Kind::Money),
            Field { secret: true, ..field("iban", Kind::Text) },
            field("owner_id", Kind::User),
            custom("region", Kind::Text, true),
            custom("vip_level", Kind::Integer, true),
            custom("shoe_size", Kind::Decimal, false),
            custom("colours", Kind::MultiSelect, false),
        ],
    );
    object.search = vec!["name".into(), "email".into()];
    object.reach = ReachFields { own: vec!["owner_id".into()], assigned: vec![], client: Some("id".into()) };
    object.views = vec![View {
        name: "active".into(),
        object: "client".into(),
        columns: vec!["name".into(), "owner.name".into(), "region".into()],
        filter: "status=eq.active".into(),
        order: "name.asc".into(),
        ..View::default()
    }];
    object
}

fn contact() -> Object {
    let mut object = object(
        "contact",
        "contacts",
        vec![field("name", Kind::Text), reference("client_id", "client", "client")],
    );
    object.reach = ReachFields { own: vec!["created_by".into()], ..Default::default() };
    object
}

fn order() -> Object {
    let mut object = object(
        "order",
        "orders",
        vec![
            field("number", Kind::AutoNumber),
            field("stage", Kind::Select),
            reference("client_id", "client", "client"),
            reference("payer_id", "client", "payer"),
            field("amount", Kind::Money),
            field("priority", Kind::Integer),
            field("ordered_on", Kind::Date),
            field("due_at", Kind::DateTime),
            field("paid", Kind::Boolean),
            field("owner_id", Kind::User),
            Field { many: true, ..field("assignee_ids", Kind::User) },
            Field { parts: Some("order_line".into()), place: Place::None, ..field("lines", Kind::Parts) },
            Field { system: true, ..reference("location_id", "location", "location") },
        ],
    );
    object.location_scoped = true;
    object.reach = ReachFields {
        own: vec!["owner_id".into()],
        assigned: vec!["assignee_ids".into(), "client.owner_id".into()],
        client: Some("client_id".into()),
    };
    object
}

fn order_line() -> Object {
    let mut object = object(
        "order_line",
        "order_lines",
        vec![
            Field { system: true, ..reference("order_id", "order", "order") },
            Field { system: true, ..field("position", Kind::Counter) },
            field("product", Kind::Text),
            field("quantity", Kind::Decimal),
            field("price", Kind::Money),
        ],
    );
    object.part_of = Some("order".into());
    object.archivable = false;
    object.fields.shift_remove("archived_at");
    object
}

fn order_contact() -> Object {
    let fields = vec![reference("order_id", "order", "order"), reference("contact_id", "contact", "contact")];
    let mut object = object("order_contact", "order_contacts", fields);
    object.link = Some(["order_id".into(), "contact_id".into()]);
    object
}

/// Belongs to nobody.
fn memo() -> Object {
    object("memo", "memos", vec![field("name", Kind::Text)])
}

fn object(name: &str, plural: &str, fields: Vec<Field>) -> Object {
    let system = |name, kind| Field { system: true, ..field(name, kind) };
    let before = [system("id", Kind::Id)];
    let after = [
        system("created_at", Kind::DateTime),
        system("created_by", Kind::User),
        system("archived_at", Kind::DateTime),
        system("version", Kind::Counter),
    ];
    Object {
        name: name.into(),
        plural: plural.into(),
        table: format!("data.{plural}"),
        label: name.into(),
        label_plural: plural.into(),
        key: vec!["id".into()],
        title: "name".into(),
        archivable: true,
        fields: before.into_iter().chain(fields).chain(after).map(|f| (f.name.clone(), f)).collect(),
        ..Object::default()
    }
}

fn field(name: &str, kind: Kind) -> Field {
    Field { name: name.into(), kind, ..Field::default() }
}

fn reference(name: &str, to: &str, embed: &str) -> Field {
    let reference = Reference {
        to: to.into(),
        on_delete: OnDelete::Restrict,
        embed: embed.into(),
        inverse: String::new(),
    };
    Field { reference: Some(reference), ..field(name, Kind::Reference) }
}

fn inverse(model: &mut Model, on: &str, name: &str, object: &str, field: &str) {
    let inverse = Inverse { name: name.into(), object: object.into(), field: field.into(), through: None };
    model.objects[on].inverses.push(inverse);
}

fn through(model: &mut Model, on: &str, name: &str, (ours, target, theirs): (&str, &str, &str)) {
    let through = Some(Through { object: target.into(), field: theirs.into() });
    let inverse = Inverse { name: name.into(), object: "order_contact".into(), field: ours.into(), through };
    model.objects[on].inverses.push(inverse);
}

/// What the engine's migration has for values of own fields.
fn own_field_functions() -> String {
    let migration = include_str!("../../../store/migrations/V0015__own_objects.sql");
    let from = migration.find("create function kontor.as_bigint").expect("typed values");
    let until = migration.find("-- What searches look at").expect("what follows them");
    let few = migration.find("create function kontor.few").expect("the bound of sorting");
    let end = few + migration[few..].find("$$;").expect("its end") + 3;
    format!("{}\n{}\n", &migration[from..until], &migration[few..end])
}

/// The model's tables, as `kontor migrate` makes them as far as reading is concerned.
pub fn ddl(model: &Model) -> String {
    let mut sql = String::from(
        "create schema kontor; create schema data;
         create function kontor.fold(text) returns text language sql immutable as 'select lower($1)';
         create function kontor.like_pattern(text) returns text language sql immutable
           as $$ select '%' || replace(replace(replace(kontor.fold($1), '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%' $$;\n",
    );
    sql.push_str(&own_field_functions());
    for object in model.objects.values() {
        let columns = object
            .fields
            .values()
            .filter(|f| f.place == Place::Column)
            .map(|f| format!("\"{}\" {}", f.name, f.kind.sql_type(f.many)));
        let mut columns: Vec<_> = columns.collect();
        if !object.engine {
            columns.push("custom jsonb not null default '{}'".into());
            let searched: Vec<_> = object.search.iter().map(|f| format!("coalesce({f}, '')")).collect();
            let text = if searched.is_empty() { "''".into() } else { searched.join(" || ' ' || ") };
            columns.push(format!("search_text text generated always as (kontor.fold({text})) stored"));
        }
        let table = &object.table;
        let columns = columns.join(", ");
        let _ = writeln!(
            sql,
            "create table {table} (workspace_id uuid, {columns}, primary key (workspace_id, id));"
        );
    }
    sql
}

/// `insert` of one record; fields that are not named stay null.
pub fn insert(table: &str, id: Uuid, fields: &[(&str, Value)]) -> String {
    let quote = |v: &Value| match super::fixtures::text_of(v) {
        Some(text) => format!("'{}'", text.replace('\'', "''")),
        None => "null".into(),
    };
    let names: String = fields.iter().map(|(n, _)| format!(", {n}")).collect();
    let values: String = fields.iter().map(|(_, v)| format!(", {}", quote(v))).collect();
    format!("insert into {table} (workspace_id, id{names}) values ('{WORKSPACE}', '{id}'{values});\n")
}
