//! Rollups over stored records.
use super::workspace;
use crate::database::{Database, Site};
use crate::wire;
use anyhow::{Result, bail};
use clap::Subcommand;
use meta::Model;
use policy::Actor;
use records::Engine;
use store::{Workspace, doors};

#[derive(Subcommand)]
pub enum Rollups {
    /// Compute rollups that were added over stored records. What is right already is not written.
    #[command(
        after_help = "It works in batches of their own transactions and may be run again at any time, also while others work.\n\n\
                      Examples:\n  kontor rollup fill                              everything, in every workspace\n  \
                      kontor rollup fill acme invoice                 the rollups of invoices\n  \
                      kontor rollup fill acme invoice.amount_paid     this one"
    )]
    Fill {
        /// The slug of the workspace; all of them unless told.
        workspace: Option<String>,
        /// An object, or one rollup of it.
        what: Option<String>,
    },
}

pub async fn run(command: Rollups, site: &Site) -> Result<()> {
    let database = Database::join_migrated(site).await?;
    let Rollups::Fill { workspace, what } = command;
    let chosen = match workspace {
        Some(slug) => vec![workspace::find(&database, &slug).await?],
        None => doors::workspaces::list(&database.store).await?.into_iter().filter(|w| w.is_active).collect(),
    };
    let engine = Engine::new(database.store.clone(), wire::rules());
    for workspace in &chosen {
        fill(&engine, workspace, what.as_deref()).await?;
    }
    Ok(())
}

async fn fill(engine: &Engine, workspace: &Workspace, what: Option<&str>) -> Result<()> {
    let actor = Actor::system(workspace.id, "kontor rollup fill");
    let model = engine.model(&actor).await?;
    for (object, fields) in wanted(&model, what)? {
        let filled = engine.fill_rollups(&actor, &object, &fields).await?;
        println!("{}: {object}: {} looked at, {} changed", workspace.slug, filled.looked_at, filled.changed);
    }
    Ok(())
}

/// Objects with their rollups, those that others read first.
fn wanted(model: &Model, what: Option<&str>) -> Result<Vec<(String, Vec<String>)>> {
    let Some(what) = what else { return Ok(model.rollups.clone()) };
    let (name, field) = what.split_once('.').map_or((what, None), |(object, field)| (object, Some(field)));
    let rollups: Vec<String> = model
        .rollups
        .iter()
        .filter(|(object, _)| object == name)
        .flat_map(|(_, fields)| fields.clone())
        .collect();
    match field {
        None if rollups.is_empty() => bail!("`{name}` has no rollups."),
        Some(field) if !rollups.iter().any(|r| r == field) => bail!("`{name}` has no rollup `{field}`."),
        None => Ok(vec![(name.into(), rollups)]),
        Some(field) => Ok(vec![(name.into(), vec![field.into()])]),
    }
}
