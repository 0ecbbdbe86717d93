//! From nothing to every table, and again, and back.
use crate::base::{Base, config};
use meta::Library;
use store::{MigrateOptions, Store};

#[tokio::test]
async fn a_second_migration_finds_nothing_to_do() {
    let base = Base::empty().await;
    let started = std::time::Instant::now();
    let first = base.store.migrate(Library::shipped(), MigrateOptions::default()).await.unwrap();
    println!("{} steps in {:?}", first.steps.len(), started.elapsed());
    assert!(!first.steps.is_empty());
    assert_eq!(first.warnings, [""; 0]);
    let second = base.store.migrate(Library::shipped(), MigrateOptions::default()).await.unwrap();
    assert_eq!(second.steps, [""; 0]);
    assert_eq!(second.warnings, [""; 0]);
}

#[tokio::test]
async fn a_plan_tells_the_sql_and_does_nothing() {
    let base = Base::empty().await;
    let plan = MigrateOptions { plan_only: true };
    let report = base.store.migrate(Library::shipped(), plan).await.unwrap();
    assert!(report.planned_only);
    let sql = report.steps.join(";\n");
    for part in ["create table kontor.workspaces", "create table data.clients", "\"clients_search_idx\""] {
        assert!(sql.contains(part), "{part} is missing");
    }
    let owner = base.owner().await;
    let made =
        owner.query("select 1 from pg_namespace where nspname in ('kontor', 'data')", &[]).await.unwrap();
    assert!(made.is_empty());
}

#[tokio::test]
async fn migrations_that_start_together_do_not_collide() {
    let base = Base::empty().await;
    let others = [
        Store::connect(&config(&base.url)).await.unwrap(),
        Store::connect(&config(&base.url)).await.unwrap(),
    ];
    let run =
        |store: Store| async move { store.migrate(Library::shipped(), MigrateOptions::default()).await };
    let [a, b, c] = [base.store.clone(), others[0].clone(), others[1].clone()].map(|s| tokio::spawn(run(s)));
    let reports = [a.await.unwrap().unwrap(), b.await.unwrap().unwrap(), c.await.unwrap().unwrap()];
    let busy = reports.iter().filter(|r| !r.steps.is_empty()).count();
    assert_eq!(busy, 1, "one does the work, the others find it done");
}

#[tokio::test]
async fn databases_of_one_cluster_can_be_migrated_side_by_side() {
    let bases = futures_util::future::join_all((0..3).map(|_| Base::empty())).await;
    let migrations = bases.iter().map(|b| b.store.migrate(Library::shipped(), MigrateOptions::default()));
    for report in futures_util::future::join_all(migrations).await {
        report.unwrap();
    }
}

#[tokio::test]
async fn the_engine_goes_up_and_down_and_up_again() {
    let base = Base::empty().await;
    let nothing = Library::parse(&[]).unwrap_or_else(|faults| {
        panic!("{:?}", faults.into_iter().map(|f| f.detail).collect::<Vec<_>>());
    });
    let up = || base.store.migrate(&nothing, MigrateOptions::default());
    let first = up().await.unwrap();
    let shape = shape(&base).await;
    let undone = base.store.migrate_down(usize::MAX).await.unwrap();
    assert_eq!(undone.len(), first.steps.iter().filter(|s| s.starts_with("-- V")).count());
    let left: i64 = base
        .owner()
        .await
        .query_one(
            "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname in ('kontor', 'data') and c.relkind in ('r', 'p') and c.relname <> 'migrations'",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(left, 0);
    up().await.unwrap();
    assert_eq!(self::shape(&base).await, shape);
}

/// Every column of every table.
async fn shape(base: &Base) -> Vec<String> {
    let sql = "select format('%s.%s.%s %s', table_schema, table_name, column_name, data_type)
        from information_schema.columns where table_schema in ('kontor', 'data') order by 1";
    base.owner().await.query(sql, &[]).await.unwrap().iter().map(|r| r.get(0)).collect()
}

#[tokio::test]
async fn search_uses_its_index_under_row_level_security() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let owner = base.owner().await;
    let fill = "insert into data.clients (workspace_id, id, name, version)
        select $1, gen_random_uuid(), md5(n::text), 1 from generate_series(1, 20000) n";
    owner.execute(fill, &[&actor.workspace]).await.unwrap();
    owner.batch_execute("analyze data.clients").await.unwrap();
    base.client(&actor, "Çelik Straße").await;
    let app = base.app(actor.workspace).await;
    let search = "select name from data.clients where workspace_id = $1 and search_text like kontor.like_pattern('celik strasse')";
    let plan: Vec<String> = app
        .query(&format!("explain {}", search.replace("$1", &format!("'{}'", actor.workspace))), &[])
        .await
        .unwrap()
        .iter()
        .map(|r| r.get(0))
        .collect();
    assert!(plan.join("\n").contains("clients_search_idx"), "{}", plan.join("\n"));
    let found: Vec<String> =
        app.query(search, &[&actor.workspace]).await.unwrap().iter().map(|r| r.get(0)).collect();
    assert_eq!(found, ["Çelik Straße"]);
}

#[tokio::test]
async fn wildcards_of_a_search_are_taken_literally() {
    let base = Base::new().await;
    let owner = base.owner().await;
    let row = owner.query_one("select kontor.like_pattern('50%_\\Ä')", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "%50\\%\\_\\\\a%");
}

#[tokio::test]
async fn the_change_log_has_a_partition_for_now_and_makes_more_once() {
    let base = Base::new().await;
    let owner = base.owner().await;
    let month = "select tableoid::regclass::text from kontor.changes";
    owner
        .execute(
            "insert into kontor.changes (workspace_id, change_set_id, seq, at, object, record_id, action)
             values (gen_random_uuid(), gen_random_uuid(), 1, now(), 'client', gen_random_uuid(), 'create')",
            &[],
        )
        .await
        .unwrap();
    let at: String = owner.query_one(month, &[]).await.unwrap().get(0);
    assert!(at.contains("changes_2"), "{at}");
    let make = "select kontor.ensure_partitions('2031-05-17', 2)";
    assert_eq!(owner.query_one(make, &[]).await.unwrap().get::<_, i32>(0), 4);
    assert_eq!(owner.query_one(make, &[]).await.unwrap().get::<_, i32>(0), 0);
}

#[tokio::test]
async fn an_owner_who_is_no_superuser_can_migrate_and_is_told_what_a_superuser_could_add() {
    let base = Base::of_plain_owner().await;
    let report = base.store.migrate(Library::shipped(), MigrateOptions::default()).await.unwrap();
    assert_eq!(report.warnings.len(), 1, "{:?}", report.warnings);
    assert!(report.warnings[0].contains("alter function pg_catalog.textlike(text,text) leakproof"));
    assert_eq!(
        base.store.migrate(Library::shipped(), MigrateOptions::default()).await.unwrap().steps,
        [""; 0]
    );
    let (ours, theirs) = (base.workspace("ours").await, base.workspace("theirs").await);
    base.client(&ours, "Ours").await;
    let cx = base.store.begin_read(&theirs).await.unwrap();
    let statement = query::Statement { text: "select name from data.clients".into(), params: vec![] };
    assert!(cx.query(&statement, &[meta::Codec::Text]).await.unwrap().is_empty());
    let seen = base.owner().await.query("select 1 from data.clients", &[]).await.unwrap();
    assert_eq!(seen.len(), 1, "the system doors see every workspace");
}
