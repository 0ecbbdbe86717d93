//! What comes round by the calendar: cron expressions in UTC, of which one node fires each.
use crate::Queue;
use anyhow::{Context, Result};
use croner::Cron;
use jiff::tz::TimeZone;
use kernel::{Outcome, Timestamp};
use std::str::FromStr;
use std::time::Duration;
use store::Store;
use store::doors::job_schedules::{self as door, Fired};

/// A job of the engine that is ordered again and again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    pub name: &'static str,
    /// Minute, hour, day of month, month, day of week; UTC.
    pub cron: &'static str,
    pub queue: Queue,
    pub kind: &'static str,
}

impl Schedule {
    /// When it comes round next after `time`.
    pub fn after(&self, time: Timestamp) -> Result<Timestamp> {
        next(self.cron, time)
    }
}

/// When a cron expression comes round next after `time`.
pub(crate) fn next(cron: &str, time: Timestamp) -> Result<Timestamp> {
    let parsed = Cron::from_str(cron).with_context(|| format!("the schedule `{cron}`"))?;
    let next = parsed.find_next_occurrence(&time.to_zoned(TimeZone::UTC), false);
    Ok(next.with_context(|| format!("the schedule `{cron}` never comes round"))?.timestamp())
}

/// Fires what is due. How long until the next one is. One that was missed while no node ran fires once.
pub(crate) async fn fire_due(store: &Store, schedules: &[Schedule]) -> Outcome<Option<Duration>> {
    if schedules.is_empty() {
        return Ok(None);
    }
    let (now, rows) = door::all(store).await?;
    let mut soonest = None;
    for schedule in schedules {
        let Some(row) = rows.iter().find(|r| r.name == schedule.name) else { continue };
        let mut due = schedule.after(row.last_fired)?;
        if due <= now {
            fire(store, schedule, row).await?;
            due = schedule.after(now)?;
        }
        let wait = Duration::try_from(due.duration_since(now)).unwrap_or_default();
        soonest = Some(soonest.map_or(wait, |s: Duration| s.min(wait)));
    }
    Ok(soonest)
}

async fn fire(store: &Store, schedule: &Schedule, row: &Fired) -> Outcome<()> {
    let queue = schedule.queue;
    if door::fire(store, row, queue.name(), schedule.kind, queue.attempts()).await? {
        tracing::debug!(schedule = schedule.name, "Fired");
    }
    Ok(())
}

pub(crate) async fn announce(store: &Store, schedules: &[Schedule]) -> Outcome<()> {
    let names: Vec<_> = schedules.iter().map(|s| s.name).collect();
    let crons: Vec<_> = schedules.iter().map(|s| s.cron).collect();
    door::announce(store, &names, &crons).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_schedule_comes_round_after_the_moment_it_fired() {
        let nightly = "0 4 * * *";
        assert_eq!(next(nightly, at("2026-03-01T03:59:59Z")).expect("it does"), at("2026-03-01T04:00:00Z"));
        assert_eq!(next(nightly, at("2026-03-01T04:00:00Z")).expect("it does"), at("2026-03-02T04:00:00Z"));
        assert_eq!(
            next("0 3 * * 0", at("2026-03-02T00:00:00Z")).expect("it does"),
            at("2026-03-08T03:00:00Z")
        );
    }

    #[test]
    fn what_is_no_schedule_is_told_with_its_text() {
        let refused = next("every day", at("2026-03-01T00:00:00Z")).expect_err("it is none");
        assert!(format!("{refused:#}").contains("`every day`"), "{refused:#}");
    }
}
