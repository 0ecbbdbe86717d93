//! From headers to a caller: limits, sessions, keys, CSRF. No caller, no handler: `Caller` is an argument.
use crate::limits::{Class, Standing};
use crate::problem::{Denied, Refusal};
use crate::shell::{as_problem, request_id};
use crate::{AppState, cookies};
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, Method, header};
use identity::{Asked, Authenticated, Credential, Happened, SessionRef};
use kernel::{Failure, Problem, Problems, Timestamp};
use policy::{Actor, Origin};
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Who is asking. As an argument of a handler it refuses everybody else.
#[derive(Debug, Clone)]
pub struct Caller(pub Arc<Actor>);

/// Who is asking, with the session they came with.
#[derive(Debug, Clone)]
pub struct Visit {
    pub actor: Arc<Actor>,
    /// Absent with an API key.
    pub session: Option<SessionRef>,
}

/// Where the request came from; for handlers that have no caller yet.
#[derive(Debug, Clone)]
pub struct CameFrom(pub Origin);

/// What the guard found out about the caller.
#[derive(Debug, Clone)]
enum Found {
    Somebody(Visit),
    Refused(Problems),
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        match parts.extensions.get::<Found>() {
            Some(Found::Somebody(visit)) => Ok(visit.clone()),
            Some(Found::Refused(problems)) => Err(problems.clone().into()),
            None => Err(required().into()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let visit = <Visit as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        Ok(Self(visit.actor))
    }
}

/// Whoever it is, if it is anybody: for routes that work without a session, too.
impl<S: Send + Sync> axum::extract::OptionalFromRequestParts<S> for Visit {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Refusal> {
        match parts.extensions.get::<Found>() {
            Some(Found::Somebody(visit)) => Ok(Some(visit.clone())),
            _ => Ok(None),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CameFrom {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(parts.extensions.get::<CameFrom>().cloned().unwrap_or_else(|| Self(Origin::default())))
    }
}

/// Runs around every route of the API. Pages and health checks pass.
pub(crate) async fn guard(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !path.starts_with("/api/v1") {
        return as_problem(next.run(request).await);
    }
    let class = Class::of(request.method(), path);
    let origin = origin(&state, &request);
    request.extensions_mut().insert(CameFrom(origin.clone()));
    match class {
        Class::Auth => sign_in_guard(&state, &origin, request, next).await,
        _ => {
            let found = match find(&state, &origin, request.headers()).await {
                Ok(found) => found,
                Err(reply) => return *reply,
            };
            known_guard(&state, class, &origin, found, request, next).await
        }
    }
}

/// Before there is a caller: per address of the network, and only what fails counts in the end.
async fn sign_in_guard(state: &AppState, origin: &Origin, request: Request, next: Next) -> Response {
    let key = Class::Auth.key(&network(origin.ip));
    let mut standing = state.limiter.take(&key, state.config.limits.auth).await;
    if !standing.allowed {
        return refused_by_limit(standing);
    }
    let mut reply = as_problem(next.run(request).await);
    if reply.status().is_success() {
        state.limiter.give_back(&key).await;
        standing.remaining += 1;
    }
    standing.stamp(reply.headers_mut());
    reply
}

async fn known_guard(
    state: &AppState,
    class: Class,
    origin: &Origin,
    found: Option<Found>,
    mut request: Request,
    next: Next,
) -> Response {
    let visit = match &found {
        Some(Found::Somebody(visit)) => Some(visit.clone()),
        _ => None,
    };
    let who = match &visit {
        Some(visit) => format!("user:{}", visit.actor.user),
        None => network(origin.ip),
    };
    let standing = state.limiter.take(&class.key(&who), class.rule(&state.config.limits)).await;
    let mut reply = if !standing.allowed {
        refused_by_limit(standing)
    } else if let Some(problem) = visit.as_ref().and_then(|v| forged(v, &request)) {
        Refusal::from(problem).into_response()
    } else {
        if let Some(found) = found {
            request.extensions_mut().insert(found);
        }
        as_problem(next.run(request).await)
    };
    standing.stamp(reply.headers_mut());
    if let Some(visit) = &visit {
        renew(state, visit, &mut reply);
        write_down_denial(state, visit, &reply);
    }
    reply
}

/// `Err` is a reply already: the database is gone, or an address guesses tokens.
async fn find(
    state: &AppState,
    origin: &Origin,
    headers: &HeaderMap,
) -> Result<Option<Found>, Box<Response>> {
    let session = cookies::session_name(&state.config);
    let Some(credential) = credential(headers, &session) else { return Ok(None) };
    let asked = Asked {
        workspace: text(headers, "x-workspace"),
        location: text(headers, "x-location-id").or_else(|| text(headers, "x-port-id")),
        origin: origin.clone(),
    };
    if !state.identity.remembers(credential, asked.workspace) {
        let key = Class::Api.key(&network(origin.ip));
        let standing = state.limiter.peek(&key, state.config.limits.api).await;
        if !standing.allowed {
            return Err(Box::new(refused_by_limit(standing)));
        }
    }
    match state.identity.authenticate(credential, &asked).await {
        Ok(Authenticated { actor, session }) => {
            tracing::Span::current().record("user", tracing::field::display(actor.user));
            Ok(Some(Found::Somebody(Visit { actor, session })))
        }
        Err(Failure::Refused(problems)) => Ok(Some(Found::Refused(problems))),
        Err(broken) => Err(Box::new(Refusal::from(broken).into_response())),
    }
}

/// A key says more clearly what was meant than a cookie that the browser adds to everything.
fn credential<'a>(headers: &'a HeaderMap, session: &str) -> Option<Credential<'a>> {
    let bearer = text(headers, header::AUTHORIZATION.as_str())
        .and_then(|a| a.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim());
    let key = bearer.or_else(|| text(headers, "apikey"));
    key.map(Credential::Key).or_else(|| cookies::read(headers, session).map(Credential::Session))
}

/// What the caller came with, for what goes on after the request.
pub(crate) fn secret(state: &AppState, headers: &HeaderMap) -> Option<identity::Secret> {
    credential(headers, &cookies::session_name(&state.config)).map(Into::into)
}

/// A change that comes with a cookie must also bring the session's CSRF token, which no other site can read.
fn forged(visit: &Visit, request: &Request) -> Option<Problem> {
    let session = visit.session.as_ref()?;
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return None;
    }
    let given = text(request.headers(), "x-csrf-token").unwrap_or_default();
    if session.accepts_csrf(given) {
        return None;
    }
    Some(
        Problem::new("auth.csrf", "The CSRF token is missing or wrong.")
            .hint("Send the value of the cookie that ends in `.csrf` as the header `X-CSRF-Token`."),
    )
}

