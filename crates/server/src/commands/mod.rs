//! One file per command.
mod backup;
mod blueprint;
mod demo;
mod doctor;
mod export;
mod import;
mod migrate;
mod openapi;
mod restore;
mod rollup;
mod serve;
mod start;
mod user;
mod work;
mod workspace;

pub use blueprint::library;

use crate::database::Site;
use crate::shutdown::Shutdown;
use anyhow::Result;
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Subcommand)]
pub enum Command {
    /// Bring the database up to date, make the sample workspaces if it is empty, and serve: everything in one process.
    #[command(after_help = start::EXAMPLES)]
    Start(start::Start),
    /// Serve the API of a database that is up to date.
    #[command(after_help = serve::EXAMPLES)]
    Serve,
    /// Work off the queue of jobs without serving: what changes have ordered, and the engine's own upkeep.
    #[command(after_help = work::EXAMPLES)]
    Work,
    /// Bring the database to this version.
    #[command(after_help = migrate::EXAMPLES)]
    Migrate(migrate::Migrate),
    /// Make, list and look at workspaces: one per firm.
    #[command(subcommand)]
    Workspace(workspace::Workspaces),
    /// Make and change accounts.
    #[command(subcommand)]
    User(user::Users),
    /// Look at blueprints, and check your own.
    #[command(subcommand)]
    Blueprint(blueprint::Blueprints),
    /// Read a file (CSV, a spreadsheet, JSON, vCard) into a workspace.
    #[command(after_help = import::EXAMPLES)]
    Import(import::Import),
    /// Write a whole workspace into a zip file or a folder.
    #[command(after_help = export::EXAMPLES)]
    Export(export::Export),
    /// Compute rollups over stored records, after one was added.
    #[command(subcommand)]
    Rollup(rollup::Rollups),
    /// Take a backup, show them, or try one out.
    #[command(after_help = backup::EXAMPLES)]
    Backup(backup::Backup),
    /// Put a backup into a database.
    #[command(after_help = restore::EXAMPLES)]
    Restore(restore::Restore),
    /// Make a workspace with sample data.
    #[command(after_help = demo::EXAMPLES)]
    Demo(demo::Sample),
    /// Print the OpenAPI description of the HTTP API.
    #[command(name = "openapi", after_help = openapi::EXAMPLES)]
    OpenApi(openapi::OpenApi),
    /// Check configuration, PostgreSQL and the fences between workspaces, and say what to do.
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(doctor::Doctor),
}

pub async fn run(command: Command, site: &Site) -> Result<ExitCode> {
    let shutdown = Shutdown::listen()?;
    match command {
        // These end in order: they finish what they have begun.
        Command::Start(start) => done(start::run(start, site, &shutdown).await),
        Command::Serve => done(serve::run(site, &shutdown).await),
        Command::Work => done(work::run(site, &shutdown).await),
        Command::Import(import) => done(import::run(import, site, &shutdown).await),
        // Everything else is given up when somebody asks; dropping it rolls its transaction back.
        other => tokio::select! {
            outcome = finite(other, site) => outcome,
            () = shutdown.asked() => {
                eprintln!("Stopped; nothing that was unfinished has been kept.");
                Ok(ExitCode::from(130))
            }
        },
    }
}

async fn finite(command: Command, site: &Site) -> Result<ExitCode> {
    match command {
        Command::Doctor(doctor) => doctor::run(doctor, site).await,
        Command::Migrate(migrate) => done(migrate::run(migrate, site).await),
        Command::Workspace(workspaces) => done(workspace::run(workspaces, site).await),
        Command::User(users) => done(user::run(users, site).await),
        Command::Demo(sample) => done(demo::run(sample, site).await),
        Command::Export(export) => done(export::run(export, site).await),
        Command::Rollup(rollups) => done(rollup::run(rollups, site).await),
        Command::Backup(backup) => backup::run(backup, site).await,
        Command::Restore(restore) => done(restore::run(restore, site).await),
        Command::OpenApi(openapi) => done(openapi::run(openapi)),
        Command::Start(_) | Command::Serve | Command::Work | Command::Import(_) => {
            unreachable!("they are run by `run`")
        }
        Command::Blueprint(blueprints) => done(blueprint::run(blueprints, site).await),
    }
}

fn done(outcome: Result<()>) -> Result<ExitCode> {
    outcome.map(|()| ExitCode::SUCCESS)
}
