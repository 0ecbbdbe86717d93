//! From whatever version the database has to this one.
use crate::database::{Database, Site};
use anyhow::Result;
use clap::Args;
use store::{MigrateOptions, MigrationReport};

pub const EXAMPLES: &str = "\
It first runs the engine's numbered migrations, then compares the blueprints with the tables. It only adds: a rename or a
removal is written down in the blueprint. It may run while older nodes serve, and only one runs at a time.

Examples:
  kontor migrate --plan    every statement it would run, and nothing is changed
  kontor migrate";

#[derive(Args)]
pub struct Migrate {
    /// Only show what would be done.
    #[arg(long)]
    plan: bool,
}

pub async fn run(migrate: Migrate, site: &Site) -> Result<()> {
    let database = Database::join(site).await?;
    let report = database.migrate(MigrateOptions { plan_only: migrate.plan }).await?;
    println!("{}", told(&report, migrate.plan));
    if !migrate.plan && !report.steps.is_empty() && !super::doctor::drifted(&database).await?.1.is_empty() {
        println!("Note: There are rollups that stored records do not hold yet: run `kontor rollup fill`.");
    }
    Ok(())
}

fn told(report: &MigrationReport, plan: bool) -> String {
    let warnings: String = report.warnings.iter().map(|w| format!("\nNote: {w}")).collect();
    let steps = report.steps.join("\n\n");
    let result = match (report.steps.len(), plan) {
        (0, _) => "The database is up to date.".to_string(),
        (n, true) => format!("{steps}\n\n-- {n} steps would be taken."),
        (n, false) => format!("{n} steps were taken; the database is up to date."),
    };
    format!("{result}{warnings}")
}
