//! Models and connections that change under a request.
use crate::base::{Base, client};
use kernel::{Failure, Problem};
use query::{Plan, Shape, Statement};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use store::Notice;
use store::doors::workspaces::{self, WorkspaceChange};

fn nothing() -> Plan {
    Plan {
        rows: Statement { text: "select 1".into(), params: vec![] },
        shape: Shape::default(),
        limit: Some(1),
        ..Plan::default()
    }
}

#[tokio::test]
async fn a_plan_from_an_old_model_is_made_again_from_the_new_one() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let before = base.store.model(actor.workspace).await.unwrap();
    // Another process changes the workspace.
    let elsewhere = base.owner().await;
    elsewhere.execute("update kontor.workspaces set model_revision = model_revision + 1", &[]).await.unwrap();
    let planned = AtomicUsize::new(0);
    let page = base
        .store
        .read(&actor, |model| {
            planned.fetch_add(1, SeqCst);
            assert!(model.revision >= before.revision);
            Ok(nothing())
        })
        .await
        .unwrap();
    assert_eq!((page.rows, planned.load(SeqCst)), (1, 2));
    assert_eq!(base.store.model(actor.workspace).await.unwrap().revision, before.revision + 1);
}

#[tokio::test]
async fn a_refusal_by_an_old_model_is_not_the_last_word() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let before = base.store.model(actor.workspace).await.unwrap().revision;
    let elsewhere = base.owner().await;
    elsewhere.execute("update kontor.workspaces set model_revision = model_revision + 1", &[]).await.unwrap();
    let page = base
        .store
        .read(&actor, |model| match model.revision == before {
            true => Err(Problem::new("query.no_such_field", "Not yet.").into()),
            false => Ok(nothing()),
        })
        .await
        .unwrap();
    assert_eq!(page.body, b"[{}]");
    let refused = base
        .store
        .read(&actor, |_| Err::<query::Plan, _>(Problem::new("query.no_such_field", "Never.").into()))
        .await;
    assert!(matches!(refused, Err(Failure::Refused(_))));
}

#[tokio::test]
async fn a_workspace_that_is_switched_off_lets_nobody_in() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    base.store.begin(&actor).await.unwrap();
    let off = WorkspaceChange { is_active: Some(false), ..WorkspaceChange::default() };
    workspaces::change(&base.store, actor.workspace, &off).await.unwrap().unwrap();
    assert!(base.store.begin(&actor).await.is_err());
    assert!(base.store.read(&actor, |_| Ok(nothing())).await.is_err());
}

#[tokio::test]
async fn a_connection_that_died_at_rest_is_replaced_unnoticed() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    base.store.read(&actor, |_| Ok(nothing())).await.unwrap();
    let owner = base.owner().await;
    let end_all = "select pg_terminate_backend(pid, 10000) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()";
    owner.execute(end_all, &[]).await.unwrap();
    base.store.begin(&actor).await.unwrap().commit().await.unwrap();
    owner.execute(end_all, &[]).await.unwrap();
    base.store.read(&actor, |_| Ok(nothing())).await.unwrap();
}

#[tokio::test]
async fn a_statement_that_a_migration_overtook_is_prepared_again() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let owner = base.owner().await;
    owner
        .batch_execute("create table data.odd (n integer); insert into data.odd values (7); grant select on data.odd to kontor_app")
        .await
        .unwrap();
    let plan =
        || Plan { rows: Statement { text: "select n from data.odd".into(), params: vec![] }, ..nothing() };
    for _ in 0..3 {
        base.store.read(&actor, |_| Ok(plan())).await.unwrap();
    }
    owner.batch_execute("alter table data.odd alter column n type bigint").await.unwrap();
    base.store.read(&actor, |_| Ok(plan())).await.unwrap();
}

#[tokio::test]
async fn exactly_one_is_neither_none_nor_two() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let rows = |n: usize| Plan {
        rows: Statement { text: format!("select 1 from generate_series(1, {n})"), params: vec![] },
        ..nothing()
    };
    let one = base.store.read(&actor, |_| Ok(rows(1))).await.unwrap();
    assert_eq!(one.single().unwrap(), b"{}");
    for n in [0, 2] {
        let page = base.store.read(&actor, |_| Ok(rows(n))).await.unwrap();
        assert_eq!(page.single().unwrap_err().code, "query.single");
    }
}

#[tokio::test]
async fn notices_arrive_also_after_the_connection_broke() {
    let base = Base::new().await;
    let listener = base.store.listen(&["kontor_test"]);
    let mut notices = listener.subscribe();
    assert_eq!(notices.recv().await.unwrap(), Notice::Connected);
    let other = client(&base.url).await;
    other.batch_execute("notify kontor_test, 'one'").await.unwrap();
    let message = |payload: &str| Notice::Message { channel: "kontor_test".into(), payload: payload.into() };
    assert_eq!(notices.recv().await.unwrap(), message("one"));
    let end = "select pg_terminate_backend(pid, 10000) from pg_stat_activity
        where datname = current_database() and query like 'listen %'";
    other.execute(end, &[]).await.unwrap();
    assert_eq!(notices.recv().await.unwrap(), Notice::Connected);
    other.batch_execute("notify kontor_test, 'two'").await.unwrap();
    assert_eq!(notices.recv().await.unwrap(), message("two"));
}

