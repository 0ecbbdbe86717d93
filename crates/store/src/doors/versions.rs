//! Which shipped definition a workspace's own changes were made upon: snapshots, one per version of a blueprint.
use super::Door;
use crate::{Store, problems};
use anyhow::anyhow;
use kernel::{Outcome, Uuid};
use meta::Library;
use serde_json::{Map, Value as Json, json};
use tokio_postgres::Client;

/// By blueprint, the fingerprint that the library has of it.
pub fn of(library: &Library, names: &[&str]) -> Json {
    Json::Object(names.iter().map(|n| (n.to_string(), library.fingerprint(n).into())).collect())
}

const REMEMBER: &str = "insert into kontor.blueprint_versions (name, fingerprint, files) values ($1, $2, $3)
    on conflict do nothing";
const KNOWN: &str =
    "select exists (select 1 from kontor.blueprint_versions where name = $1 and fingerprint = $2)";

fn snapshot(library: &Library, name: &str) -> Json {
    Json::Object(library.files(name).map(|(path, text)| (path.to_string(), text.into())).collect())
}

/// Keeps what these blueprints define now, unless it is kept already.
pub(crate) async fn remember(door: &Door, library: &Library, names: &[&str]) -> Outcome<()> {
    for name in names {
        let fingerprint = library.fingerprint(name);
        let known = door.row(KNOWN, &[name, &fingerprint]).await?.is_some_and(|r| r.get(0));
        if !known {
            door.execute(REMEMBER, &[name, &fingerprint, &snapshot(library, name)]).await?;
        }
    }
    Ok(())
}

/// With every migration: what is shipped now is kept, and a workspace of which nothing is known is taken to have it.
pub(crate) async fn note(client: &Client, library: &Library) -> anyhow::Result<()> {
    let names = library.names();
    for name in &names {
        let fingerprint = library.fingerprint(name);
        if !client.query_one(KNOWN, &[name, &fingerprint]).await?.get::<_, bool>(0) {
            client.execute(REMEMBER, &[name, &fingerprint, &snapshot(library, name)]).await?;
        }
    }
    // What is noted stays: only an upgrade takes a workspace further.
    let unknown = "select id, blueprints from kontor.workspaces where blueprint_versions = '{}'";
    for row in client.query(unknown, &[]).await? {
        let (id, blueprints): (Uuid, Vec<String>) = (row.get(0), row.get(1));
        let chosen: Vec<&str> = blueprints.iter().map(String::as_str).collect();
        // A workspace whose blueprint is not here (another folder of blueprints) is noted when it is.
        let Ok(required) = library.required(&chosen) else { continue };
        let sql = "update kontor.workspaces set blueprint_versions = $2 where id = $1";
        client.execute(sql, &[&id, &of(library, &required)]).await?;
    }
    Ok(())
}

/// The files of these versions, as `Library::parse` takes them. A version that is not kept is a fault of ours.
pub async fn files(store: &Store, versions: &Map<String, Json>) -> Outcome<Vec<(String, String)>> {
    let (names, fingerprints): (Vec<&str>, Vec<&str>) =
        versions.iter().filter_map(|(name, print)| Some((name.as_str(), print.as_str()?))).unzip();
    let sql = "select v.files from kontor.blueprint_versions v
               join unnest($1::text[], $2::text[]) w(name, fingerprint) using (name, fingerprint)";
    let rows = store.door().await?.rows(sql, &[&names, &fingerprints]).await?;
    if rows.len() != names.len() {
        return Err(anyhow!("a noted version of the blueprints is not kept: {}", json!(versions)).into());
    }
    let mut files = vec![];
    for row in rows {
        let json: Json = row.try_get(0).map_err(problems::plain)?;
        let texts = json.as_object().into_iter().flatten();
        files.extend(texts.filter_map(|(path, text)| Some((path.clone(), text.as_str()?.to_string()))));
    }
    files.sort();
    Ok(files)
}

/// What a workspace has taken up becomes what is shipped now, and its own changes become these.
pub(crate) async fn take_up(
    transaction: &deadpool_postgres::Transaction<'_>,
    id: Uuid,
    overlay: &Json,
    versions: &Json,
) -> Outcome<()> {
    let sql = "update kontor.workspaces set overlay = $2, overlay_version = overlay_version + 1,
               blueprint_versions = blueprint_versions || $3,
               model_revision = model_revision + 1, updated_at = now() where id = $1";
    transaction.execute(sql, &[&id, overlay, versions]).await.map_err(problems::plain)?;
    Ok(())
}
