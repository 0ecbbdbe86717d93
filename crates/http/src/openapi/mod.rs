//! The OpenAPI 3.1 document of a workspace: fixed routes, and the routes of every object that the model has.
mod alike;
mod fixed;
mod schema;
#[cfg(test)]
mod tests;

use meta::{Action, Model, Object};
use serde_json::{Map, Value as Json, json};

pub use fixed::{FIXED, Fixed, Guard};

/// The whole document. The same model gives the same bytes.
pub fn document(model: &Model) -> Json {
    let mut paths = Map::new();
    for route in FIXED {
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        item[route.method] = route.operation();
    }
    let mut schemas = Map::new();
    schemas.insert("problem".into(), problem());
    for object in model.objects.values() {
        schemas.insert(object.name.clone(), schema::record(model, object));
        if !object.engine {
            schemas.insert(format!("{}.new", object.name), schema::draft(model, object));
            schemas.insert(format!("{}.change", object.name), schema::patch(model, object));
        }
        object_paths(&mut paths, object);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Kontor", "version": env!("CARGO_PKG_VERSION"),
            "description": "Records, change log and administration of one workspace. The grammar of collections is \
                            described in docs/http-api.md; every refusal is an RFC 9457 problem document.",
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "session": [] }, { "apiKey": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": parameters(),
            "responses": responses(),
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "kontor.session_token",
                             "description": "Unsafe methods also need the header X-CSRF-Token." },
                "apiKey": { "type": "http", "scheme": "bearer" },
            },
        },
    })
}

fn object_paths(paths: &mut Map<String, Json>, object: &Object) {
    let base = format!("/api/v1/{}", object.plural);
    let writes = !object.engine && object.part_of.is_none();
    let mut collection = json!({ "get": list(object) });
    let mut item = json!({ "parameters": [reference("id")], "get": read(object) });
    if writes {
        collection["post"] = create(object);
        collection["patch"] = change_many(object);
        collection["delete"] = delete_many(object);
        item["patch"] = change(object);
        item["delete"] = delete(object);
    }
    paths.insert(base.clone(), collection);
    paths.insert(format!("{base}/{{id}}"), item);
    paths.insert(format!("{base}/export"), json!({ "get": export(object) }));
    if writes && object.archivable {
        let archival =
            json!({ "parameters": [reference("id")], "put": archive(object), "delete": restore(object) });
        paths.insert(format!("{base}/{{id}}/archival"), archival);
    }
    if writes {
        let log = json!({ "parameters": [reference("id")], "get": history(object) });
        paths.insert(format!("{base}/{{id}}/history"), log);
    }
    if exports::person::PERSONS.iter().any(|(name, _)| *name == object.name) {
        let path = |does: Json| json!({ "parameters": [reference("id")], "post": does });
        paths.insert(format!("{base}/{{id}}/erasure"), path(erasure(object)));
        paths.insert(format!("{base}/{{id}}/personal-data"), path(personal_data(object)));
    }
    if records::mergeable(object) {
        alike::paths(paths, object, &base);
    }
    if writes && !object.pipelines.is_empty() {
        let moves = json!({ "parameters": [reference("id")], "get": stages(object) });
        paths.insert(format!("{base}/{{id}}/stage-history"), moves);
    }
}

fn list(object: &Object) -> Json {
    let names = [
        "select", "order", "limit", "offset", "cursor", "q", "view", "as_of", "or", "and", "Prefer", "Range",
    ];
    operation(object, "list", Action::Read, &format!("List {}", object.label_plural.to_lowercase()), |op| {
        op["parameters"] = names.iter().map(|n| reference(n)).collect();
        op["description"] = json!("Any field is a filter: `field=operator.value`.");
        let schema = json!({ "type": "array", "items": of(&object.name) });
        op["responses"]["200"] = content("The records.", schema.clone());
        op["responses"]["206"] = content("A part of the records; `Content-Range` says which.", schema);
        op["responses"]["304"] = json!({ "description": "Nothing changed since the ETag." });
        op["responses"]["406"] = fault();
        op["responses"]["416"] = fault();
    })
}

fn export(object: &Object) -> Json {
    let summary = format!("Export {} as a file", object.label_plural.to_lowercase());
    operation(object, "export", Action::Read, &summary, |op| {
        let word = |name: &str, words: &[&str], required: bool| json!({ "name": name, "in": "query", "required": required, "schema": { "type": "string", "enum": words } });
        let mut parameters: Vec<Json> =
            ["select", "order", "q", "view", "or", "and"].iter().map(|n| reference(n)).collect();
        parameters.push(word("format", &["csv", "xlsx", "jsonl"], true));
        parameters.push(word("header", &["labels", "names"], false));
        op["parameters"] = parameters.into();
        op["description"] = json!(
            "Any field is a filter, as in the list. At most 10,000 rows; more are a job (`POST /exports`)."
        );
        let file = json!({ "schema": { "type": "string", "format": "binary" } });
        op["responses"]["200"] = json!({ "description": "The file.", "content": {
            "text/csv": file,
            "application/x-ndjson": file,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": file,
        } });
    })
}

