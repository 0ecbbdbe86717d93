//! Figures as a table.
use crate::process::Taken;
use crate::story::Story;
use std::fmt::Write;

#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// Requests or transactions per second.
    pub rate: f64,
    /// Milliseconds.
    pub p50: f64,
    pub p99: f64,
}

impl Figures {
    /// `latencies` in microseconds.
    pub fn of(latencies: &mut [u32], seconds: f64) -> Self {
        latencies.sort_unstable();
        let at = |share: f64| {
            let i = ((latencies.len() as f64 * share) as usize).min(latencies.len().saturating_sub(1));
            latencies.get(i).map_or(0.0, |us| f64::from(*us) / 1000.0)
        };
        Self { rate: latencies.len() as f64 / seconds, p50: at(0.50), p99: at(0.99) }
    }
}

pub struct Line {
    pub story: &'static Story,
    pub base: Figures,
    pub ours: Figures,
    pub usage: Option<Taken>,
}

pub fn table(lines: &[Line]) -> String {
    let mut text = String::from(
        "| what | pgbench /s | p50 ms | p99 ms | Kontor /s | p50 ms | p99 ms | ratio | target | cores | RSS MB |\n\
         |---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for line in lines {
        let (b, o) = (line.base, line.ours);
        let usage = match &line.usage {
            Some(u) => format!("{:.2} | {:.0}", u.cores, u.resident_mb),
            None => " | ".into(),
        };
        let _ = writeln!(
            text,
            "| {} | {:.0} | {:.2} | {:.2} | {:.0} | {:.2} | {:.2} | **{:.2}** | {:.2} | {usage} |",
            line.story.about,
            b.rate,
            b.p50,
            b.p99,
            o.rate,
            o.p50,
            o.p99,
            o.rate / b.rate,
            line.story.target
        );
    }
    text
}
