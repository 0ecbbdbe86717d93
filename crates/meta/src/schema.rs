//! The JSON Schema of the format, generated from `source.rs`: completion in an editor, and what every file is checked against.
use crate::Kind;
use crate::demo::Demo;
use crate::source::*;
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value as Json, json};
use std::sync::LazyLock;

/// One schema, with an entry of `$defs` for each type of file: `#/$defs/ObjectFile`.
pub fn json_schema() -> Json {
    SCHEMA.clone()
}

/// What `docs/blueprint.schema.json` holds.
pub fn json_schema_text() -> String {
    let mut text = serde_json::to_string_pretty(&*SCHEMA).expect("a JSON value has only text keys");
    text.push('\n');
    text
}

pub(crate) static SCHEMA: LazyLock<Json> = LazyLock::new(|| {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    generator.subschema_for::<BlueprintFile>();
    generator.subschema_for::<ObjectFile>();
    generator.subschema_for::<PipelineFile>();
    generator.subschema_for::<PermissionsFile>();
    generator.subschema_for::<RolesFile>();
    generator.subschema_for::<ViewsFile>();
    generator.subschema_for::<Demo>();
    generator.subschema_for::<EntitiesFile>();
    generator.subschema_for::<Overlay>();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Kontor blueprint",
        "description": "Each kind of file of a blueprint is one entry of $defs; docs/blueprints.md explains them.",
        "$defs": Json::Object(sorted(generator.take_definitions(true))),
    })
});

/// The order in which types are met is no order to read or to compare.
fn sorted(defs: Map<String, Json>) -> Map<String, Json> {
    let mut entries: Vec<_> = defs.into_iter().collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    entries.into_iter().collect()
}

/// Kinds that a blueprint may write: all but those of system fields.
pub(crate) fn kind_schema(_: &mut SchemaGenerator) -> Schema {
    let names: Vec<String> = Kind::WRITTEN.iter().map(|k| k.name()).collect();
    json_schema!({ "enum": names, "description": "Field kind" })
}
