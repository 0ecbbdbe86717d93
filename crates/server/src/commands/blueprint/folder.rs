//! A workspace's definition as a folder: written, looked at, edited, kept in a repository, and applied again.
use super::upgrade::bring;
use crate::commands::workspace::find;
use crate::database::{Database, Site};
use anyhow::{Context, Result, bail};
use meta::diff::{self, Defined};
use std::path::Path;
use store::Workspace;
use store::doors::workspaces::{self, WorkspaceChange};

pub async fn export(site: &Site, slug: &str, folder: &Path) -> Result<()> {
    let database = Database::join_migrated(site).await?;
    let workspace = find(&database, slug).await?;
    let occupied = folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        bail!("{} is not empty; name another folder, or empty it.", folder.display());
    }
    let files = diff::to_files(&workspace.slug.replace('-', "_"), &workspace.name, &defined(&workspace));
    for (path, text) in &files {
        let path = folder.join(path);
        let above = path.parent().context("a file has a folder")?;
        std::fs::create_dir_all(above).with_context(|| format!("making {}", above.display()))?;
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    println!("{} files in {}.", files.len(), folder.display());
    Ok(())
}

pub async fn apply(site: &Site, slug: &str, folder: &Path, yes: bool) -> Result<()> {
    let database = Database::join_migrated(site).await?;
    let workspace = find(&database, slug).await?;
    let files = meta::files_of(folder).with_context(|| format!("reading {}", folder.display()))?;
    if !files.iter().any(|(path, _)| path == "blueprint.toml") {
        bail!("{} has no blueprint.toml; `kontor blueprint export` writes such a folder.", folder.display());
    }
    let new = diff::from_files(&files).map_err(|faults| anyhow::anyhow!("{}", super::told(&faults)))?;
    let old = defined(&workspace);
    let changes = diff::differences(&diff::keyed(&old.overlay), &diff::keyed(&new.overlay));
    if changes.is_empty() && old.blueprints == new.blueprints {
        println!("The folder says what the workspace says already.");
        return Ok(());
    }
    if old.blueprints != new.blueprints {
        println!("~ blueprints {} -> {}", old.blueprints.join(", "), new.blueprints.join(", "));
    }
    changes.iter().for_each(|change| println!("{}", bring(change)));
    let names: Vec<&str> = new.blueprints.iter().map(String::as_str).collect();
    if let Err(faults) = super::library()?.model(&names, Some(&new.overlay)) {
        bail!("{}", super::told(&faults));
    }
    if !yes {
        println!("\nNothing was written. `--yes` writes it.");
        return Ok(());
    }
    let change = WorkspaceChange {
        blueprints: Some(new.blueprints),
        overlay: Some(new.overlay),
        ..Default::default()
    };
    workspaces::change(&database.store, workspace.id, &change).await?;
    println!(
        "\nWritten. Every running node sees it with its next request; `kontor rollup fill {slug}` computes new rollups."
    );
    Ok(())
}

fn defined(workspace: &Workspace) -> Defined {
    let overlay = workspace.overlay.clone().unwrap_or_else(|| serde_json::json!({}));
    Defined { blueprints: workspace.blueprints.clone(), overlay }
}