fn erasure(object: &Object) -> Json {
    let summary = format!("Erase the personal data of a {}", object.label.to_lowercase());
    operation(object, "erase", Action::Update, &summary, |op| {
        op["description"] =
            json!("What was emptied, and what is kept as the law asks. Needs the right to manage members.");
        op["requestBody"] =
            body(json!({ "type": "object", "properties": { "reason": { "type": "string" } } }));
        op["responses"]["200"] = content("Done.", json!({}));
        write_faults(op);
    })
}

fn personal_data(object: &Object) -> Json {
    let summary = format!("Export everything about a {} as a job", object.label.to_lowercase());
    operation(object, "export_personal_data", Action::Read, &summary, |op| {
        op["description"] = json!("An archive of JSON lines and CSV. Needs the right to manage members.");
        op["responses"]["202"] = content("Ordered; `Location` is the export.", json!({}));
        write_faults(op);
    })
}

fn create(object: &Object) -> Json {
    operation(
        object,
        "create",
        Action::Create,
        &format!("Create one or many {}", object.label_plural.to_lowercase()),
        |op| {
            op["parameters"] =
                ["select", "on_conflict", "columns", "override_reason", "Prefer", "Idempotency-Key"]
                    .iter()
                    .map(|n| reference(n))
                    .collect();
            let one = of(&format!("{}.new", object.name));
            op["requestBody"] = body(json!({ "oneOf": [one, { "type": "array", "items": one }] }));
            let rows = json!({ "oneOf": [of(&object.name), { "type": "array", "items": of(&object.name) }] });
            op["responses"]["201"] = content("Created.", rows.clone());
            op["responses"]["200"] = content("Every row of an upsert existed.", rows);
            write_faults(op);
        },
    )
}

fn change_many(object: &Object) -> Json {
    operation(
        object,
        "change_many",
        Action::Update,
        &format!("Change the {} that match", object.label_plural.to_lowercase()),
        |op| {
            let names = ["select", "columns", "or", "and", "override_reason", "Prefer"];
            op["parameters"] = names.iter().map(|n| reference(n)).collect();
            op["description"] = json!("A filter is required. At most 10,000 records at once.");
            op["requestBody"] = body(of(&format!("{}.change", object.name)));
            op["responses"]["200"] =
                content("Changed.", json!({ "type": "array", "items": of(&object.name) }));
            op["responses"]["204"] =
                json!({ "description": "Changed (without `Prefer: return=representation`)." });
            write_faults(op);
        },
    )
}

fn delete_many(object: &Object) -> Json {
    operation(
        object,
        "delete_many",
        Action::Delete,
        &format!("Delete the {} that match, for good", object.label_plural.to_lowercase()),
        |op| {
            op["parameters"] = ["select", "or", "and", "Prefer"].iter().map(|n| reference(n)).collect();
            op["description"] = json!("A filter is required. At most 10,000 records at once.");
            op["responses"]["200"] =
                content("Deleted.", json!({ "type": "array", "items": of(&object.name) }));
            op["responses"]["204"] = json!({ "description": "Deleted." });
            write_faults(op);
        },
    )
}

fn read(object: &Object) -> Json {
    operation(object, "read", Action::Read, &format!("Read {}", article(object)), |op| {
        op["parameters"] = json!([reference("select"), reference("If-None-Match")]);
        op["responses"]["200"] = content("The record.", of(&object.name));
        op["responses"]["304"] = json!({ "description": "Nothing changed since the ETag." });
    })
}

fn change(object: &Object) -> Json {
    operation(object, "change", Action::Update, &format!("Change {}", article(object)), |op| {
        op["parameters"] =
            ["select", "If-Match", "override_reason", "Prefer"].iter().map(|n| reference(n)).collect();
        op["requestBody"] = body(of(&format!("{}.change", object.name)));
        op["responses"]["200"] = content("The record as it is now.", of(&object.name));
        op["responses"]["204"] = json!({ "description": "Changed (`Prefer: return=minimal`)." });
        op["responses"]["412"] = fault();
        write_faults(op);
    })
}

fn delete(object: &Object) -> Json {
    operation(object, "delete", Action::Delete, &format!("Delete {} for good", article(object)), |op| {
        op["responses"]["204"] = json!({ "description": "Deleted." });
        write_faults(op);
    })
}

fn archive(object: &Object) -> Json {
    operation(object, "archive", Action::Archive, &format!("Archive {}", article(object)), |op| {
        op["responses"]["204"] = json!({ "description": "Archived." });
        write_faults(op);
    })
}