#[tokio::test]
async fn a_workspace_is_found_by_its_slug_and_a_slug_is_taken_once() {
    let base = Base::new().await;
    let actor = base.workspace("harbour").await;
    let found = workspaces::by_slug(&base.store, "harbour").await.unwrap().unwrap();
    assert_eq!((found.id, found.model_revision, found.settings), (actor.workspace, 1, json!({})));
    let new =
        |slug: &str| workspaces::NewWorkspace { slug: slug.into(), name: "X".into(), ..Default::default() };
    let refused = |failure: Failure| match failure {
        Failure::Refused(p) => p[0].code,
        Failure::Broken(e) => panic!("{e:#}"),
    };
    assert_eq!(
        refused(workspaces::create(&base.store, &new("harbour")).await.unwrap_err()),
        "field.duplicate"
    );
    assert_eq!(
        refused(workspaces::create(&base.store, &new("Har bour")).await.unwrap_err()),
        "field.pattern"
    );
    assert_eq!(workspaces::list(&base.store).await.unwrap().len(), 1);
    assert!(store::doors::health::check(&base.store).await.is_ok());
}

/// A list as HTTP asks for it.
async fn ask(
    base: &Base,
    actor: &policy::Actor,
    plural: &str,
    query: &str,
    prefer: Option<&str>,
) -> store::Page {
    let pairs = query::pairs(query);
    let headers = query::Headers { prefer, ..query::Headers::default() };
    let ask = query::parse(&pairs, &headers).expect("a query");
    let plan = |model: &meta::Model| {
        let object = model.by_plural(plural)?;
        let grant = policy::grant::<policy::Read>(model, actor, &object.name)?;
        Ok(query::list(model, actor, &grant, &ask)?)
    };
    base.store.read(actor, plan).await.expect("a page")
}

fn rows(page: &store::Page) -> serde_json::Value {
    serde_json::from_slice(&page.body).expect("JSON")
}

#[tokio::test]
async fn relations_of_relations_stand_inside_their_records() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    for (client, contacts) in [("Ada", &["Grace", "Linus"][..]), ("Bob", &[])] {
        let id = base.client(&actor, client).await;
        for name in contacts {
            base.insert(&actor, "contact", &[("client_id", id.into()), ("last_name", (*name).into())]).await;
        }
    }
    let query = "select=name,contacts(last_name,client(name,contacts(last_name)))&contacts.order=last_name&order=name";
    let page = ask(&base, &actor, "clients", query, None).await;
    let back = json!({ "name": "Ada", "contacts": [{ "last_name": "Grace" }, { "last_name": "Linus" }] });
    assert_eq!(
        rows(&page),
        json!([
            { "name": "Ada", "contacts": [{ "last_name": "Grace", "client": back }, { "last_name": "Linus", "client": back }] },
            { "name": "Bob", "contacts": [] },
        ])
    );
}

#[tokio::test]
async fn cursors_lead_through_every_record_once() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    for i in 0..25 {
        // Equal names, so that the id decides.
        base.client(&actor, &format!("Name {}", i % 4)).await;
    }
    for order in ["name.asc", "name.desc", "created_at.desc", "email.desc.nullslast,name.asc"] {
        let (mut seen, mut cursor, mut pages) = (std::collections::HashSet::new(), String::new(), 0);
        loop {
            let query = format!("select=id,name&order={order}&limit=10{cursor}");
            let page = ask(&base, &actor, "clients", &query, None).await;
            for row in rows(&page).as_array().unwrap() {
                assert!(seen.insert(row["id"].to_string()), "{order}: a record comes twice");
            }
            pages += 1;
            match page.cursor {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!((seen.len(), pages), (25, 3), "{order}");
    }
}

#[tokio::test]
async fn totals_are_counted_or_guessed_as_asked() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let fill = "insert into data.clients (workspace_id, id, name)
        select $1, gen_random_uuid(), n::text from generate_series(1, 5000) n";
    base.owner().await.execute(fill, &[&actor.workspace]).await.unwrap();
    base.owner().await.batch_execute("analyze data.clients").await.unwrap();
    let total =
        async |query: &str, prefer: Option<&str>| ask(&base, &actor, "clients", query, prefer).await.total;
    assert_eq!(total("select=id&limit=5", None).await, None);
    assert_eq!(total("select=id&limit=5", Some("count=exact")).await, Some(5000));
    let planned = total("select=id&limit=5", Some("count=planned")).await.unwrap();
    assert!((4000..=6000).contains(&planned), "{planned}");
    let estimated = total("select=id&limit=5", Some("count=estimated")).await.unwrap();
    assert!((4000..=6000).contains(&estimated), "{estimated}");
    assert_eq!(
        total("select=id&name=eq.77&limit=50", Some("count=estimated")).await,
        Some(1),
        "few are counted"
    );
}
