//! `docs/entities.md`: where each entity that the trades' descriptions name lives in Kontor.
use crate::library::Library;
use crate::source::Entity;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Tables of the schema `kontor` that an entity may live in; a test compares them with the migrations of `store`.
pub const ENGINE_TABLES: [&str; 18] = [
    "api_keys",
    "auth_log",
    "change_sets",
    "changes",
    "counters",
    "custom_indexes",
    "custom_records",
    "custom_unique",
    "idempotency",
    "invitations",
    "jobs",
    "members",
    "role_assignments",
    "role_overrides",
    "sessions",
    "stage_history",
    "users",
    "workspaces",
];

/// One table per trade, in the order of the specification.
pub fn entities_markdown(library: &Library) -> String {
    let mut text = String::from(
        "# Where each entity lives\n\nGenerated from `blueprints/*/entities.toml`; do not edit.\n\n\
         `object`: a table with its own API. `part`: rows inside another record. `link`: many to many. `field`: a field \
         of an object. `engine`: a table of the engine (schema `kontor`). `overlay`: changes to a core object.\n",
    );
    for name in library.names() {
        let Some(blueprint) = library.blueprint(name).filter(|b| !b.entities.is_empty()) else { continue };
        let _ =
            write!(text, "\n## {}\n\n| Spec | Entity | Home | Note |\n|---|---|---|---|\n", blueprint.label);
        let mut by_spec: BTreeMap<&str, Vec<&Entity>> = BTreeMap::new();
        for entity in &blueprint.entities {
            by_spec.entry(&entity.spec).or_default().push(entity);
        }
        for entity in by_spec.into_values().flatten() {
            let _ = writeln!(text, "{}", row(entity));
        }
    }
    text
}

fn row(entity: &Entity) -> String {
    let cell = |t: &str| t.replace('|', "\\|").replace('\n', " ");
    format!(
        "| {} | `{}` | `{}` | {} |",
        cell(&entity.spec),
        cell(&entity.entity),
        entity.home,
        cell(&entity.note)
    )
}
