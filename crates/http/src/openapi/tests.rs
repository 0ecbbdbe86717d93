//! The document is OpenAPI 3.1 for every blueprint, and docs/routes.txt lists the operations of one of them.
use super::{FIXED, document};
use meta::{Library, Model};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn model(blueprint: &str) -> Model {
    Library::shipped().model(&[blueprint], None).unwrap_or_else(|faults| panic!("{blueprint}: {faults:?}"))
}

/// Every blueprint with its document.
fn documents() -> impl Iterator<Item = (&'static str, Model, Json)> {
    Library::shipped().names().into_iter().map(|name| {
        let model = model(name);
        let document = document(&model);
        (name, model, document)
    })
}

fn object<'j>(json: &'j Json, at: &str) -> &'j Map<String, Json> {
    json.as_object().unwrap_or_else(|| panic!("{at} is an object"))
}

/// (method, path, the path's own parameters, operation)
fn operations(document: &Json) -> Vec<(&str, &str, &Json, &Json)> {
    let mut all = vec![];
    for (path, item) in object(&document["paths"], "paths") {
        for (method, operation) in object(item, path).iter().filter(|(name, _)| *name != "parameters") {
            assert!(METHODS.contains(&method.as_str()), "{path}: `{method}` is no method");
            all.push((method.as_str(), path.as_str(), &item["parameters"], operation));
        }
    }
    all
}

#[test]
fn every_reference_leads_somewhere() {
    for (name, _, document) in documents() {
        let mut seen = 0;
        walk(&document, &mut |member, value| {
            let Some(to) = value.as_str().filter(|_| member == "$ref") else { return };
            seen += 1;
            let target = to.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
            assert!(target.is_some(), "{name}: {to} leads nowhere");
        });
        assert!(seen > 500, "{name}: only {seen} references");
    }
}

fn walk(json: &Json, look: &mut dyn FnMut(&str, &Json)) {
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                look(name, value);
                walk(value, look);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| walk(item, look)),
        _ => {}
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_answers() {
    for (name, _, document) in documents() {
        assert_eq!(document["openapi"], "3.1.0");
        let mut ids = BTreeSet::new();
        for (method, path, _, operation) in operations(&document) {
            let at = format!("{name}: {method} {path}");
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{at} has no operationId"));
            assert!(ids.insert(id), "{at}: `{id}` is the name of two operations");
            assert!(operation["summary"].as_str().is_some_and(|s| !s.is_empty()), "{at} has no summary");
            let answers = object(&operation["responses"], &at);
            assert!(answers.keys().any(|status| status.starts_with('2')), "{at} never succeeds");
            for (status, answer) in answers {
                assert!(status.len() == 3 && status.parse::<u16>().is_ok(), "{at}: {status} is no status");
                let described = answer["$ref"].is_string() || answer["description"].is_string();
                assert!(described, "{at}: {status} has no description");
            }
            let reads = ["get", "delete"].contains(&method);
            assert!(!(reads && operation.get("requestBody").is_some()), "{at} has a body");
        }
    }
}

#[test]
fn every_parameter_of_a_path_is_declared_and_no_other() {
    for (name, _, document) in documents() {
        for (method, path, shared, operation) in operations(&document) {
            let declared: BTreeMap<_, _> = [shared, &operation["parameters"]]
                .into_iter()
                .flat_map(|list| list.as_array().into_iter().flatten())
                .map(|parameter| parameter_of(&document, parameter))
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| (parameter["name"].as_str().unwrap_or_default(), parameter))
                .collect();
            let named: BTreeSet<_> =
                path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
            let told: BTreeSet<_> = declared.keys().copied().collect();
            assert_eq!(named, told, "{name}: {method} {path}");
            assert!(declared.values().all(|p| p["required"] == true), "{name}: {method} {path}");
        }
    }
}

fn parameter_of<'j>(document: &'j Json, parameter: &'j Json) -> &'j Json {
    match parameter["$ref"].as_str() {
        Some(to) => document.pointer(&to[1..]).expect("references were followed above"),
        None => parameter,
    }
}

#[test]
fn every_object_of_the_model_has_its_paths_and_schemas() {
    for (name, model, document) in documents() {
        for object in model.objects.values() {
            let at = |rest: &str| &document["paths"][format!("/api/v1/{}{rest}", object.plural)];
            let schema = |rest: &str| &document["components"]["schemas"][format!("{}{rest}", object.name)];
            let has = |item: &Json, methods: &str| methods.split(' ').all(|m| item[m].is_object());
            let writes = !object.engine && object.part_of.is_none();
            let label = format!("{name}: {}", object.name);
            assert!(has(at(""), "get") && has(at("/{id}"), "get") && schema("").is_object(), "{label}");
            assert_eq!(has(at(""), "post patch delete"), writes, "{label}");
            assert_eq!(has(at("/{id}"), "patch delete"), writes, "{label}");
            assert_eq!(has(at("/{id}/history"), "get"), writes, "{label}");
            assert_eq!(has(at("/{id}/archival"), "put delete"), writes && object.archivable, "{label}");
            let stages = writes && !object.pipelines.is_empty();
            assert_eq!(has(at("/{id}/stage-history"), "get"), stages, "{label}");
            assert_eq!(
                schema(".new").is_object() && schema(".change").is_object(),
                !object.engine,
                "{label}"
            );
        }
    }
}

#[test]
fn the_page_of_routes_lists_every_operation() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/routes.txt");
    let page = page(&document(&model("orders")));
    if std::env::var_os("KONTOR_BLESS").is_some() {
        std::fs::write(path, &page).expect("docs/routes.txt can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == page, "docs/routes.txt is out of date: KONTOR_BLESS=1 rewrites it");
}

const HEAD: &str = "\
# Every operation of a workspace with the blueprint `orders`: method, path, operationId, and the right that it needs
# (`open`: nobody need be signed in, `member`: any member). Those of records follow the model; the others are the
# same everywhere. Generated: `cargo xtask gen`.
";

fn page(document: &Json) -> String {
    let rows: Vec<[&str; 4]> = operations(document)
        .into_iter()
        .map(|(method, path, _, operation)| {
            let open = operation["security"].as_array().is_some_and(Vec::is_empty);
            let right = operation["x-right"].as_str().unwrap_or(if open { "open" } else { "member" });
            [method, path, operation["operationId"].as_str().unwrap_or_default(), right]
        })
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let [verbs, paths, ids] = [0, 1, 2].map(width);
    let mut page = HEAD.to_owned();
    // The routes that are the same everywhere come first.
    let same_everywhere = |row: &&[&str; 4]| FIXED.iter().any(|f| f.path == row[1]);
    for fixed in [true, false] {
        page.push('\n');
        for row in rows.iter().filter(|row| same_everywhere(row) == fixed) {
            let [verb, path, id, right] = *row;
            let verb = verb.to_uppercase();
            let _ = writeln!(page, "{verb:verbs$}  {path:paths$}  {id:ids$}  {right}");
        }
    }
    page
}
