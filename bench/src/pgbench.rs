//! The measure: the same work as plain SQL through `pgbench -M prepared`.
use crate::Options;
use crate::load::Spread;
use crate::report::Figures;
use anyhow::{Context, Result, bail};
use std::path::Path;
use tokio::process::Command;

pub async fn run(options: &Options, name: &str, workspace: &str, spread: &Spread) -> Result<Figures> {
    let logs = std::env::temp_dir().join(format!("kontor-bench-{}-{name}", std::process::id()));
    let program = Path::new(&options.pgbin).join("pgbench");
    let connections = options.connections.to_string();
    let output = Command::new(&program)
        .args(["-n", "-M", "prepared", "-c", &connections, "-j", "2"])
        .args(["-T", &options.seconds.to_string()])
        .args(["-D", &format!("per={}", spread.rows / spread.workspaces)])
        .args(["-D", &format!("clients={}", spread.clients() / spread.workspaces)])
        .args(["-D", &format!("workspaces={}", spread.workspaces)])
        .args(["-D", &format!("ws={workspace}")])
        .args(["-f", &format!("{}/{name}.sql", options.scripts)])
        .args(["-l", "--log-prefix"])
        .arg(&logs)
        .arg(&options.database_url)
        .output()
        .await
        .with_context(|| format!("starting {}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("pgbench failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let rate = text.lines().find_map(|l| l.strip_prefix("tps = ")).and_then(|l| l.split(' ').next());
    let rate: f64 = rate.context("pgbench printed no rate")?.parse()?;
    let mut latencies = latencies(&logs)?;
    Ok(Figures { rate, ..Figures::of(&mut latencies, 1.0) })
}

/// pgbench's log, one file per thread: client, number, microseconds, ...
fn latencies(prefix: &Path) -> Result<Vec<u32>> {
    let folder = prefix.parent().context("a prefix has a folder")?;
    let stem = prefix.file_name().context("a prefix has a name")?.to_string_lossy().into_owned();
    let mut all = vec![];
    for entry in std::fs::read_dir(folder)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&stem) {
            let text = std::fs::read_to_string(entry.path())?;
            all.extend(text.lines().filter_map(|l| l.split(' ').nth(2)?.parse::<u32>().ok()));
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(all)
}
