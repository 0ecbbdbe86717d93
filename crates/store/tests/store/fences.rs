//! What the database itself refuses, however the statement came about.
use crate::base::Base;
use tokio_postgres::error::SqlState;

#[tokio::test]
async fn rows_of_another_workspace_are_invisible_even_to_raw_sql() {
    let base = Base::new().await;
    let (ours, theirs) = (base.workspace("ours").await, base.workspace("theirs").await);
    base.client(&ours, "Ours").await;
    base.client(&theirs, "Theirs").await;
    let app = base.app(ours.workspace).await;
    let names: Vec<String> =
        app.query("select name from data.clients", &[]).await.unwrap().iter().map(|r| r.get(0)).collect();
    assert_eq!(names, ["Ours"]);
    assert_eq!(
        app.execute("update data.clients set name = 'Mine' where name = 'Theirs'", &[]).await.unwrap(),
        0
    );
    assert_eq!(app.execute("delete from data.clients where name = 'Theirs'", &[]).await.unwrap(), 0);
}

#[tokio::test]
async fn without_a_workspace_nothing_is_visible() {
    let base = Base::new().await;
    let ours = base.workspace("ours").await;
    base.client(&ours, "Ours").await;
    let app = base.app(ours.workspace).await;
    app.batch_execute("reset kontor.workspace").await.unwrap();
    assert!(app.query("select 1 from data.clients", &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_row_cannot_be_put_into_another_workspace() {
    let base = Base::new().await;
    let (ours, theirs) = (base.workspace("ours").await, base.workspace("theirs").await);
    let app = base.app(ours.workspace).await;
    let sql = "insert into data.clients (workspace_id, id, name) values ($1, gen_random_uuid(), 'Planted')";
    let refused = app.execute(sql, &[&theirs.workspace]).await.unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    app.execute(sql, &[&ours.workspace]).await.unwrap();
    let moved =
        app.execute("update data.clients set workspace_id = $1", &[&theirs.workspace]).await.unwrap_err();
    assert_eq!(moved.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
}

#[tokio::test]
async fn a_reference_across_workspaces_is_impossible_even_for_the_owner() {
    let base = Base::new().await;
    let (ours, theirs) = (base.workspace("ours").await, base.workspace("theirs").await);
    let foreign = base.client(&theirs, "Theirs").await;
    let sql = "insert into data.contacts (workspace_id, id, client_id) values ($1, gen_random_uuid(), $2)";
    let owner = base.owner().await;
    let refused = owner.execute(sql, &[&ours.workspace, &foreign]).await.unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::FOREIGN_KEY_VIOLATION));
    owner.execute(sql, &[&theirs.workspace, &foreign]).await.unwrap();
}

#[tokio::test]
async fn the_change_log_can_be_written_and_not_rewritten() {
    let base = Base::new().await;
    let ours = base.workspace("ours").await;
    let app = base.app(ours.workspace).await;
    let set =
        "insert into kontor.change_sets (workspace_id, id, at, member_id, actor_name, actor_kind, source)
        values ($1, gen_random_uuid(), now(), gen_random_uuid(), 'Test', 'system', 'system')";
    app.execute(set, &[&ours.workspace]).await.unwrap();
    let change =
        "insert into kontor.changes (workspace_id, change_set_id, seq, at, object, record_id, action)
        values ($1, gen_random_uuid(), 1, now(), 'client', gen_random_uuid(), 'create')";
    app.execute(change, &[&ours.workspace]).await.unwrap();
    for sql in [
        "update kontor.changes set seq = 2",
        "delete from kontor.changes",
        "truncate kontor.changes",
        "update kontor.change_sets set note = 'x'",
        "delete from kontor.change_sets",
        "truncate kontor.change_sets",
    ] {
        let refused = app.batch_execute(sql).await.unwrap_err();
        assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}");
    }
    assert_eq!(app.query("select 1 from kontor.changes", &[]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_application_has_no_way_to_what_the_doors_guard() {
    let base = Base::new().await;
    let ours = base.workspace("ours").await;
    let app = base.app(ours.workspace).await;
    for table in ["users", "sessions", "api_keys", "invitations", "auth_log"] {
        let refused = app.query(&format!("select 1 from kontor.{table}"), &[]).await.unwrap_err();
        assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{table}");
    }
    let refused = app.query("select settings from kontor.workspaces", &[]).await.unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    assert!(app.batch_execute("create table data.mine ()").await.is_err());
}

#[tokio::test]
async fn every_table_with_a_workspace_is_fenced() {
    let base = Base::new().await;
    let open: Vec<String> = base
        .owner()
        .await
        .query(
            "select n.nspname || '.' || c.relname
             from pg_class c join pg_namespace n on n.oid = c.relnamespace
                 join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
             where n.nspname in ('kontor', 'data') and c.relkind in ('r', 'p') and not c.relispartition
                 and not (c.relrowsecurity and c.relforcerowsecurity
                     and exists (select 1 from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant'))",
            &[],
        )
        .await
        .unwrap()
        .iter()
        .map(|r| r.get(0))
        .collect();
    assert_eq!(open, [""; 0]);
    // A partition by its own name would go round the parent's policy.
    let app = base.app(kernel::new_id()).await;
    let refused = app.query("select 1 from kontor.changes_default", &[]).await.unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
}

#[tokio::test]
async fn a_pooled_connection_keeps_nothing_of_its_last_user() {
    let base = Base::new().await;
    let (ours, theirs) = (base.workspace("ours").await, base.workspace("theirs").await);
    base.client(&ours, "Ours").await;
    for actor in [&ours, &theirs] {
        let cx = base.store.begin_read(actor).await.unwrap();
        let statement = query::Statement { text: "select count(*) from data.clients".into(), params: vec![] };
        let rows = cx.query(&statement, &[meta::Codec::Int8]).await.unwrap();
        let expected = i64::from(actor.workspace == ours.workspace);
        assert_eq!(rows[0][0], kernel::Value::Int(expected));
    }
}

#[tokio::test]
async fn numbers_of_a_series_have_no_gaps_and_no_twins() {
    let base = Base::new().await;
    let ours = base.workspace("ours").await;
    let next = || async {
        let cx = base.store.begin(&ours).await.unwrap();
        let statement =
            query::Statement { text: "select kontor.next_number('invoice', 2026)".into(), params: vec![] };
        let number = cx.query(&statement, &[meta::Codec::Int8]).await.unwrap()[0][0].clone();
        (cx, number)
    };
    let (first, number) = next().await;
    assert_eq!(number, kernel::Value::Int(1));
    drop(first);
    let (second, number) = next().await;
    assert_eq!(number, kernel::Value::Int(1), "what was rolled back is given again");
    second.commit().await.unwrap();
    let all = futures_util::future::join_all((0..8).map(|_| async {
        let (cx, number) = next().await;
        cx.commit().await.unwrap();
        number
    }))
    .await;
    let mut numbers: Vec<i64> =
        all.iter().map(|n| if let kernel::Value::Int(i) = n { *i } else { 0 }).collect();
    numbers.sort();
    assert_eq!(numbers, (2..=9).collect::<Vec<_>>());
}
