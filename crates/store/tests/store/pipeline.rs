//! How often a request goes to the database and back, counted on the wire.
use crate::base::{Base, config, insert};
use kernel::Value;
use meta::Codec;
use policy::Actor;
use query::{ManyPlan, Member, Plan, Shape, Statement};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use store::Store;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A wire that counts round trips: how often something is asked after something was answered.
struct Wire {
    store: Store,
    trips: Arc<AtomicUsize>,
}

impl Wire {
    async fn new(base: &Base) -> Wire {
        let server =
            base.url.split('@').nth(1).and_then(|s| s.split('/').next()).expect("host and port").to_string();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = base.url.replace(&server, &listener.local_addr().unwrap().to_string());
        let trips = Arc::new(AtomicUsize::new(0));
        let counter = trips.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(relay(client, server, counter.clone()));
            }
        });
        Wire { store: Store::connect(&config(&url)).await.unwrap(), trips }
    }

    fn count(&self) -> usize {
        self.trips.swap(0, SeqCst)
    }
}

async fn relay(client: TcpStream, server: TcpStream, trips: Arc<AtomicUsize>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut question, mut answer) = (vec![0; 65536], vec![0; 65536]);
    let mut answered = true;
    loop {
        tokio::select! {
            n = from_client.read(&mut question) => {
                let Ok(n @ 1..) = n else { return };
                if std::mem::take(&mut answered) {
                    trips.fetch_add(1, SeqCst);
                    // What is written in two goes is one trip if nobody waited in between.
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
                if to_server.write_all(&question[..n]).await.is_err() { return }
            }
            n = from_server.read(&mut answer) => {
                let Ok(n @ 1..) = n else { return };
                answered = true;
                if to_client.write_all(&answer[..n]).await.is_err() { return }
            }
        }
    }
}

fn list() -> Plan {
    Plan {
        rows: Statement {
            text: "select id, name from data.clients where workspace_id = $1 order by name".into(),
            params: vec![],
        },
        shape: Shape { members: vec![column("name", 1)] },
        ..Plan::default()
    }
}

fn column(name: &str, column: usize) -> Member {
    Member::Column { prefix: format!("\"{name}\":").into(), column, codec: Codec::Text }
}

async fn read(store: &Store, actor: &Actor, mut plan: Plan) -> String {
    plan.rows.params = vec![actor.workspace.into()];
    let page = store.read(actor, |_| Ok(plan.clone())).await.unwrap();
    String::from_utf8(page.body).unwrap()
}

#[tokio::test]
async fn a_list_is_one_round_trip_and_a_relation_one_more() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let client = base.client(&actor, "Ada").await;
    base.insert(&actor, "contact", &[("client_id", client.into()), ("first_name", "Grace".into())]).await;
    let wire = Wire::new(&base).await;
    for _ in 0..2 {
        read(&wire.store, &actor, list()).await;
    }
    wire.count();
    assert_eq!(read(&wire.store, &actor, list()).await, r#"[{"name":"Ada"}]"#);
    assert_eq!(wire.count(), 1);

    let mut plan = list();
    plan.count = Some(Statement {
        text: "select count(*) from data.clients where workspace_id = $1".into(),
        params: vec![actor.workspace.into()],
    });
    read(&wire.store, &actor, plan.clone()).await;
    wire.count();
    read(&wire.store, &actor, plan.clone()).await;
    assert_eq!(wire.count(), 1, "with a count");

    plan.many = vec![ManyPlan {
        rows: Statement {
            text: "select client_id, first_name from data.contacts where workspace_id = $1 and client_id = any($2::uuid[])".into(),
            params: vec![actor.workspace.into(), Value::Ids(vec![])],
        },
        shape: Shape { members: vec![column("first_name", 1)] },
        ..ManyPlan::default()
    }];
    plan.shape.members.push(Member::Many { prefix: "\"contacts\":".into(), slot: 0 });
    let expected = r#"[{"name":"Ada","contacts":[{"first_name":"Grace"}]}]"#;
    assert_eq!(read(&wire.store, &actor, plan.clone()).await, expected);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    wire.count();
    read(&wire.store, &actor, plan).await;
    assert_eq!(wire.count(), 2, "with a relation");
}

#[tokio::test]
async fn a_change_is_two_round_trips_however_many_statements_it_has() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let wire = Wire::new(&base).await;
    for attempt in 0..3 {
        wire.count();
        let first = |_: &meta::Model| {
            let statement = Statement {
                text: "select id from data.clients where workspace_id = $1 for update".into(),
                params: vec![actor.workspace.into()],
            };
            Ok((statement, vec![Codec::Uuid]))
        };
        let (cx, rows) = wire.store.begin_with(&actor, first).await.unwrap();
        assert_eq!(rows.len(), attempt * 100);
        let inserts: Vec<Statement> = (0..100)
            .map(|i| insert(cx.model(), &actor, "client", &[("name", format!("{i}").into())]).1)
            .collect();
        let written = cx.commit_with(&inserts).await.unwrap();
        assert_eq!(written, vec![1; 100]);
        if attempt > 0 {
            assert_eq!(wire.count(), 2);
        }
    }
}

#[tokio::test]
async fn a_failed_statement_in_a_pipeline_leaves_nothing() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let cx = base.store.begin(&actor).await.unwrap();
    let (_, good) = insert(cx.model(), &actor, "client", &[("name", "Good".into())]);
    let (_, bad) = insert(cx.model(), &actor, "contact", &[("client_id", kernel::new_id().into())]);
    let (_, late) = insert(cx.model(), &actor, "client", &[("name", "Late".into())]);
    let refused = cx.commit_with(&[good, bad, late]).await.unwrap_err();
    assert!(refused.to_string().starts_with("reference.not_found"), "{refused}");
    assert_eq!(read(&base.store, &actor, list()).await, "[]");
}

#[tokio::test]
async fn a_swallowed_failure_cannot_be_committed_as_if_nothing_had_been() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let cx = base.store.begin(&actor).await.unwrap();
    let broken = Statement { text: "select 1 / 0".into(), params: vec![] };
    cx.execute(&broken).await.unwrap_err();
    assert!(cx.commit().await.is_err());

    let cx = base.store.begin(&actor).await.unwrap();
    cx.savepoint().await.unwrap();
    cx.execute(&broken).await.unwrap_err();
    cx.rollback_to().await.unwrap();
    let (_, good) = insert(cx.model(), &actor, "client", &[("name", "After all".into())]);
    cx.execute(&good).await.unwrap();
    cx.commit().await.unwrap();
    assert_eq!(read(&base.store, &actor, list()).await, r#"[{"name":"After all"}]"#);
}

#[tokio::test]
async fn a_dropped_transaction_is_rolled_back_and_its_connection_used_again() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    // More than the pool has connections.
    for i in 0..10 {
        let cx = base.store.begin(&actor).await.unwrap();
        let (_, statement) = insert(cx.model(), &actor, "client", &[("name", format!("{i}").into())]);
        cx.execute(&statement).await.unwrap();
    }
    assert_eq!(read(&base.store, &actor, list()).await, "[]");
}
