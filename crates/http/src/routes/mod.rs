//! Every address of the API. `records` has the generic ones, so it stands last.
mod admin;
mod backups;
mod blueprint;
mod downloads;
mod explain;
mod exports;
mod files;
mod import_jobs;
mod imports;
mod info;
mod invitations;
mod jobs;
mod keys;
mod live;
mod me;
mod model;
mod objects;
mod openapi;
mod records;
mod retention;
mod search;
mod session;

use crate::{AppState, health, nothing_here};
use axum::Router;
use axum::routing::{any, get};

pub(crate) fn all() -> Router<AppState> {
    let v1 = Router::new()
        .merge(info::routes())
        .merge(session::routes())
        .merge(invitations::routes())
        .merge(me::routes())
        .merge(model::routes())
        .merge(keys::routes())
        .merge(live::routes())
        .merge(admin::routes())
        .merge(blueprint::routes())
        .merge(explain::routes())
        .merge(downloads::routes())
        .merge(backups::routes())
        .merge(exports::routes())
        .merge(files::routes())
        .merge(objects::routes())
        .merge(retention::routes())
        .merge(imports::routes())
        .merge(jobs::routes())
        .merge(import_jobs::routes())
        .merge(openapi::routes())
        .merge(search::routes());
    Router::new()
        .route("/health", get(health::health))
        .route("/api/health", get(health::health))
        .route("/api/healthz", get(health::health))
        .nest("/api/v1", v1)
        .merge(records::routes())
        .route("/api/{*rest}", any(nothing_here))
}
