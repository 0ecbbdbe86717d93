//! Making and finding workspaces.
use super::{Door, versions};
use crate::{Store, Workspace, problems};
use kernel::{Failure, Outcome, Problem, Uuid, new_id};
use meta::Library;
use serde_json::json;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

/// What a workspace begins with.
#[derive(Debug, Clone, Default)]
pub struct NewWorkspace {
    /// In addresses: lower-case letters, digits, hyphens.
    pub slug: String,
    pub name: String,
    pub blueprints: Vec<String>,
    /// IANA name; empty: UTC.
    pub timezone: String,
    /// ISO 4217; empty: EUR.
    pub currency: String,
    pub settings: serde_json::Value,
}

const COLUMNS: &str = "id, slug, name, blueprints, overlay, overlay_version, model_revision, timezone, currency, settings, blueprint_versions, is_active";

pub async fn create(store: &Store, new: &NewWorkspace) -> Outcome<Workspace> {
    let id = new_id();
    let timezone = if new.timezone.is_empty() { "UTC" } else { &new.timezone };
    let currency = if new.currency.is_empty() { "EUR" } else { &new.currency };
    let settings = if new.settings.is_null() { json!({}) } else { new.settings.clone() };
    let door = store.door().await?;
    remember(&door, &new.blueprints).await?;
    let inserted = insert(&door, id, new, timezone, currency, &settings).await?;
    inserted.ok_or_else(|| {
        Problem::new("field.duplicate", format!("There is already a workspace `{}`.", new.slug))
            .at("slug")
            .into()
    })
}

async fn insert(
    door: &Door,
    id: Uuid,
    new: &NewWorkspace,
    timezone: &str,
    currency: &str,
    settings: &serde_json::Value,
) -> Outcome<Option<Workspace>> {
    let sql = format!(
        "insert into kontor.workspaces (id, slug, name, blueprints, timezone, currency, settings, blueprint_versions)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (slug) do nothing
         returning {COLUMNS}"
    );
    let versions = shipped_versions(&new.blueprints);
    let params: [&(dyn ToSql + Sync); 8] =
        [&id, &new.slug, &new.name, &new.blueprints, &timezone, &currency, settings, &versions];
    match door.row(&sql, &params).await {
        Ok(row) => row.as_ref().map(read).transpose(),
        Err(e) if violates_check(&e) => Err(Problem::new(
            "field.pattern",
            "A workspace's slug consists of lower-case letters, digits and hyphens, and begins with a letter or digit.",
        )
        .at("slug")
        .into()),
        Err(e) => Err(e),
    }
}

/// What a workspace with these blueprints takes up now. Blueprints that do not exist are refused elsewhere.
fn shipped_versions(blueprints: &[String]) -> serde_json::Value {
    versions::of(Library::shipped(), &required(blueprints))
}

fn required(blueprints: &[String]) -> Vec<&'static str> {
    let names: Vec<&str> = blueprints.iter().map(String::as_str).collect();
    Library::shipped().required(&names).unwrap_or_default()
}

async fn remember(door: &Door, blueprints: &[String]) -> Outcome<()> {
    versions::remember(door, Library::shipped(), &required(blueprints)).await
}

fn violates_check(failure: &Failure) -> bool {
    let Failure::Broken(error) = failure else { return false };
    let error = error.downcast_ref::<tokio_postgres::Error>();
    error.and_then(|e| e.code()) == Some(&SqlState::CHECK_VIOLATION)
}

pub async fn list(store: &Store) -> Outcome<Vec<Workspace>> {
    let sql = format!("select {COLUMNS} from kontor.workspaces order by slug");
    store.door().await?.rows(&sql, &[]).await?.iter().map(read).collect()
}

pub async fn by_slug(store: &Store, slug: &str) -> Outcome<Option<Workspace>> {
    let sql = format!("select {COLUMNS} from kontor.workspaces where slug = $1");
    store.door().await?.row(&sql, &[&slug]).await?.as_ref().map(read).transpose()
}

pub async fn by_id(store: &Store, id: Uuid) -> Outcome<Option<Workspace>> {
    let sql = format!("select {COLUMNS} from kontor.workspaces where id = $1");
    store.door().await?.row(&sql, &[&id]).await?.as_ref().map(read).transpose()
}

/// What can be changed of a workspace; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct WorkspaceChange {
    pub name: Option<String>,
    pub blueprints: Option<Vec<String>>,
    pub overlay: Option<serde_json::Value>,
    pub timezone: Option<String>,
    pub currency: Option<String>,
    pub settings: Option<serde_json::Value>,
    pub is_active: Option<bool>,
}

/// Writes the change and raises the model's revision: every process sees it with its next transaction.
pub async fn change(store: &Store, id: Uuid, change: &WorkspaceChange) -> Outcome<Option<Workspace>> {
    let sql = format!(
        "update kontor.workspaces
         set name = coalesce($2, name), blueprints = coalesce($3, blueprints), overlay = coalesce($4, overlay),
             overlay_version = overlay_version + ($4::jsonb is not null)::int,
             timezone = coalesce($5, timezone), currency = coalesce($6, currency),
             settings = coalesce($7, settings), is_active = coalesce($8, is_active),
             blueprint_versions = coalesce($9::jsonb, '{{}}'::jsonb) || blueprint_versions,
             model_revision = model_revision + 1, updated_at = now()
         where id = $1
         returning {COLUMNS}"
    );
    let c = change;
    let door = store.door().await?;
    // A blueprint that is new to the workspace is taken up as it is now.
    let versions = c.blueprints.as_deref().map(shipped_versions);
    if let Some(blueprints) = &c.blueprints {
        remember(&door, blueprints).await?;
    }
    let row = door
        .row(
            &sql,
            &[
                &id,
                &c.name,
                &c.blueprints,
                &c.overlay,
                &c.timezone,
                &c.currency,
                &c.settings,
                &c.is_active,
                &versions,
            ],
        )
        .await?;
    store.forget(id);
    row.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Outcome<Workspace> {
    let workspace = || -> Result<Workspace, tokio_postgres::Error> {
        Ok(Workspace {
            id: row.try_get("id")?,
            slug: row.try_get("slug")?,
            name: row.try_get("name")?,
            blueprints: row.try_get("blueprints")?,
            overlay: row.try_get("overlay")?,
            overlay_version: row.try_get("overlay_version")?,
            model_revision: row.try_get("model_revision")?,
            timezone: row.try_get("timezone")?,
            currency: row.try_get("currency")?,
            settings: row.try_get("settings")?,
            blueprint_versions: row.try_get("blueprint_versions")?,
            is_active: row.try_get("is_active")?,
        })
    };
    workspace().map_err(problems::plain)
}