/// A token that was due is replaced in the reply.
fn renew(state: &AppState, visit: &Visit, reply: &mut Response) {
    let Some(session) = &visit.session else { return };
    let Some(token) = &session.renewed else { return };
    // A reply that sets or clears the cookie itself (signing out) knows better.
    if reply.headers().contains_key(header::SET_COOKIE) {
        return;
    }
    let left = session.expires_at.duration_since(Timestamp::now()).unsigned_abs();
    cookies::set_session(reply.headers_mut(), &state.config, token, left);
    cookies::set_csrf(reply.headers_mut(), &state.config, &session.csrf, left);
}

/// S2-055: a warning in the log, and a row of the audit with what was attempted.
fn write_down_denial(state: &AppState, visit: &Visit, reply: &Response) {
    let Some(Denied { attempted }) = reply.extensions().get::<Denied>() else { return };
    tracing::warn!(user = %visit.actor.user, attempted, "Insufficient permissions");
    let told = json!({ "attemptedAction": attempted });
    state.identity.log(Happened::new("permission_denied").by(&visit.actor).with(told));
}

fn refused_by_limit(standing: Standing) -> Response {
    let mut reply = Refusal::from(standing.refusal()).into_response();
    standing.stamp(reply.headers_mut());
    reply
}

fn origin(state: &AppState, request: &Request) -> Origin {
    let headers = request.headers();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    let forwarded: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).collect();
    Origin {
        request_id: request_id::current(),
        ip: state.config.client_ip(peer, &forwarded),
        user_agent: text(headers, header::USER_AGENT.as_str())
            .unwrap_or_default()
            .chars()
            .take(500)
            .collect(),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|v| !v.is_empty())
}

/// Who an address is for counting. One household has a whole /64 of IPv6.
fn network(ip: Option<IpAddr>) -> String {
    match ip.map(|ip| ip.to_canonical()) {
        Some(IpAddr::V6(ip)) => {
            let s = ip.segments();
            format!("ip:{:x}:{:x}:{:x}:{:x}::/64", s[0], s[1], s[2], s[3])
        }
        Some(ip) => format!("ip:{ip}"),
        None => "ip:unknown".into(),
    }
}

pub(crate) fn required() -> Problem {
    Problem::new("auth.required", "Authentication required")
}

/// What is left of a session, for its cookies.
pub(crate) fn start_session(
    state: &AppState,
    headers: &mut HeaderMap,
    token: &str,
    csrf: &str,
    life: Duration,
) {
    cookies::set_session(headers, &state.config, token, life);
    cookies::set_csrf(headers, &state.config, csrf, life);
}
