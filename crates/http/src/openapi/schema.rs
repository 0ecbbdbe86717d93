//! JSON Schemas of records, with examples, from the model's fields.
use meta::{Codec, Field, Kind, Model, Object};
use serde_json::{Map, Value as Json, json};

/// The record as it is read: every field but the secret ones.
pub fn record(model: &Model, object: &Object) -> Json {
    let shown = object.fields.values().filter(|f| !f.secret);
    let properties: Map<String, Json> =
        shown.clone().map(|f| (f.name.clone(), property(model, f, true))).collect();
    let always: Vec<_> = shown.filter(|f| f.system && !nullable(f)).map(|f| f.name.as_str()).collect();
    json!({
        "type": "object", "title": object.label, "description": object.description,
        "properties": properties, "required": always,
    })
}

/// The body of a create: what a caller may set.
pub fn draft(model: &Model, object: &Object) -> Json {
    let properties = writable(model, object);
    let required: Vec<_> = object
        .fields
        .values()
        .filter(|f| settable(f) && f.required && f.default.is_none() && f.kind != Kind::Parts)
        .map(|f| f.name.as_str())
        .collect();
    let mut schema = json!({
        "type": "object", "title": format!("New {}", object.label.to_lowercase()),
        "properties": properties, "additionalProperties": false, "examples": [example(model, object)],
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// The body of a change: any of the same fields.
pub fn patch(model: &Model, object: &Object) -> Json {
    json!({
        "type": "object", "title": format!("Change of {}", object.label.to_lowercase()),
        "properties": writable(model, object), "additionalProperties": false,
    })
}

/// A body that a create accepts, as far as that can be told without knowing what the references lead to.
pub fn example(_: &Model, object: &Object) -> Json {
    let asked = object.fields.values().filter(|f| settable(f) && !matches!(f.kind, Kind::Parts));
    let told = asked.filter(|f| f.required || f.name == object.title).filter(|f| f.default.is_none());
    Json::Object(told.map(|f| (f.name.clone(), value(f))).collect())
}

fn writable(model: &Model, object: &Object) -> Map<String, Json> {
    let mut properties = Map::new();
    properties.insert(
        "id".into(),
        json!({ "type": "string", "format": "uuid", "description": "Made by you or by Kontor." }),
    );
    if object.location_scoped {
        properties.insert("location_id".into(), json!({ "type": ["string", "null"], "format": "uuid" }));
    }
    properties.extend(
        object.fields.values().filter(|f| settable(f)).map(|f| (f.name.clone(), property(model, f, false))),
    );
    properties
}

pub fn settable(field: &Field) -> bool {
    !field.system && !field.read_only && !matches!(field.kind, Kind::Formula | Kind::AutoNumber)
}

/// Only what the engine itself always fills is never null; who made a record is not known of those it made itself.
fn nullable(field: &Field) -> bool {
    !matches!(field.name.as_str(), "id" | "created_at" | "updated_at" | "version")
}

fn property(model: &Model, field: &Field, reading: bool) -> Json {
    let mut schema = if field.kind == Kind::Parts {
        let part = field.parts.as_deref().and_then(|p| model.objects.get(p));
        let of = part.map_or("", |p| p.name.as_str());
        let name = if reading { of.to_string() } else { format!("{of}.new") };
        json!({ "type": "array", "items": { "$ref": format!("#/components/schemas/{name}") } })
    } else {
        typed(field)
    };
    schema["title"] = json!(field.label);
    if !field.help.is_empty() {
        schema["description"] = json!(field.help);
    }
    let mut notes = Map::new();
    notes.insert("x-kind".into(), json!(field.kind.name()));
    if field.personal {
        notes.insert("x-personal".into(), json!(true));
    }
    if field.system || !settable(field) {
        notes.insert("readOnly".into(), json!(true));
    }
    if let Some(unit) = &field.unit {
        notes.insert("x-unit".into(), json!(unit));
    }
    if let Some(reference) = &field.reference {
        notes.insert("x-refers-to".into(), json!(reference.to));
    }
    if let Json::Object(schema) = &mut schema {
        schema.extend(notes);
    }
    schema
}

fn typed(field: &Field) -> Json {
    let kind = field.stored_kind();
    let null = nullable(field);
    let of = |name: &str| if null { json!([name, "null"]) } else { json!(name) };
    match kind.codec(field.many) {
        Codec::Int8 | Codec::Int4 => {
            let mut schema = json!({ "type": of("integer") });
            bound(&mut schema, field, "minimum", "maximum");
            schema
        }
        Codec::NumericText | Codec::Number => {
            json!({ "type": of("string"), "format": "decimal", "pattern": r"^-?\d+(\.\d+)?$" })
        }
        Codec::Bool => json!({ "type": of("boolean") }),
        Codec::Date => json!({ "type": of("string"), "format": "date" }),
        Codec::Timestamptz => json!({ "type": of("string"), "format": "date-time" }),
        Codec::Uuid => json!({ "type": of("string"), "format": "uuid" }),
        Codec::Jsonb if kind == Kind::Json => json!({}),
        Codec::Jsonb => json!({ "type": of("object") }),
        Codec::TextArray => json!({ "type": of("array"), "items": { "type": "string" } }),
        Codec::UuidArray => json!({ "type": of("array"), "items": { "type": "string", "format": "uuid" } }),
        Codec::Text | Codec::Other if kind == Kind::Select && !field.options.is_empty() => {
            let mut options: Vec<Json> = field.options.iter().map(|o| json!(o.value)).collect();
            if null {
                options.push(Json::Null);
            }
            json!({ "type": of("string"), "enum": options })
        }
        Codec::Text | Codec::Other => {
            let mut schema = json!({ "type": of("string") });
            bound(&mut schema, field, "minLength", "maxLength");
            if let Some(format) = format_of(kind) {
                schema["format"] = json!(format);
            }
            if let Some(pattern) = &field.pattern {
                schema["pattern"] = json!(format!("^(?:{pattern})$"));
            }
            schema
        }
    }
}

fn bound(schema: &mut Json, field: &Field, low: &str, high: &str) {
    use rust_decimal_to_i64 as int;
    if let Some(min) = field.min.and_then(int) {
        schema[low] = json!(min);
    }
    if let Some(max) = field.max.and_then(int) {
        schema[high] = json!(max);
    }
}

fn rust_decimal_to_i64(d: kernel::Decimal) -> Option<i64> {
    d.trunc().to_string().parse().ok()
}

fn format_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Email => Some("email"),
        Kind::Url => Some("uri"),
        _ => None,
    }
}

/// One value that the field accepts.
fn value(field: &Field) -> Json {
    let mut all = plausible(field);
    let fits = all.iter().position(|value| meta::parse(field, value).is_ok());
    all.swap_remove(fits.unwrap_or_default())
}

/// Values of the field's kind, the likeliest first; at least one.
fn plausible(field: &Field) -> Vec<Json> {
    let number = |likely: &str| {
        let bounds = [field.min, field.max].into_iter().flatten().map(|bound| bound.to_string());
        [likely.to_owned(), "1".into(), "0".into()].into_iter().chain(bounds)
    };
    match field.kind {
        Kind::Email => vec![json!("anna@example.com")],
        Kind::Phone => vec![json!("+4930123456")],
        Kind::Url => vec![json!("https://example.com")],
        Kind::Integer | Kind::Duration | Kind::Counter | Kind::Rating => {
            number("4").filter_map(|n| n.parse::<i64>().ok()).map(Json::from).collect()
        }
        Kind::Decimal | Kind::Percent => number("10").map(Json::from).collect(),
        Kind::Money => number("1250.00").map(Json::from).collect(),
        Kind::Boolean => vec![json!(true)],
        Kind::Date => vec![json!("2026-11-21")],
        Kind::DateTime => vec![json!("2026-11-21T09:30:00Z")],
        Kind::Select => vec![field.options.first().map_or(Json::Null, |o| json!(o.value))],
        Kind::MultiSelect => vec![json!(field.options.iter().take(1).map(|o| &o.value).collect::<Vec<_>>())],
        Kind::Tags => vec![json!(["vip"])],
        Kind::Address => vec![json!({ "street": "Harbour Road 1", "city": "The Valley", "country": "AI" })],
        Kind::GeoPoint => vec![json!({ "lat": 18.2, "lon": -63.06 })],
        Kind::Json => vec![json!({})],
        Kind::User if field.many => vec![json!(["0192e0a0-0000-7000-8000-000000000001"])],
        Kind::Reference | Kind::File | Kind::User | Kind::Id => {
            vec![json!("0192e0a0-0000-7000-8000-000000000001")]
        }
        _ => texts(&field.label),
    }
}

/// The label, or a text in one of the forms that codes and names in addresses have.
fn texts(label: &str) -> Vec<Json> {
    let dashed = label.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    vec![json!(label), json!(dashed), json!("EUR"), json!("A1"), json!("1")]
}
