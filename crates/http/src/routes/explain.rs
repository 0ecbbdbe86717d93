//! "Why can't I?": the decision about a right, a record or a field, step by step, and who could change it.
use super::admin::manages;
use crate::{AppState, Caller, Json, Refusal, Reply};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use kernel::{Outcome, Problem, Uuid};
use meta::{Action, Codec, Model};
use policy::{Act, Actor, Explanation};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/admin/explain", post(answer))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    /// Absent: oneself, which everybody may ask about.
    member_id: Option<Uuid>,
    /// An object and an action, or a named right.
    object: Option<String>,
    action: Option<Action>,
    permission: Option<String>,
    record_id: Option<Uuid>,
    field: Option<String>,
}

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    explanation: Explanation,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<AboutRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<AboutField>,
}

#[derive(Serialize)]
struct AboutRecord {
    id: Uuid,
    within_reach: bool,
    why: String,
}

#[derive(Serialize)]
struct AboutField {
    name: String,
    visible: bool,
    writable: bool,
}

async fn answer(
    State(state): State<AppState>,
    Caller(me): Caller,
    Json(question): Json<Question>,
) -> Reply<Json<Answer>> {
    let somebody = question.member_id.unwrap_or(me.member);
    let actor = match somebody == me.member {
        true => (*me).clone(),
        false => {
            manages(&state, &me).await?;
            state.identity.actor_of(me.workspace, somebody).await?
        }
    };
    let model = state.store.model(actor.workspace).await?;
    match (&question.object, &question.permission) {
        (Some(object), None) => about_object(&state, &model, &actor, object, &question).await,
        (None, Some(permission)) => about_permission(&model, &actor, permission),
        _ => Err(wrong_question().into()),
    }
}

async fn about_object(
    state: &AppState,
    model: &Arc<Model>,
    actor: &Actor,
    object: &str,
    question: &Question,
) -> Reply<Json<Answer>> {
    let action = question.action.unwrap_or(Action::Read);
    let mut explanation = policy::explain(model, actor, object, action)?;
    let field = question.field.as_ref().map(|f| about_field(model, actor, object, f)).transpose()?;
    let record = match question.record_id {
        Some(id) if explanation.allowed => Some(about_record(state, model, actor, object, action, id).await?),
        _ => None,
    };
    if let Some(record) = record.as_ref().filter(|r| !r.within_reach) {
        explanation.allowed = false;
        explanation.why = record.why.clone();
    }
    Ok(Json(Answer { explanation, record, field }))
}

fn about_permission(model: &Model, actor: &Actor, permission: &str) -> Reply<Json<Answer>> {
    if !model.permissions.contains_key(permission) {
        let problem = Problem::new("field.unknown_option", format!("There is no right `{permission}`."));
        return Err(problem.at("permission").into());
    }
    let explanation = policy::explain_permission(model, actor, permission);
    Ok(Json(Answer { explanation, record: None, field: None }))
}

fn about_field(model: &Model, actor: &Actor, object: &str, field: &str) -> Result<AboutField, Refusal> {
    let shape = model.object(object)?.field(field)?;
    let visible = policy::grant::<policy::Read>(model, actor, object).is_ok_and(|g| g.may_see(field));
    let given = policy::grant::<policy::Update>(model, actor, object).is_ok_and(|g| g.may_write(field));
    let writable = given && !shape.system && !shape.read_only;
    Ok(AboutField { name: field.into(), visible, writable })
}

async fn about_record(
    state: &AppState,
    model: &Arc<Model>,
    actor: &Actor,
    object: &str,
    action: Action,
    id: Uuid,
) -> Outcome<AboutRecord> {
    let within_reach = match action {
        Action::Read => reaches::<policy::Read>(state, model, actor, object, id).await?,
        Action::Update => reaches::<policy::Update>(state, model, actor, object, id).await?,
        Action::Archive => reaches::<policy::Archive>(state, model, actor, object, id).await?,
        Action::Delete => reaches::<policy::Delete>(state, model, actor, object, id).await?,
        Action::Create => true,
    };
    let why = match within_reach {
        true => "The record is within reach.",
        false => "The record does not exist, or is outside the reach of the roles held.",
    };
    Ok(AboutRecord { id, within_reach, why: why.into() })
}

/// The predicate that every list and every change stands under, asked about one record.
async fn reaches<A: Act>(
    state: &AppState,
    model: &Arc<Model>,
    actor: &Actor,
    object: &str,
    id: Uuid,
) -> Outcome<bool> {
    let grant = policy::grant::<A>(model, actor, object)?;
    let mut params = vec![grant.workspace().into(), id.into()];
    let from = query::shape::from(model.object(object)?, "r");
    let within = query::reach(model, &grant, "r", &mut params);
    let within = within.map_or(String::new(), |predicate| format!(" and {predicate}"));
    let text = format!("select r.id from {from} where r.workspace_id = $1::uuid and r.id = $2::uuid{within}");
    let cx = state.store.begin_read(actor).await?;
    let rows = cx.query(&query::Statement { text, params }, &[Codec::Uuid]).await?;
    Ok(!rows.is_empty())
}

fn wrong_question() -> Problem {
    Problem::new("body.invalid_shape", "Ask about an `object` with an `action`, or about a `permission`.")
}
