//! What is looked at when everything is over.
use crate::house::House;
use std::time::{Duration, Instant};
use store::doors::{log, workspaces};
use store::{Store, StoreConfig};
use tokio_postgres::NoTls;

/// The first value of a statement by the owner, as text.
pub async fn one(url: &str, sql: &str) -> String {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the test server answers");
    tokio::spawn(connection);
    let row = client.query_one(&format!("select ({sql})::text"), &[]).await;
    row.unwrap_or_else(|e| panic!("{sql}: {e:?}")).get(0)
}

pub async fn run(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the test server answers");
    tokio::spawn(connection);
    client.batch_execute(sql).await.expect("the statement is right");
}

pub async fn let_leases_run_out(url: &str) {
    run(url, "update kontor.jobs set lease_until = now() - interval '1 s' where state = 'running'").await;
}

/// A job that has done its work tells so a moment later, and one that lost an attempt waits for some seconds.
pub async fn no_job_is_left(house: &House) {
    let left =
        "select count(*) from kontor.jobs where member_id is not null and state in ('waiting', 'running')";
    let since = Instant::now();
    while one(&house.url, left).await != "0" {
        assert!(since.elapsed() < Duration::from_secs(90), "jobs stay: {}", house.log("work"));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the same deeds lead to whenever they are done: no ids, no times. A change that is repeated because its answer got
/// lost is one more entry of the log, so versions are held against the log and not against the other run.
pub async fn picture(url: &str) -> String {
    let clients = "select md5(string_agg(concat_ws('|', name, external_id, website, status, entity_type, archived_at is null), ','
        order by name, external_id)) || ' of ' || count(*) from data.clients";
    one(url, clients).await
}

/// What must hold whoever was killed, and when.
pub async fn check(house: &House) {
    let url = &house.url;
    let never = [
        ("a record whose version is not the number of its changes",
         "select count(*) from data.clients c where version <> (select count(*) from kontor.changes e
            where (e.workspace_id, e.record_id) = (c.workspace_id, c.id))"),
        ("a change of a record that is not there, and whose end the log does not tell",
         "select count(*) from (select workspace_id, record_id,
                 (array_agg(coalesce(after, 'null') order by at desc, change_set_id desc, seq desc))[1] as last
                 from kontor.changes where object = 'client' group by 1, 2) e
            where last <> 'null' and not exists (select from data.clients c
              where (c.workspace_id, c.id) = (e.workspace_id, e.record_id))"),
        // An export is noted as a set without entries.
        ("a change set without changes",
         "select count(*) || coalesce(': ' || string_agg(concat_ws(' ', source, note, undo_of), ', '), '') from kontor.change_sets s
            where source <> 'job' and not exists (select from kontor.changes c
              where (c.workspace_id, c.change_set_id) = (s.workspace_id, s.id))"),
        ("changes without their change set",
         "select count(*) from kontor.changes c where not exists (select from kontor.change_sets s
            where (s.workspace_id, s.id) = (c.workspace_id, c.change_set_id))"),
        ("an order that nobody has carried out",
         "select count(*) from kontor.imports where state not in ('done', 'undone')"),
        ("an export that was not written",
         "select count(*) || coalesce(': ' || string_agg(concat_ws(' ', state, attempt, error), ', '), '') from kontor.jobs
            where kind like 'export%' and state <> 'done'"),
        ("a remembered answer twice",
         "select count(*) - count(distinct key) from kontor.idempotency"),
    ];
    for (what, sql) in never {
        assert_eq!(one(url, sql).await, "0", "{what}");
    }
    let store = Store::connect(&StoreConfig::new(url)).await.expect("the database answers");
    log::seal_all(&store).await.expect("the log is sealed");
    for workspace in workspaces::list(&store).await.expect("a list") {
        let found = log::verify(&store, workspace.id).await.expect("it can be read");
        assert!(found.broken.is_none() && found.waiting == 0 && found.seq > 0, "{found:?}");
    }
    store.close();
    let doctor = house.site.well(&["doctor"]);
    assert!(!doctor.contains("FAIL"), "{doctor}");
}

/// Everything in the schemas of a database that has a form: what two databases that were migrated alike have alike.
pub async fn form(url: &str) -> String {
    one(url, FORM).await
}

const FORM: &str = "select string_agg(line, e'\\n' order by line) from (
    select format('column %s.%s %s %s %s', c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
        pg_get_expr(d.adbin, d.adrelid)) as line
      from pg_class c join pg_attribute a on a.attrelid = c.oid left join pg_attrdef d on (d.adrelid, d.adnum) = (c.oid, a.attnum)
     where c.relnamespace in (select oid from pg_namespace where nspname in ('kontor', 'data')) and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v')
    union all select format('index %s %s', pg_get_indexdef(indexrelid), indisvalid) from pg_index join pg_class c on c.oid = indexrelid
     where c.relnamespace in (select oid from pg_namespace where nspname in ('kontor', 'data'))
    union all select format('constraint %s %s %s', conrelid::regclass, pg_get_constraintdef(oid), convalidated) from pg_constraint
     where connamespace in (select oid from pg_namespace where nspname in ('kontor', 'data'))
    union all select format('policy %s %s %s %s', polrelid::regclass, polname, polroles::regrole[], pg_get_expr(polqual, polrelid)) from pg_policy
    union all select format('fence %s %s %s %s', oid::regclass, relrowsecurity, relforcerowsecurity, relacl) from pg_class
     where relnamespace in (select oid from pg_namespace where nspname in ('kontor', 'data')) and relkind in ('r', 'p', 'v', 'S')
    union all select format('function %s %s', oid::regprocedure, md5(prosrc)) from pg_proc
     where pronamespace in (select oid from pg_namespace where nspname in ('kontor', 'data'))
    union all select format('trigger %s %s', tgrelid::regclass, pg_get_triggerdef(oid)) from pg_trigger where not tgisinternal
) as everything";

/// Whether a process that was killed has left a session that still works; it ends when it notices.
pub async fn nobody_is_at_work(url: &str) {
    let name = url.rsplit('/').next().expect("a name");
    let busy =
        format!("select count(*) from pg_stat_activity where datname = '{name}' and pid <> pg_backend_pid()");
    for _ in 0..1_000 {
        if one(url, &busy).await == "0" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("sessions of the killed process stay");
}
