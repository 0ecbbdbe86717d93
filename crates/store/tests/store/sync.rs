//! Blueprints that change over tables that hold data.
use crate::base::Base;
use meta::Library;
use store::{MigrateOptions, MigrationReport};

const BLUEPRINT: &str = r#"
name = "core"
label = "Core"
description = "A small house."
requires = []
location_label = "Place"
location_label_plural = "Places"
"#;

fn object(name: &str, more: &str, fields: &str) -> (String, String) {
    let head = format!(
        "name = \"{name}\"\nplural = \"{name}s\"\nlabel = \"{name}\"\nlabel_plural = \"{name}s\"\n\
         description = \"Something.\"\nicon = \"box\"\n{more}\n{fields}"
    );
    (format!("core/objects/{name}.toml"), head)
}

fn field(name: &str, kind: &str, more: &str) -> String {
    format!("\n[[fields]]\nname = \"{name}\"\nkind = \"{kind}\"\npersonal = false\n{more}\n")
}

fn library(objects: &[(String, String)]) -> Library {
    let mut files = vec![("core/blueprint.toml".to_string(), BLUEPRINT.to_string())];
    files.extend_from_slice(objects);
    Library::parse(&files).unwrap_or_else(|faults| {
        panic!(
            "{:#?}",
            faults.into_iter().map(|f| format!("{}:{} {}", f.file, f.line, f.detail)).collect::<Vec<_>>()
        )
    })
}

async fn migrate(base: &Base, objects: &[(String, String)]) -> MigrationReport {
    let library = library(objects);
    let report = base.store.migrate(&library, MigrateOptions::default()).await.expect("a migration");
    let again = base.store.migrate(&library, MigrateOptions::default()).await.expect("a second migration");
    assert_eq!(again.steps, [""; 0], "the second run finds nothing to do");
    report
}

fn boat(fields: &str) -> (String, String) {
    object("boat", "search = [\"title\"]", &(field("title", "text", "") + fields))
}

async fn one_boat(base: &Base, sql: &str) -> String {
    base.owner().await.query_one(sql, &[]).await.expect("one row").get(0)
}

async fn with_a_boat(fields: &str) -> Base {
    let base = Base::empty().await;
    migrate(&base, &[boat(fields)]).await;
    let sql = "insert into data.boats (workspace_id, id, title) values (gen_random_uuid(), gen_random_uuid(), 'Ébène')";
    base.owner().await.execute(sql, &[]).await.unwrap();
    base
}

