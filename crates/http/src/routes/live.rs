//! Changes as they happen, as server-sent events; at once, as JSON, for who does not ask for a stream.
use crate::auth::{self, CameFrom, Visit};
use crate::{AppState, Json, Refusal};
use axum::Router;
use axum::extract::{Query, State};
use axum::response::sse::{Event as Line, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use identity::Pass;
use live::{Event, Events, Since};
use serde::Deserialize;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::time::Duration;

/// Proxies close what is silent for longer than half a minute or more.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a browser waits before it comes again.
const AGAIN: Duration = Duration::from_secs(2);
/// nginx keeps answers back otherwise.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/live", get(listen))
}

#[derive(Deserialize)]
struct Asked {
    /// The id of the last event that arrived; `Last-Event-ID` says the same, and counts more.
    after: Option<String>,
}

async fn listen(
    State(state): State<AppState>,
    visit: Visit,
    CameFrom(origin): CameFrom,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let since = text("last-event-id").or(asked.after.as_deref()).and_then(Since::parse);
    if !text(header::ACCEPT.as_str()).is_some_and(|a| a.contains("text/event-stream")) {
        return at_once(&state, &visit, since).await;
    }
    let secret = auth::secret(&state, &headers).ok_or_else(auth::required)?;
    let workspace = text("x-workspace").map(str::to_owned);
    let events = state.live.listen(visit.actor.clone(), Pass { secret, workspace, origin }, since).await?;
    let lines = Sse::new(lines(events)).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    Ok(([UNBUFFERED], lines).into_response())
}

/// Who cannot keep a stream open asks now and then.
async fn at_once(state: &AppState, visit: &Visit, since: Option<Since>) -> Result<Response, Refusal> {
    let now = Since::now();
    let events = match since {
        Some(since) => state.live.missed(&visit.actor, since).await?,
        None => vec![],
    };
    let told: Vec<Value> = events.into_iter().map(|e| told(&e).2).collect();
    let reload = told.iter().any(Value::is_null);
    let changes: Vec<Value> = told.into_iter().filter(|t| !t.is_null()).collect();
    Ok(Json(json!({ "after": now.to_string(), "changes": changes, "reload": reload })).into_response())
}

fn lines(events: Events) -> impl stream::Stream<Item = Result<Line, Infallible>> {
    stream::unfold(events, |mut events| async move {
        let (name, id, data) = told(&events.next().await?);
        let mut line = Line::default().event(name).data(data.to_string());
        if let Some(id) = id {
            line = line.id(id.to_string());
        }
        if name == "hello" {
            line = line.retry(AGAIN);
        }
        Some((Ok(line), events))
    })
}

fn told(event: &Event) -> (&'static str, Option<Since>, Value) {
    match event {
        Event::Hello(id) => ("hello", Some(*id), json!({})),
        Event::Change { id, what } => ("change", Some(*id), what.clone()),
        Event::Reload => ("reload", None, Value::Null),
        Event::Again => ("again", None, Value::Null),
    }
}
