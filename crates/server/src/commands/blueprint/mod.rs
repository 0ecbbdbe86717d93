//! Looking at blueprints, checking one's own, and taking workspaces to what is shipped now.
mod folder;
mod upgrade;

use crate::database::Site;
use anyhow::{Result, bail};
use clap::Subcommand;
use meta::{Blueprint, Library};
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub enum Blueprints {
    /// Read a folder of blueprints and tell every fault in it, with file, line and what would be right.
    #[command(
        after_help = "The folder holds `core` and the blueprints that build on it, one folder each:\n  \
                      kontor blueprint check blueprints\n\n\
                      docs/blueprints.md describes the format; docs/blueprint.schema.json gives completion in an editor."
    )]
    Check { folder: PathBuf },
    /// The blueprints in this binary.
    List,
    /// What a workspace with this blueprint has: objects, fields, pipelines, roles.
    #[command(after_help = "Example:\n  kontor blueprint show marina")]
    Show { name: String },
    /// Show what the blueprints shipped now bring a workspace, what of its own stays, and what must be decided.
    #[command(after_help = upgrade::EXAMPLES)]
    Upgrade(upgrade::Upgrade),
    /// Write what a workspace is made of, its blueprints and its own changes, into a folder in the format of blueprints.
    #[command(after_help = "Example:\n  kontor blueprint export acme acme-definition")]
    Export { workspace: String, folder: PathBuf },
    /// Show what such a folder would change in a workspace; with --yes, change it.
    #[command(
        after_help = "Examples:\n  kontor blueprint apply acme acme-definition          only shows the differences\n  \
                      kontor blueprint apply acme acme-definition --yes"
    )]
    Apply {
        workspace: String,
        folder: PathBuf,
        /// Write it.
        #[arg(long)]
        yes: bool,
    },
}

pub async fn run(command: Blueprints, site: &Site) -> Result<()> {
    match command {
        Blueprints::Upgrade(upgrade) => upgrade::run(upgrade, site).await,
        Blueprints::Export { workspace, folder } => folder::export(site, &workspace, &folder).await,
        Blueprints::Apply { workspace, folder, yes } => folder::apply(site, &workspace, &folder, yes).await,
        Blueprints::Check { folder } => check(&folder),
        Blueprints::List => list(library()?),
        Blueprints::Show { name } => show(library()?, &name),
    }
}

/// The shipped blueprints, or those that `KONTOR_BLUEPRINTS` names, with their faults as an error.
pub fn library() -> Result<&'static Library> {
    Library::try_shipped().map_err(|faults| anyhow::anyhow!("{}", told(faults)))
}

fn check(folder: &Path) -> Result<()> {
    match Library::read_folder(folder) {
        Ok(library) => {
            println!("No faults: {}.", library.names().join(", "));
            Ok(())
        }
        Err(faults) => bail!("{}", told(&faults)),
    }
}

fn told(faults: &[meta::Fault]) -> String {
    let lines: Vec<_> = faults.iter().map(meta::Fault::to_string).collect();
    let count = if faults.len() == 1 { "One fault".to_string() } else { format!("{} faults", faults.len()) };
    format!("{}\n{count} in the blueprints.", lines.join("\n"))
}

fn list(library: &Library) -> Result<()> {
    for blueprint in library.names().iter().filter_map(|name| library.blueprint(name)) {
        println!("{:10} {}: {}", blueprint.name, blueprint.label, blueprint.description);
    }
    Ok(())
}

fn show(library: &Library, name: &str) -> Result<()> {
    let blueprint = find(library, name)?;
    let model = library.model(&[name], None).map_err(|faults| anyhow::anyhow!("{}", told(&faults)))?;
    println!("{}: {}\n", blueprint.label, blueprint.description);
    println!("Objects ({})", model.objects.len());
    for object in model.objects.values() {
        let fields: Vec<_> = object.fields.values().filter(|f| !f.system).map(|f| f.name.as_str()).collect();
        println!("  {:24} {}", object.plural, fields.join(", "));
    }
    println!("\nPipelines");
    for (object, pipeline) in model.objects.values().flat_map(|o| o.pipelines.iter().map(move |p| (o, p))) {
        let stages: Vec<_> = pipeline.stages.iter().map(|s| s.name.as_str()).collect();
        println!("  {:24} {}", format!("{}.{}", object.name, pipeline.name), stages.join(" → "));
    }
    println!("\nRoles");
    for role in model.roles.values() {
        println!("  {:24} {}", role.name, role.description);
    }
    Ok(())
}

fn find<'a>(library: &'a Library, name: &str) -> Result<&'a Blueprint> {
    match library.blueprint(name) {
        Some(blueprint) => Ok(blueprint),
        None => bail!("There is no blueprint `{name}`. There is: {}.", library.names().join(", ")),
    }
}
