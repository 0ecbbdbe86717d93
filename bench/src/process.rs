//! CPU and memory of the server, from /proc.
use anyhow::{Context, Result};
use std::time::Duration;

pub struct Usage {
    /// Clock ticks, a hundredth of a second each on Linux.
    ticks: u64,
    resident_kb: u64,
}

/// What the server took during a measurement.
pub struct Taken {
    /// Of one core: 1.0 is a whole one.
    pub cores: f64,
    pub resident_mb: f64,
}

impl Usage {
    pub fn read(pid: u32) -> Result<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("is the server running?")?;
        // The name stands in parentheses and may hold spaces; the fields after it do not.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let tick = |i: usize| fields.get(i).and_then(|f| f.parse::<u64>().ok()).unwrap_or_default();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let resident = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
        let resident_kb =
            resident.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or_default();
        Ok(Self { ticks: tick(11) + tick(12), resident_kb })
    }
}

pub fn between(before: &Usage, after: &Usage, time: Duration) -> Taken {
    // The second of warming up lies between the two readings as well.
    let seconds = time.as_secs_f64() + 1.0;
    Taken {
        cores: (after.ticks - before.ticks) as f64 / 100.0 / seconds,
        resident_mb: after.resident_kb as f64 / 1024.0,
    }
}
