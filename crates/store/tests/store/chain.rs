//! The chain of the change log: what it finds, what it waits for, and what can be erased from it.
use crate::base::Base;
use kernel::{Uuid, new_id};
use policy::Actor;
use store::doors::log::{self, Erase, Verified};
use tokio_postgres::Client;

/// A change set with two entries, written by an open or a passing transaction of `client`.
async fn change(client: &Client, workspace: Uuid, name: &str) -> (Uuid, Uuid) {
    let (set, record) = (new_id(), new_id());
    let sql = format!(
        "insert into kontor.change_sets (workspace_id, id, at, member_id, actor_name, actor_kind, source, ip)
         values ('{workspace}', '{set}', now(), '{record}', 'Ada', 'member', 'request', '192.0.2.1');
         insert into kontor.changes (workspace_id, change_set_id, seq, at, object, record_id, action, before, after, version)
         values ('{workspace}', '{set}', 1, now(), 'client', '{record}', 'create', null, '{{\"name\": \"{name}\", \"size\": 1.50}}', 1),
                ('{workspace}', '{set}', 2, now(), 'client', '{record}', 'update', '{{\"name\": \"{name}\"}}', '{{\"name\": \"B\"}}', 2)"
    );
    client.batch_execute(&sql).await.expect("an entry of the log");
    (set, record)
}

