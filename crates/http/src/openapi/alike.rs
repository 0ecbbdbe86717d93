//! Duplicates and merges of an object that looks for them.
use super::{article, body, content, fault, of, operation, reference, write_faults};
use meta::{Action, Object};
use serde_json::{Map, Value as Json, json};

pub fn paths(paths: &mut Map<String, Json>, object: &Object, base: &str) {
    let pairs = json!({ "get": pairs(object), "post": typed(object) });
    paths.insert(format!("{base}/duplicates"), pairs);
    paths.insert(format!("{base}/duplicates/scans"), json!({ "post": scan(object) }));
    let decide = json!({ "parameters": [reference("id")], "patch": decide(object) });
    paths.insert(format!("{base}/duplicates/{{id}}"), decide);
    let stored = json!({ "parameters": [reference("id")], "get": stored(object) });
    paths.insert(format!("{base}/{{id}}/duplicates"), stored);
    let merge = json!({ "parameters": [reference("id")], "post": merge(object) });
    paths.insert(format!("{base}/{{id}}/merge"), merge);
}

fn found() -> Json {
    content("Those that score 0.75 or more, the most alike first.", json!({ "type": "object" }))
}

fn pairs(object: &Object) -> Json {
    let summary = format!("Pairs of {} that look alike", object.label_plural.to_lowercase());
    operation(object, "duplicates", Action::Read, &summary, |op| {
        op["parameters"] = json!([reference("limit"), reference("offset"), {
            "name": "state", "in": "query", "schema": { "enum": ["open", "merged", "dismissed"] },
        }]);
        op["responses"]["200"] = found();
    })
}

fn typed(object: &Object) -> Json {
    let summary = format!("Who looks like {} that is not stored yet", article(object));
    operation(object, "duplicates_of_draft", Action::Read, &summary, |op| {
        op["requestBody"] = body(json!({ "type": "object" }));
        op["responses"]["200"] = found();
        write_faults(op);
    })
}

fn stored(object: &Object) -> Json {
    let summary = format!("Who looks like {}", article(object));
    operation(object, "duplicates_of", Action::Read, &summary, |op| op["responses"]["200"] = found())
}

fn scan(object: &Object) -> Json {
    let summary = format!("Look for duplicates among all {}", object.label_plural.to_lowercase());
    operation(object, "scan_duplicates", Action::Update, &summary, |op| {
        op["responses"]["202"] = content("A job walks over them.", json!({ "type": "object" }));
        write_faults(op);
    })
}

fn decide(object: &Object) -> Json {
    let summary = format!("Say that two {} are two", object.label_plural.to_lowercase());
    operation(object, "decide_duplicates", Action::Update, &summary, |op| {
        let state = json!({ "enum": ["open", "dismissed"] });
        op["requestBody"] =
            body(json!({ "type": "object", "required": ["state"], "properties": { "state": state } }));
        op["responses"]["204"] = json!({ "description": "Decided." });
        write_faults(op);
    })
}

fn merge(object: &Object) -> Json {
    let summary = format!("Let other {} end in this one", object.label_plural.to_lowercase());
    operation(object, "merge", Action::Update, &summary, |op| {
        op["parameters"] = json!([reference("select"), reference("If-Match"), reference("Prefer")]);
        let id = json!({ "type": "string", "format": "uuid" });
        op["requestBody"] = body(json!({ "type": "object", "required": ["others"], "properties": {
            "others": { "type": "array", "items": id, "minItems": 1, "maxItems": 20 },
            "choose": { "type": "object", "additionalProperties": id },
            "versions": { "type": "object", "additionalProperties": { "type": "integer" } },
            "reason": { "type": "string" },
        } }));
        op["responses"]["200"] = content(
            "The merge, with the survivor as it is now.",
            json!({ "type": "object", "properties": { "record": of(&object.name) } }),
        );
        op["responses"]["412"] = fault();
        write_faults(op);
    })
}
