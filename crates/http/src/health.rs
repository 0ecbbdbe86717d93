//! Whether the server can do its work, and which of its parts cannot (S2-140, S2-141).
use crate::AppState;
use crate::limits::Shared;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::future::{BoxFuture, join_all};
use http::{HeaderValue, StatusCode, header};
use kernel::Timestamp;
use serde::Serialize;
use std::time::{Duration, Instant};

/// `degraded`: something is missing that has a stand-in. `down`: requests will fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Healthy,
    Degraded,
    Down,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    pub name: String,
    pub status: Status,
    /// Null when nothing was asked.
    pub latency_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A part that can say how it is. Whoever builds the server adds the ones it has.
pub trait Probe: Send + Sync {
    fn ask(&self) -> BoxFuture<'_, Service>;
}

#[derive(Serialize)]
struct Report {
    status: Status,
    services: Vec<Service>,
    timestamp: Timestamp,
    version: String,
}

const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) async fn health(State(state): State<AppState>) -> Response {
    let others = join_all(state.probes.iter().map(|p| p.ask()));
    let (postgres, redis, files, others) =
        tokio::join!(postgres(&state), redis(&state), files(&state), others);
    let services: Vec<Service> = [postgres, redis, files].into_iter().chain(others).collect();
    let status = services.iter().map(|s| s.status).max().unwrap_or(Status::Healthy);
    let code = if status == Status::Down { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let version = state.config.version.clone();
    let report = Report { status, services, timestamp: Timestamp::now(), version };
    let mut reply = (code, axum::Json(report)).into_response();
    reply.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

async fn postgres(state: &AppState) -> Service {
    let start = Instant::now();
    let answer = tokio::time::timeout(PATIENCE, store::doors::health::check(&state.store)).await;
    let (status, detail) = match answer {
        Ok(Ok(_)) => (Status::Healthy, None),
        Ok(Err(_)) => (Status::Down, Some("cannot be reached".into())),
        Err(_) => (Status::Down, Some("no answer in time".into())),
    };
    Service { name: "postgres".into(), status, latency_ms: Some(milliseconds(start)), detail }
}

/// Without Redis each process counts requests for itself: fine for one, and degraded for several.
async fn redis(state: &AppState) -> Service {
    let start = Instant::now();
    let (status, asked, detail) = match state.limiter.health().await {
        Shared::InProcess => {
            (Status::Healthy, false, Some("not configured, limits are counted in this process".into()))
        }
        Shared::Together => (Status::Healthy, true, None),
        Shared::Lost(why) => {
            (Status::Degraded, true, Some(format!("limits are counted in this process: {why}")))
        }
    };
    Service { name: "redis".into(), status, latency_ms: asked.then(|| milliseconds(start)), detail }
}

/// Records are served without files; what needs them says so (S2-140, S2-241).
async fn files(state: &AppState) -> Service {
    let start = Instant::now();
    let (status, detail) = match tokio::time::timeout(PATIENCE, state.files.answers()).await {
        Ok(Ok(())) => (Status::Healthy, None),
        Ok(Err(_)) => (Status::Degraded, Some("cannot be used".into())),
        Err(_) => (Status::Degraded, Some("no answer in time".into())),
    };
    Service { name: "files".into(), status, latency_ms: Some(milliseconds(start)), detail }
}

fn milliseconds(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 100_000.0).round() / 100.0
}
