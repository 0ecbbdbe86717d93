//! The binary: configuration, wiring, commands.
mod commands;
mod config;
mod database;
mod logging;
mod postgres;
mod progress;
mod samples;
mod shutdown;
mod upkeep;
mod wire;

use clap::Parser;
use commands::Command;
use config::Config;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Kontor: CRM and ERP for small and middle-sized firms, one engine with a blueprint for each trade.
#[derive(Parser)]
#[command(
    name = "kontor",
    version,
    arg_required_else_help = true,
    after_help = "Settings come from the environment and from kontor.toml: see `kontor doctor --settings`.\n\
                  Without DATABASE_URL a private PostgreSQL runs in ./data, and every command finds it there.\n\n\
                  To begin:\n  \
                  kontor start                                  a server with sample workspaces\n  \
                  kontor workspace create acme --blueprint sales --name Acme\n  \
                  kontor user create ada@acme.example --name Ada --workspace acme --role admin"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let config = match Config::load() {
        Ok(config) => config,
        Err(faults) => {
            eprintln!("{}", config::report(&faults));
            return ExitCode::FAILURE;
        }
    };
    logging::start(config.log);
    match run(cli.command, config) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("{}", logging::without_passwords(&format!("{e:#}")));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, config: Config) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(commands::run(command, config));
    // A task that hangs (a name that does not resolve, say) must not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    outcome
}
