//! Whether a backup can be restored: it is done, in a database made for it.
use crate::Backups;
use crate::archive;
use crate::manifest::{Drill, Manifest};
use anyhow::Result;
use jiff::Timestamp;
use store::databases::{Databases, Snapshot, at};

pub async fn run(backups: &Backups, manifest: &Manifest) -> Drill {
    let outcome = tried(backups, manifest).await;
    let (green, detail) = match outcome {
        Ok(differences) if differences.is_empty() => (
            true,
            format!("{} tables with {} rows are as they were.", manifest.tables.len(), manifest.rows()),
        ),
        Ok(differences) => (false, differences.join("; ")),
        Err(e) => (false, format!("{e:#}")),
    };
    match green {
        true => tracing::info!(name = manifest.name, "The backup can be restored: {detail}"),
        false => tracing::error!(name = manifest.name, "The backup cannot be restored: {detail}"),
    }
    Drill { at: Timestamp::now(), green, detail }
}

async fn tried(backups: &Backups, manifest: &Manifest) -> Result<Vec<String>> {
    let server = Databases::connect(&backups.url).await?;
    let name = format!("kontor_drill_{}", uuid::Uuid::now_v7().simple());
    server.create(&name).await?;
    let there = at(&backups.url, &name);
    let outcome = async {
        archive::restore(backups, manifest, &there).await?;
        differences(manifest, &there).await
    }
    .await;
    server.drop(&name).await?;
    outcome
}

/// Every table of the manifest against the database, in a sentence each.
pub async fn differences(manifest: &Manifest, url: &str) -> Result<Vec<String>> {
    let snapshot = Snapshot::open(url).await?;
    let found = snapshot.sums().await?;
    snapshot.close().await?;
    let mut told = vec![];
    for (table, due) in &manifest.tables {
        match found.get(table) {
            None => told.push(format!("{table} is missing")),
            Some(sum) if sum.rows != due.rows => {
                told.push(format!("{table} has {} rows instead of {}", sum.rows, due.rows));
            }
            Some(sum) if sum != due => told.push(format!("{table} has other values")),
            Some(_) => {}
        }
    }
    told.extend(
        found.keys().filter(|t| !manifest.tables.contains_key(*t)).map(|t| format!("{t} was not there")),
    );
    Ok(told)
}
