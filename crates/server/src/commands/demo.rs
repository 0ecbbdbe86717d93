//! A workspace with sample data.
use crate::database::{Database, Site};
use crate::samples;
use anyhow::{Context, Result};
use clap::Args;

pub const EXAMPLES: &str = "\
The data is the same every time: the same seed, dates that count from the same day.

Examples:
  kontor demo marina
  kontor demo sales --workspace training";

#[derive(Args)]
pub struct Sample {
    /// `kontor blueprint list` shows them.
    blueprint: String,
    /// The slug of the workspace to make; the blueprint's name unless told.
    #[arg(long)]
    workspace: Option<String>,
}

pub async fn run(sample: Sample, site: &Site) -> Result<()> {
    let blueprints = samples::blueprints()?;
    let names: Vec<_> = blueprints.iter().map(|(b, _)| b.name.as_str()).collect();
    let found = blueprints.iter().find(|(b, _)| b.name == sample.blueprint);
    let (blueprint, demo) = found.with_context(|| {
        format!("There is no sample data for `{}`. There is for: {}.", sample.blueprint, names.join(", "))
    })?;
    let database = Database::join_migrated(site).await?;
    let slug = sample.workspace.as_deref().unwrap_or(&blueprint.name);
    let password =
        if site.host.is_loopback() { samples::PASSWORD.to_string() } else { super::user::made_up() };
    let filled = samples::Tools::new(&database, site)?.make(blueprint, demo, slug, &password).await?;
    for (object, count) in &filled.records {
        println!("{count:8}  {object}");
    }
    println!();
    for member in filled.members.iter().filter(|m| m.has_password) {
        println!("{:20} {:36} {password}", member.role, member.email);
    }
    Ok(())
}
