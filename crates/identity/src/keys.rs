//! API keys: for programs, with the rights of their owner cut down to scopes.
use crate::{Happened, Identity, KeyEntry, token};
use kernel::{Outcome, Problem, Timestamp, Uuid};
use meta::{Action, Model};
use policy::{Actor, ActorKind};
use serde::{Deserialize, Serialize};
use store::doors::identity as door;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyWish {
    pub name: String,
    /// `client:read`, `client:write`, `client:archive`, `interests:change_stage`, `*`.
    pub scopes: Vec<String>,
    pub expires_at: Option<Timestamp>,
}

/// The only time that the key itself is shown.
#[derive(Debug, Serialize)]
pub struct NewKey {
    pub key: String,
    #[serde(flatten)]
    pub entry: KeyEntry,
}

impl Identity {
    pub async fn create_key(&self, actor: &Actor, wish: &KeyWish) -> Outcome<NewKey> {
        by_a_person(actor)?;
        check(&*self.store().model(actor.workspace).await?, wish)?;
        let (key, prefix) = token::api_key();
        let new = door::NewKey {
            workspace: actor.workspace,
            member: actor.member,
            name: wish.name.trim(),
            hash: &token::fingerprint(&key),
            prefix: &prefix,
            scopes: &wish.scopes,
            expires_at: wish.expires_at,
        };
        let entry = door::create_key(self.store(), &new).await?;
        self.log(Happened::new("key_created").by(actor).with(serde_json::json!({ "key": entry.id })));
        Ok(NewKey { key, entry })
    }

    pub async fn keys(&self, actor: &Actor) -> Outcome<Vec<KeyEntry>> {
        door::keys(self.store(), actor.workspace, actor.member).await
    }

    pub async fn revoke_key(&self, actor: &Actor, key: Uuid) -> Outcome<()> {
        by_a_person(actor)?;
        if !door::revoke_key(self.store(), actor.workspace, actor.member, key).await? {
            return Err(Problem::new("record.not_found", "You have no such key, or it is revoked.").into());
        }
        self.0.cache.forget("key", key);
        self.log(Happened::new("key_revoked").by(actor).with(serde_json::json!({ "key": key })));
        Ok(())
    }
}

/// A key that could make keys would outlive its own expiry.
pub(crate) fn by_a_person(actor: &Actor) -> Result<(), Problem> {
    match actor.kind {
        ActorKind::ApiKey => {
            Err(Problem::new("policy.denied", "Insufficient permissions: an API key cannot do this.")
                .hint("Sign in to do it."))
        }
        _ => Ok(()),
    }
}

fn check(model: &Model, wish: &KeyWish) -> Result<(), Vec<Problem>> {
    let mut problems = vec![];
    match wish.name.trim().chars().count() {
        0 => problems.push(Problem::new("field.required", "A key needs a name.").at("name")),
        101.. => {
            problems.push(Problem::new("field.too_long", "A name has at most 100 characters.").at("name"))
        }
        _ => {}
    }
    if wish.scopes.is_empty() {
        let problem = Problem::new("field.required", "A key needs at least one scope.");
        problems.push(problem.at("scopes").hint("`*` is everything that you may do yourself."));
    }
    for (i, scope) in wish.scopes.iter().enumerate().filter(|(_, s)| !is_scope(model, s)) {
        let problem = Problem::new("field.unknown_option", format!("There is no scope `{scope}`."));
        let hint =
            "`<object>:read`, `<object>:write`, `<object>:<action>`, `*`. A right `a.b` is the scope `a:b`.";
        problems.push(problem.at(format!("scopes.{i}")).hint(hint));
    }
    if wish.expires_at.is_some_and(|end| end <= Timestamp::now()) {
        problems.push(Problem::new("field.out_of_range", "The end of a key lies ahead.").at("expires_at"));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn is_scope(model: &Model, scope: &str) -> bool {
    let Some((object, action)) = scope.split_once(':') else { return scope == "*" };
    let known = object == "*" || model.objects.contains_key(object);
    let coarse = matches!(action, "*" | "read" | "write");
    (known && (coarse || Action::ALL.iter().any(|a| a.name() == action)))
        || model.permissions.contains_key(&format!("{object}.{action}"))
}