fn restore(object: &Object) -> Json {
    operation(object, "restore", Action::Archive, &format!("Restore {}", article(object)), |op| {
        op["responses"]["204"] = json!({ "description": "Restored." });
        write_faults(op);
    })
}

fn history(object: &Object) -> Json {
    operation(object, "history", Action::Read, &format!("What happened to {}", article(object)), |op| {
        op["parameters"] = json!([reference("limit"), reference("cursor")]);
        op["responses"]["200"] = content("Change sets, newest first.", json!({ "type": "object" }));
    })
}

fn stages(object: &Object) -> Json {
    operation(
        object,
        "stage_history",
        Action::Read,
        &format!("Stages that {} went through", article(object)),
        |op| {
            op["responses"]["200"] =
                content("Moves, oldest first.", json!({ "type": "array", "items": { "type": "object" } }));
        },
    )
}

fn operation(object: &Object, id: &str, action: Action, summary: &str, fill: impl FnOnce(&mut Json)) -> Json {
    let mut op = json!({
        "operationId": format!("{}.{id}", object.name), "summary": summary, "tags": [object.label_plural],
        "responses": common(), "x-right": format!("{}:{}", object.name, action.name()),
    });
    fill(&mut op);
    op
}

/// What every route may answer.
fn common() -> Json {
    let refusals = ["400", "401", "403", "404", "429"];
    Json::Object(refusals.iter().map(|s| (s.to_string(), fault())).collect())
}

fn write_faults(op: &mut Json) {
    for status in ["409", "413", "415", "422"] {
        op["responses"][status] = fault();
    }
}

fn article(object: &Object) -> String {
    format!("one of the {}", object.label_plural.to_lowercase())
}

fn of(schema: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn reference(parameter: &str) -> Json {
    json!({ "$ref": format!("#/components/parameters/{parameter}") })
}

fn fault() -> Json {
    json!({ "$ref": "#/components/responses/problem" })
}

fn body(schema: Json) -> Json {
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

fn content(description: &str, schema: Json) -> Json {
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

fn problem() -> Json {
    json!({
        "type": "object", "title": "Problem", "description": "RFC 9457, with all field errors at once.",
        "required": ["type", "title", "status", "code", "detail", "errors", "request_id"],
        "properties": {
            "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" },
            "code": { "type": "string" }, "detail": { "type": "string" }, "hint": { "type": ["string", "null"] },
            "message": { "type": "string" }, "details": { "type": ["string", "null"] },
            "errors": { "type": "array", "items": { "type": "object", "properties": {
                "field": { "type": ["string", "null"] }, "code": { "type": "string" },
                "detail": { "type": "string" }, "hint": { "type": ["string", "null"] } } } },
            "request_id": { "type": "string" },
        },
    })
}

fn responses() -> Json {
    json!({ "problem": { "description": "Refused.",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/problem" } } } } })
}

fn parameters() -> Json {
    let query = |name: &str, about: &str, example: &str| json!({ "name": name, "in": "query", "description": about, "schema": { "type": "string" }, "example": example });
    let header = |name: &str, about: &str| json!({ "name": name, "in": "header", "description": about, "schema": { "type": "string" } });
    json!({
        "id": { "name": "id", "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" } },
        "select": query("select", "Fields and embedded relations.", "*"),
        "order": query("order", "Sort fields.", "created_at.desc.nullslast"),
        "limit": { "name": "limit", "in": "query", "schema": { "type": "integer", "minimum": 0, "maximum": 1000 } },
        "offset": { "name": "offset", "in": "query", "schema": { "type": "integer", "minimum": 0 } },
        "cursor": query("cursor", "The `X-Next-Cursor` of the page before.", ""),
        "q": query("q", "Words that the record's search fields contain.", ""),
        "view": query("view", "A saved view's name.", ""),
        "as_of": query("as_of", "Records as they were at this time.", "2026-11-21T10:00:00Z"),
        "or": query("or", "Any of several filters.", "(id.is.null,id.not.is.null)"),
        "and": query("and", "All of several filters.", "(id.not.is.null)"),
        "on_conflict": query("on_conflict", "The unique fields of an upsert.", "id"),
        "columns": query("columns", "The keys of the body that count.", ""),
        "override_reason": query("override_reason", "Passes a stage gate, where the role may; stands in the log.", ""),
        "Prefer": header("Prefer", "return=representation|minimal|headers-only, count=exact|planned|estimated, \
            resolution=merge-duplicates|ignore-duplicates, missing=default|null, max-affected=<n>, tx=rollback, \
            handling=strict|lenient. What was followed comes back as Preference-Applied."),
        "Range": header("Range", "Rows by position: 0-24."),
        "If-Match": header("If-Match", "The version or ETag last seen."),
        "If-None-Match": header("If-None-Match", "The ETag last seen."),
        "Idempotency-Key": header("Idempotency-Key", "The same key and body act once."),
    })
}
