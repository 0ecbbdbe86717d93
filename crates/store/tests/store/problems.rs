//! Constraints in words.
use crate::base::{Base, insert};
use kernel::{Failure, Problem, Value};
use policy::Actor;
use query::Statement;

async fn refusal(base: &Base, actor: &Actor, statement: impl Fn(&meta::Model) -> Statement) -> Problem {
    let cx = base.store.begin(actor).await.unwrap();
    match cx.execute(&statement(cx.model())).await {
        Err(Failure::Refused(mut problems)) => problems.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_reference_to_nothing_names_its_field() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let nobody: Value = kernel::new_id().into();
    let problem =
        refusal(&base, &actor, |m| insert(m, &actor, "contact", &[("client_id", nobody.clone())]).1).await;
    assert_eq!((problem.code, problem.field.as_deref()), ("reference.not_found", Some("client_id")));
    assert_eq!(problem.detail, "Client: there is no such record.");
}

#[tokio::test]
async fn a_record_in_use_tells_by_what() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let client = base.client(&actor, "Ada").await;
    base.insert(&actor, "deal", &[("client_id", client.into()), ("name", "A boat".into())]).await;
    let problem = refusal(&base, &actor, |m| {
        query::write::delete(m.object("client").unwrap(), actor.workspace, client)
    })
    .await;
    assert_eq!(problem.code, "record.in_use");
    assert_eq!(problem.detail, "It is still used by deals.");
}

#[tokio::test]
async fn a_second_record_with_the_same_id_is_a_duplicate() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let client = base.client(&actor, "Ada").await;
    let problem = refusal(&base, &actor, |m| {
        let mut statement = insert(m, &actor, "client", &[("name", "Again".into())]).1;
        statement.params[1] = client.into();
        statement
    })
    .await;
    assert_eq!((problem.code, problem.field.as_deref()), ("field.duplicate", Some("id")));
}

#[tokio::test]
async fn a_taken_value_names_its_field_and_an_archived_holder_frees_it() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let file = |name: &str| ("slug", Value::from(name));
    let name = ("name", Value::from("Port Nimara"));
    base.insert(&actor, "location", &[name.clone(), file("nimara")]).await;
    let again = |m: &meta::Model| insert(m, &actor, "location", &[name.clone(), file("nimara")]).1;
    let problem = refusal(&base, &actor, again).await;
    assert_eq!((problem.code, problem.field.as_deref()), ("field.duplicate", Some("slug")));
    let model = base.store.model(actor.workspace).await.unwrap();
    if model.object("location").unwrap().archivable {
        base.owner().await.execute("update data.locations set archived_at = now()", &[]).await.unwrap();
        let cx = base.store.begin(&actor).await.unwrap();
        cx.execute(&again(cx.model())).await.unwrap();
    }
}

#[tokio::test]
async fn a_text_that_postgresql_cannot_hold_is_an_invalid_value() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let problem = refusal(&base, &actor, |m| insert(m, &actor, "client", &[("name", "a\0b".into())]).1).await;
    assert_eq!(problem.code, "field.invalid");
}
