//! The binary: configuration, wiring, commands.
mod commands;
mod config;
mod database;
mod logging;
mod pages;
mod postgres;
mod progress;
mod samples;
mod shutdown;
mod upkeep;
mod wire;

use clap::Parser;
use commands::Command;
use config::Config;
use database::Site;
use std::process::ExitCode;
use std::time::Duration;

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
    end_quietly_when_nobody_reads();
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
    let site = Site::new(config);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(commands::run(command, &site));
    // PostgreSQL may be just starting, which is waited for, so that it can be stopped; a name that does not resolve
    // must not keep the process for longer.
    runtime.shutdown_timeout(Duration::from_secs(10));
    outcome
}

/// `kontor user list | head` closes our output early. `println!` panics on that, which is nothing to tell anybody.
fn end_quietly_when_nobody_reads() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload().downcast_ref::<String>().map_or("", String::as_str);
        if said.starts_with("failed printing to stdout") && said.contains("Broken pipe") {
            std::process::exit(0);
        }
        tell(panic);
    }));
}
