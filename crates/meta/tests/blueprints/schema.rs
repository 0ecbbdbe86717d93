//! `docs/blueprint.schema.json` is what the Rust types say.
use std::path::Path;

#[test]
fn the_schema_in_the_documents_is_the_one_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/blueprint.schema.json");
    let wanted = meta::json_schema_text();
    if std::env::var_os("KONTOR_BLESS").is_some_and(|v| v == "1") {
        std::fs::write(&path, &wanted).expect("the documents can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "docs/blueprint.schema.json is out of date; run this test with KONTOR_BLESS=1");
}

#[test]
fn every_type_of_file_has_its_schema() {
    let schema = meta::json_schema();
    for name in [
        "BlueprintFile",
        "ObjectFile",
        "PipelineFile",
        "PermissionsFile",
        "RolesFile",
        "ViewsFile",
        "Demo",
        "EntitiesFile",
        "Overlay",
    ] {
        let file = &schema["$defs"][name];
        assert_eq!(file["additionalProperties"], false, "{name} takes any key");
    }
}
