//! The HTTP server.
use crate::database::{Database, Site};
use crate::pages;
use crate::shutdown::Shutdown;
use crate::wire;
use anyhow::{Context, Result};
use files::Files;
use http_api::limits::{Limiter, LocalLimiter, RedisLimiter};
use http_api::{AppState, HttpConfig, Parts};
use live::Live;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

pub const EXAMPLES: &str = "\
It does not migrate, and refuses to start while something is pending: run `kontor migrate` first, or use `kontor start`.
Any number of nodes may serve the same database.

Example:
  DATABASE_URL=postgresql://kontor:...@db/kontor KONTOR_HOST=0.0.0.0 KONTOR_PUBLIC_URL=https://crm.example.com kontor serve";

/// How long requests that are under way may take when the server is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);

pub async fn run(site: &Site, shutdown: &Shutdown) -> Result<()> {
    let opened = async {
        let database = Database::start(site).await?;
        database.refuse_unless_migrated().await?;
        bind(site).await.map(|listener| (database, listener))
    };
    let (database, listener) = tokio::select! {
        opened = opened => opened?,
        () = shutdown.asked() => return Ok(()),
    };
    serve(&database, listener, site, shutdown).await
}

/// Before anything long is done, so that a port in use is told at once.
pub async fn bind(site: &Site) -> Result<TcpListener> {
    let address = SocketAddr::new(site.host, site.port);
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "Nothing can be served on {address}. If another program uses the port, set PORT to a free one"
        )
    })
}

/// Serves until it is asked to stop, then lets requests finish.
pub async fn serve(
    database: &Database,
    listener: TcpListener,
    site: &Site,
    shutdown: &Shutdown,
) -> Result<()> {
    wire::check_keys(super::library()?)?;
    start_metrics(site);
    let files = database.files(site).await?;
    ready_bucket(&files).await;
    let state = state(database, site, files)?;
    let worker = match site.worker {
        true => Some(super::work::worker(database, site, &state.engine, &state.identity, &state.files).await),
        false => None,
    };
    let live = state.live.clone();
    let app = match pages::pages() {
        Some(pages) => http_api::router_with_pages(state, pages),
        None => http_api::router(state),
    };
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let asked = shutdown.clone();
    // A stream of changes would not end by itself.
    let stopping = async move {
        asked.asked().await;
        live.stop();
    };
    let server = axum::serve(listener, app).with_graceful_shutdown(stopping);
    tracing::info!(host = %site.host, port = site.port, "Ready at {}", site.public_url);
    let serving = async {
        tokio::select! {
            ended = async { server.await } => ended.map_err(anyhow::Error::from),
            () = patience_is_over(shutdown) => {
                tracing::warn!("Some requests did not finish in time and were given up");
                Ok(())
            }
        }
    };
    let working = async {
        if let Some(worker) = worker {
            super::work::until_asked(&worker, shutdown).await;
        }
    };
    let (served, ()) = tokio::join!(serving, working);
    served?;
    database.store.close();
    tracing::info!("Stopped");
    Ok(())
}

/// S2-111, S2-241: records are served without files, and `/api/health` says what is missing.
async fn ready_bucket(files: &Files) {
    if let Err(e) = files.make_ready().await {
        tracing::error!("Files cannot be kept or read until the storage answers: {e}");
    }
}

fn state(database: &Database, site: &Site, files: Files) -> Result<AppState> {
    let limiter: Arc<dyn Limiter> = match &site.redis_url {
        Some(url) => Arc::new(RedisLimiter::new(url).context("REDIS_URL")?),
        None => Arc::new(LocalLimiter::default()),
    };
    let (engine, identity) = (database.engine(), database.identity(site)?);
    let parts = Parts {
        store: database.store.clone(),
        live: Live::new(&engine, &identity),
        engine,
        identity,
        files,
        limiter,
        probes: Arc::new([]),
        config: Arc::new(http_config(site)),
    };
    Ok(parts.into())
}

fn http_config(site: &Site) -> HttpConfig {
    let origin = |url: &url::Url| url.origin().ascii_serialization();
    HttpConfig {
        public_url: origin(&site.public_url),
        cookie_prefix: site.cookie_prefix.clone(),
        cors_origins: site.cors_origins.iter().map(origin).collect(),
        trusted_proxies: site.trusted_proxies.clone(),
        limits: site.limits.clone(),
        max_json_body: site.body_limit,
        max_file: site.file_limit as u64,
        max_import_file: site.import_limit as u64,
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

/// Nobody is served worse without metrics, so a port in use is a warning.
fn start_metrics(site: &Site) {
    let Some(address) = site.metrics else { return };
    match PrometheusBuilder::new().with_http_listener(address).install() {
        Ok(()) => tracing::info!("Metrics at http://{address}/metrics"),
        Err(e) => tracing::warn!("There are no metrics at {address} (KONTOR_METRICS_ADDR): {e}"),
    }
}

async fn patience_is_over(shutdown: &Shutdown) {
    shutdown.asked().await;
    tracing::info!("Stopping; requests that are under way have {} s", DRAIN.as_secs());
    tokio::select! {
        () = tokio::time::sleep(DRAIN) => {}
        () = shutdown.insisted() => {}
    }
}