/// Other tests' transactions run on the same server, and sealing waits for them.
async fn sealed(base: &Base, workspace: Uuid, links: i64) -> Verified {
    for _ in 0..400 {
        log::seal(&base.store, workspace).await.expect("sealing");
        let found = log::verify(&base.store, workspace).await.expect("verifying");
        if found.seq >= links || found.broken.is_some() {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{links} links were not sealed in 20 s");
}

async fn chain(base: &Base, links: i64) -> (Actor, Client) {
    let actor = base.workspace("acme").await;
    let app = base.app(actor.workspace).await;
    for i in 0..links {
        change(&app, actor.workspace, &format!("Client {i}")).await;
    }
    let found = sealed(base, actor.workspace, links).await;
    assert_eq!((found.seq, found.entries, found.waiting, &found.broken), (links, 2 * links, 0, &None));
    (actor, base.owner().await)
}

#[tokio::test]
async fn whatever_is_changed_in_a_sealed_log_is_found_and_named() {
    let base = Base::new().await;
    let (actor, owner) = chain(&base, 5).await;
    let tables = ["changes", "change_sets", "seals", "chain_heads"];
    for table in tables {
        let sql = format!("create table public.kept_{table} as table kontor.{table}");
        owner.batch_execute(&sql).await.unwrap();
    }
    let third = "(select change_set_id from kontor.seals where seq = 3)";
    let strange = new_id();
    let copy = "workspace_id, {id}, seq, at, object, record_id, action, before, after, version";
    let copied = |id: &str| copy.replace("{id}", id);
    let columns = "workspace_id, change_set_id, seq, at, object, record_id, action, before, after, version";
    let cases: Vec<(String, i64, &str)> = vec![
        (format!("update kontor.changes set after = '{{\"name\": \"X\"}}' where change_set_id = {third} and seq = 2"), 3, "was changed"),
        (format!("update kontor.changes set after = '{{\"name\": \"Client 2\", \"size\": 1.5}}' where change_set_id = {third} and seq = 1"), 3, "was changed"),
        (format!("update kontor.changes set record_id = '{strange}' where change_set_id = {third} and seq = 1"), 3, "was changed"),
        (format!("update kontor.changes set salt = null where change_set_id = {third} and seq = 1"), 3, "was changed"),
        (format!("update kontor.changes set before = '[1]' where change_set_id = {third} and seq = 2"), 3, "was changed"),
        (format!("delete from kontor.changes where change_set_id = {third} and seq = 2"), 3, "sealed with 2 entries and has 1"),
        (format!("insert into kontor.changes ({columns}) select {} from kontor.changes where change_set_id = {third}", copied("change_set_id").replace("seq", "seq + 2")), 3, "has 4"),
        (format!("update kontor.change_sets set member_id = '{strange}' where id = {third}"), 3, "was changed"),
        (format!("update kontor.change_sets set ip = '192.0.2.9' where id = {third}"), 3, "was changed"),
        (format!("delete from kontor.change_sets where id = {third}"), 3, "the change set is missing"),
        ("delete from kontor.seals where seq = 3".into(), 3, "the seals from 3 to 3 are missing"),
        ("update kontor.seals set seq = case seq when 2 then 20 else 2 end where seq in (2, 3);
          update kontor.seals set seq = 3 where seq = 20".into(), 2, "does not follow"),
        ("delete from kontor.seals where seq = 5".into(), 5, "the anchor says that link 5 is the last one"),
        ("update kontor.chain_heads set hash = sha256('x')".into(), 5, "another hash"),
        ("delete from kontor.chain_heads".into(), 5, "the anchor of the chain is missing"),
        (format!("insert into kontor.change_sets (workspace_id, id, at, member_id, actor_name, actor_kind, source, xid)
                  select workspace_id, '{strange}', at, member_id, actor_name, actor_kind, source, xid from kontor.change_sets where id = {third}"),
         5, "put among those that are sealed"),
        (format!("insert into kontor.changes ({columns}) select {} from kontor.changes where change_set_id = {third}",
                 copied(&format!("'{strange}'"))), 5, "a change set that does not exist"),
    ];
    for (sql, seq, why) in cases {
        owner.batch_execute(&sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
        let found = log::verify(&base.store, actor.workspace).await.unwrap();
        let broken = found.broken.unwrap_or_else(|| panic!("not found: {sql}"));
        assert_eq!(broken.seq, seq, "{sql}: {broken:?}");
        assert!(broken.why.contains(why), "{sql}: {broken:?}");
        for table in tables {
            let sql =
                format!("delete from kontor.{table}; insert into kontor.{table} table public.kept_{table}");
            owner.batch_execute(&sql).await.unwrap();
        }
        assert_eq!(log::verify(&base.store, actor.workspace).await.unwrap().broken, None, "all is as it was");
    }
}

#[tokio::test]
async fn a_set_is_sealed_only_when_no_older_one_can_follow() {
    let base = Base::new().await;
    let (actor, _) = chain(&base, 1).await;
    let (slow, quick) = (base.app(actor.workspace).await, base.app(actor.workspace).await);
    slow.batch_execute("begin").await.unwrap();
    let (first, _) = change(&slow, actor.workspace, "Slow").await;
    let (second, _) = change(&quick, actor.workspace, "Quick").await;
    assert_eq!(log::seal(&base.store, actor.workspace).await.unwrap().sets, 0);
    let found = log::verify(&base.store, actor.workspace).await.unwrap();
    assert_eq!((found.seq, found.waiting, found.broken), (1, 1, None));
    slow.batch_execute("commit").await.unwrap();
    assert_eq!(sealed(&base, actor.workspace, 3).await.broken, None);
    let rows =
        base.owner().await.query("select change_set_id from kontor.seals order by seq", &[]).await.unwrap();
    let order: Vec<Uuid> = rows.iter().skip(1).map(|r| r.get(0)).collect();
    assert_eq!(order, [first, second]);
}

#[tokio::test]
async fn what_is_erased_is_gone_and_the_chain_still_holds() {
    let base = Base::new().await;
    let (actor, owner) = chain(&base, 2).await;
    let app = base.app(actor.workspace).await;
    let (_, record) = change(&app, actor.workspace, "Grace").await;
    let erase = |fields: &[&str]| Erase {
        object: "client".into(),
        record,
        fields: fields.iter().map(|f| f.to_string()).collect(),
    };
    // Before it is sealed, and again afterwards: both leave a chain that holds.
    assert_eq!(log::erase(&base.store, actor.workspace, &[erase(&["name"])]).await.unwrap(), 2);
    assert_eq!(log::erase(&base.store, actor.workspace, &[erase(&["name"])]).await.unwrap(), 0);
    assert_eq!(sealed(&base, actor.workspace, 3).await.broken, None);
    assert_eq!(log::erase(&base.store, actor.workspace, &[erase(&["name", "size"])]).await.unwrap(), 1);
    let found = log::verify(&base.store, actor.workspace).await.unwrap();
    assert_eq!((found.seq, found.broken), (3, None));
    let left = "select string_agg(c::text, '') from kontor.changes c where record_id = $1";
    let text: String = owner.query_one(left, &[&record]).await.unwrap().get(0);
    assert!(!text.contains("Grace") && !text.contains("1.50"), "{text}");
    // The head of a change: who it was.
    let person =
        owner.query_one("select member_id from kontor.change_sets order by id limit 1", &[]).await.unwrap();
    let person: Uuid = person.get(0);
    for _ in 0..2 {
        assert_eq!(log::erase_person(&base.store, actor.workspace, person).await.unwrap(), 1);
        assert_eq!(log::verify(&base.store, actor.workspace).await.unwrap().broken, None);
    }
    let sql = "select actor_name || coalesce(host(ip), '') from kontor.change_sets where member_id = $1";
    let text: String = owner.query_one(sql, &[&person]).await.unwrap().get(0);
    assert_eq!(text, "(erased)");
    // Writing something else where a value was erased is found like any other change.
    let sql = "update kontor.changes set after = '{\"name\": \"Eve\"}' where record_id = $1 and seq = 2";
    owner.execute(sql, &[&record]).await.unwrap();
    let broken = log::verify(&base.store, actor.workspace).await.unwrap().broken.expect("it is found");
    assert_eq!(broken.seq, 3);
}

#[tokio::test]
async fn a_database_that_was_restored_elsewhere_goes_on_with_its_chain() {
    let base = Base::new().await;
    let (actor, owner) = chain(&base, 2).await;
    let app = base.app(actor.workspace).await;
    let (old, _) = change(&app, actor.workspace, "Not sealed there").await;
    // There the count of transactions had come much further than here.
    let moved = "update kontor.change_sets set xid = xid + 1000000000000 where id = $1";
    owner.execute(moved, &[&old]).await.unwrap();
    owner
        .batch_execute("update kontor.chain_heads set place = '1/1', xid = xid + 1000000000000")
        .await
        .unwrap();
    change(&app, actor.workspace, "Here").await;
    let found = sealed(&base, actor.workspace, 4).await;
    assert_eq!((found.seq, found.waiting, found.broken), (4, 0, None));
    change(&app, actor.workspace, "And on").await;
    assert_eq!(sealed(&base, actor.workspace, 5).await.broken, None);
}

#[tokio::test]
async fn only_the_engine_writes_seals() {
    let base = Base::new().await;
    let (actor, _) = chain(&base, 1).await;
    let app = base.app(actor.workspace).await;
    assert_eq!(app.query("select 1 from kontor.seals", &[]).await.unwrap().len(), 1);
    for sql in [
        "delete from kontor.seals",
        "update kontor.seals set hash = prev_hash",
        "select 1 from kontor.chain_heads",
    ] {
        let refused = app.batch_execute(sql).await.expect_err(sql);
        assert_eq!(refused.code().map(|c| c.code()), Some("42501"), "{sql}");
    }
    let other = base.app(new_id()).await;
    assert!(other.query("select 1 from kontor.seals", &[]).await.unwrap().is_empty());
}
