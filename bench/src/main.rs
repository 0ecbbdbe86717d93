//! Load and comparison benchmark: Kontor over HTTP against plain `pgbench` on the same rows, in one run, on one
//! machine. The figures that count are the ratios. See bench/README.md.
mod client;
mod extra;
mod load;
mod pgbench;
mod process;
mod report;
mod story;

use anyhow::{Context, Result};
use clap::Parser;
use std::time::Duration;

/// Measures Kontor against pgbench on the same rows.
#[derive(Parser)]
struct Options {
    /// Owner's URL of a PostgreSQL that Kontor has migrated.
    #[arg(long, env = "DATABASE_URL")]
    database_url: String,
    /// Where Kontor serves: host:port.
    #[arg(long, default_value = "127.0.0.1:8080")]
    kontor: String,
    /// An API key with every right in the workspace `bench-0`.
    #[arg(long, env = "KONTOR_BENCH_KEY")]
    key: String,
    /// Process id of the server, for CPU and memory.
    #[arg(long)]
    pid: Option<u32>,
    /// Contacts in all; a tenth as many clients.
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    #[arg(long, default_value_t = 20)]
    workspaces: u64,
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Names of the stories to tell, `extra` for what has no twin in pgbench; all of them by default.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Seconds per measurement.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Folder with pgbench's scripts.
    #[arg(long, default_value = "bench/sql")]
    scripts: String,
    /// Folder with PostgreSQL's programs, when pgbench is not on the path.
    #[arg(long, env = "PGBIN", default_value = "")]
    pgbin: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let spread = load::Spread { rows: options.rows, workspaces: options.workspaces };
    let workspace = load::fill(&options.database_url, &spread).await.context("loading the rows")?;
    let mut results = vec![];
    for story in
        story::ALL.iter().filter(|s| options.only.is_empty() || options.only.iter().any(|o| o == s.name))
    {
        let time = Duration::from_secs(options.seconds);
        eprintln!("{}: pgbench ...", story.name);
        let base = pgbench::run(&options, story.name, &workspace, &spread).await?;
        eprintln!("{}: Kontor ...", story.name);
        let before = options.pid.map(process::Usage::read).transpose()?;
        let ours =
            client::run(&options.kontor, &options.key, options.connections, time, story, &spread).await?;
        let after = options.pid.map(process::Usage::read).transpose()?;
        let usage = before.zip(after).map(|(b, a)| process::between(&b, &a, time));
        results.push(report::Line { story, base, ours, usage });
    }
    print!("{}", report::table(&results));
    if options.only.is_empty() || options.only.iter().any(|o| o == "extra") {
        eprintln!("search, pages, thousands ...");
        print!("\n{}", extra::run(&options.kontor, &options.key, &spread).await?);
    }
    Ok(())
}
