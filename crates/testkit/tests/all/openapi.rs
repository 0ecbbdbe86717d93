//! What the OpenAPI document promises about bodies holds: examples fit their own schemas, the server accepts them, and
//! what it answers fits the schema of a record. (That the document is OpenAPI is tested where it is made.)
use kernel::{Date, Timestamp, Uuid};
use meta::{Field, Kind, Library, Model, Object, Pipeline};
use regex::Regex;
use serde_json::{Value as Json, json};
use testkit::TestApp;

fn model(blueprint: &str) -> Model {
    Library::shipped().model(&[blueprint], None).unwrap_or_else(|faults| panic!("{blueprint}: {faults:?}"))
}

/// The objects that callers create by themselves: not the engine's own, not parts.
fn creatable(model: &Model) -> impl Iterator<Item = &Object> {
    model.objects.values().filter(|object| !object.engine && object.part_of.is_none())
}

fn example<'j>(document: &'j Json, object: &str) -> &'j Json {
    &document["components"]["schemas"][format!("{object}.new")]["examples"][0]
}

#[test]
fn every_example_fits_the_schema_that_it_stands_in() {
    for name in Library::shipped().names() {
        let model = model(name);
        let document = http_api::openapi::document(&model);
        for object in creatable(&model) {
            let schema = json!({ "$ref": format!("#/components/schemas/{}.new", object.name) });
            let example = example(&document, &object.name);
            assert!(example.is_object(), "{name}: {} has no example", object.name);
            let found = misfits(&document, &schema, example, &object.name);
            assert!(found.is_empty(), "{name}: {found:#?}");
        }
    }
}

#[test]
fn a_body_that_does_not_fit_is_noticed() {
    let document = http_api::openapi::document(&model("sales"));
    let schema = json!({ "$ref": "#/components/schemas/client.new" });
    let wrong =
        json!({ "email": 5, "employees": "many", "nmae": "x", "type": "customer", "currency": "euro" });
    let found = misfits(&document, &schema, &wrong, "client").join("\n");
    for expected in ["name is missing", "email", "employees", "nmae is not known", "type", "currency"] {
        assert!(found.contains(expected), "{expected} in\n{found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_that_names_no_other_record_is_accepted_and_answered_as_promised() {
    let mut created = 0;
    for name in Library::shipped().names().into_iter().filter(|name| *name != "core") {
        let model = model(name);
        let app = TestApp::new(name).await;
        let role =
            model.roles.values().find(|role| role.super_admin).map_or("admin", |role| role.name.as_str());
        let admin = app.sign_in_as(role).await;
        let document = admin.get("/api/v1/openapi.json").await.expect_status(200).json;
        assert_eq!(
            document,
            http_api::openapi::document(&app.node.store.model(app.workspace.id).await.expect("a model"))
        );
        for object in creatable(&model).filter(|object| stands_alone(object)) {
            let body = example(&document, &object.name);
            let answer = admin.post(&format!("/api/v1/{}", object.plural), body.clone()).await;
            let at = format!("{name}: {}: {body}\n{}", object.name, answer.text);
            assert_eq!(answer.status(), 201, "{at}");
            let schema = json!({ "$ref": format!("#/components/schemas/{}", object.name) });
            let found = misfits(&document, &schema, &answer.json, &object.name);
            assert!(found.is_empty(), "{at}\n{found:#?}");
            created += 1;
        }
    }
    assert!(created > 100, "only {created} examples were tried");
}

/// Whether a new record needs no other one to be there, be it for a field or for the gate of its first stage.
fn stands_alone(object: &Object) -> bool {
    let refers = |kind| matches!(kind, Kind::Reference | Kind::User | Kind::File);
    let given = |f: &Field| f.system || !f.required || f.default.is_some() || !refers(f.kind);
    let open = |p: &Pipeline| p.stages.first().is_none_or(|stage| stage.gates.is_empty());
    object.fields.values().all(given) && object.pipelines.iter().all(open)
}

/// What of a value does not fit its JSON Schema; as much of JSON Schema as the document uses.
fn misfits(document: &Json, schema: &Json, value: &Json, at: &str) -> Vec<String> {
    if let Some(to) = schema["$ref"].as_str() {
        let schema = document.pointer(&to[1..]).unwrap_or_else(|| panic!("{to} leads nowhere"));
        return misfits(document, schema, value, at);
    }
    let mut found = vec![];
    if !is_of_type(&schema["type"], value) {
        found.push(format!("{at} is not {}: {value}", schema["type"]));
    }
    if let Some(options) = schema["enum"].as_array().filter(|options| !options.contains(value)) {
        found.push(format!("{at} is none of {options:?}: {value}"));
    }
    match value {
        Json::String(text) => found.extend(text_misfits(schema, text).map(|why| format!("{at}: {why}"))),
        Json::Number(number) => {
            let number = number.as_f64().expect("a number");
            let outside = schema["minimum"].as_f64().is_some_and(|min| number < min)
                || schema["maximum"].as_f64().is_some_and(|max| number > max);
            found.extend(outside.then(|| format!("{at} is out of range: {number}")));
        }
        Json::Array(items) if schema["items"].is_object() => {
            let each = items.iter().enumerate();
            found
                .extend(each.flat_map(|(i, v)| misfits(document, &schema["items"], v, &format!("{at}.{i}"))));
        }
        Json::Object(members) if schema["properties"].is_object() => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str);
            let missing = required.filter(|name| !members.contains_key(*name));
            found.extend(missing.map(|name| format!("{at}: {name} is missing")));
            for (name, value) in members {
                match schema["properties"].get(name) {
                    Some(schema) => found.extend(misfits(document, schema, value, &format!("{at}.{name}"))),
                    None if schema["additionalProperties"] == false => {
                        found.push(format!("{at}: {name} is not known"));
                    }
                    None => {}
                }
            }
        }
        _ => {}
    }
    found
}

fn is_of_type(types: &Json, value: &Json) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("`{other}` is no type of JSON Schema"),
    };
    match types {
        Json::Null => true,
        Json::String(name) => is(name),
        Json::Array(names) => names.iter().filter_map(Json::as_str).any(is),
        other => panic!("{other} is no type of JSON Schema"),
    }
}

fn text_misfits(schema: &Json, text: &str) -> impl Iterator<Item = String> {
    let length = text.chars().count() as u64;
    let short = schema["minLength"].as_u64().is_some_and(|min| length < min);
    let long = schema["maxLength"].as_u64().is_some_and(|max| length > max);
    let pattern = schema["pattern"].as_str().map(|p| Regex::new(p).unwrap_or_else(|e| panic!("{p}: {e}")));
    let form = pattern.is_some_and(|p| !p.is_match(text));
    let format = match schema["format"].as_str() {
        None | Some("decimal") => true,
        Some("uuid") => Uuid::parse_str(text).is_ok(),
        Some("date") => text.parse::<Date>().is_ok(),
        Some("date-time") => text.parse::<Timestamp>().is_ok(),
        Some("email") => text.contains('@'),
        Some("uri") => text.contains("://"),
        Some(other) => panic!("`{other}` is a format that nobody reads"),
    };
    let wrong = [
        (short, "is too short"),
        (long, "is too long"),
        (form, "has the wrong form"),
        (!format, "has the wrong format"),
    ];
    let text = text.to_owned();
    wrong.into_iter().filter(|(is, _)| *is).map(move |(_, why)| format!("{text:?} {why}"))
}