#[tokio::test]
async fn a_new_field_becomes_a_column() {
    let base = with_a_boat("").await;
    let report = migrate(&base, &[boat(&field("length", "decimal", "scale = 2"))]).await;
    assert_eq!(report.steps, [r#"alter table data.boats add column "length" numeric"#]);
}

#[tokio::test]
async fn a_field_that_left_the_blueprint_is_told_and_kept() {
    let base = with_a_boat(&field("length", "decimal", "")).await;
    let report = migrate(&base, &[boat("")]).await;
    assert_eq!(report.steps, [""; 0]);
    assert_eq!(report.warnings, ["data.boats.length is in no blueprint; it is left as it is"]);
    let report = migrate(&base, &[object("pier", "", &field("title", "text", ""))]).await;
    assert_eq!(report.warnings, ["data.boats is in no blueprint; it is left as it is"]);
}

#[tokio::test]
async fn a_renamed_field_keeps_its_values_and_its_uniqueness() {
    let base = with_a_boat(&field("plate", "text", "unique = \"workspace\"")).await;
    base.owner().await.execute("update data.boats set plate = 'B1'", &[]).await.unwrap();
    let renamed = boat(&field("registration", "text", "unique = \"workspace\"\nrenamed_from = \"plate\""));
    let report = migrate(&base, &[renamed]).await;
    assert_eq!(report.warnings, [""; 0]);
    assert_eq!(one_boat(&base, "select registration from data.boats").await, "B1");
    let again = "insert into data.boats (workspace_id, id, registration) select workspace_id, gen_random_uuid(), 'B1' from data.boats";
    let refused = base.owner().await.execute(again, &[]).await.unwrap_err();
    assert_eq!(refused.as_db_error().unwrap().constraint(), Some("boats_registration_key"));
}

#[tokio::test]
async fn a_renamed_object_keeps_its_rows() {
    let base = with_a_boat("").await;
    let ship = object("ship", "search = [\"title\"]\nrenamed_from = \"boat\"", &field("title", "text", ""));
    let report = migrate(&base, &[ship]).await;
    assert_eq!(report.warnings, [""; 0]);
    assert_eq!(one_boat(&base, "select title from data.ships").await, "Ébène");
}

#[tokio::test]
async fn a_search_over_other_fields_is_made_anew() {
    let base = with_a_boat(&field("berth", "text", "")).await;
    base.owner().await.execute("update data.boats set berth = 'Nord'", &[]).await.unwrap();
    assert_eq!(one_boat(&base, "select search_text from data.boats").await, "ebene");
    let fields = field("title", "text", "") + &field("berth", "text", "");
    migrate(&base, &[object("boat", "search = [\"title\", \"berth\"]", &fields)]).await;
    assert_eq!(one_boat(&base, "select search_text from data.boats").await, "ebene nord");
}

#[tokio::test]
async fn a_reference_between_tables_that_are_in_use_is_checked_afterwards() {
    let base = with_a_boat("").await;
    let pier = || object("pier", "", &field("title", "text", ""));
    migrate(&base, &[boat(""), pier()]).await;
    let reference = field("pier_id", "reference", "to = \"pier\"\non_delete = \"set_null\"");
    let report = migrate(&base, &[boat(&reference), pier()]).await;
    let sql = report.steps.join("\n");
    assert!(sql.contains("on delete set null (\"pier_id\") not valid"), "{sql}");
    assert!(sql.contains("validate constraint \"boats_pier_id_fkey\""), "{sql}");
    assert!(sql.contains("create index concurrently \"boats_pier_id_idx\""), "{sql}");
    let owner = base.owner().await;
    owner
        .batch_execute(
            "insert into data.piers (workspace_id, id, title) select workspace_id, gen_random_uuid(), 'P' from data.boats;
             update data.boats set pier_id = (select id from data.piers);
             delete from data.piers",
        )
        .await
        .unwrap();
    let row =
        owner.query_one("select pier_id is null, workspace_id is null from data.boats", &[]).await.unwrap();
    assert_eq!((row.get::<_, bool>(0), row.get::<_, bool>(1)), (true, false));
}

#[tokio::test]
async fn what_happens_on_delete_can_change() {
    let base = Base::empty().await;
    let pier = || object("pier", "", &field("title", "text", ""));
    let berthed = |on_delete: &str| {
        boat(&field("pier_id", "reference", &format!("to = \"pier\"\non_delete = \"{on_delete}\"")))
    };
    migrate(&base, &[berthed("restrict"), pier()]).await;
    migrate(&base, &[berthed("cascade"), pier()]).await;
    let owner = base.owner().await;
    owner
        .batch_execute(
            "insert into data.piers (workspace_id, id) values (gen_random_uuid(), gen_random_uuid());
             insert into data.boats (workspace_id, id, pier_id) select workspace_id, gen_random_uuid(), id from data.piers;
             delete from data.piers",
        )
        .await
        .unwrap();
    assert!(owner.query("select 1 from data.boats", &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_type_only_grows() {
    let base = with_a_boat(&(field("length", "integer", "") + &field("note", "text", ""))).await;
    let wider = field("length", "decimal", "") + &field("note", "integer", "");
    let library = library(&[boat(&wider)]);
    let report = base.store.migrate(&library, MigrateOptions::default()).await.unwrap();
    assert_eq!(report.steps, [r#"alter table data.boats alter column "length" type numeric"#]);
    assert_eq!(report.warnings.len(), 1);
    assert!(
        report.warnings[0].starts_with("data.boats.note is text, the blueprint asks for bigint"),
        "{:?}",
        report.warnings
    );
}

#[tokio::test]
async fn an_index_that_was_left_half_built_is_built_again() {
    let base = with_a_boat(&field("plate", "text", "unique = \"workspace\"")).await;
    let owner = base.owner().await;
    owner
        .batch_execute(
            "update pg_index set indisvalid = false where indexrelid = 'data.boats_plate_key'::regclass",
        )
        .await
        .unwrap();
    let report = migrate(&base, &[boat(&field("plate", "text", "unique = \"workspace\""))]).await;
    assert_eq!(report.steps.len(), 2, "{:?}", report.steps);
}
