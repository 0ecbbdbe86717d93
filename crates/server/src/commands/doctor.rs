//! Everything that can be checked from here, and what to do about it.
use crate::config;
use crate::database::{Database, Site};
use crate::{logging, wire};
use anyhow::Result;
use backups::{Drill, Manifest};
use clap::Args;
use kernel::Timestamp;
use std::process::ExitCode;
use store::doors::inspection::{self, AppRole, Inspection};
use store::doors::jobs::{self as queue, Standing};
use store::doors::log::{self, Verified};
use store::doors::workspaces;

pub const EXAMPLES: &str = "\
Exit code 1 when something must be done; warnings do not count.

Examples:
  kontor doctor
  kontor doctor --settings    every setting, with its default";

#[derive(Args)]
pub struct Doctor {
    /// Print the documentation of all settings instead.
    #[arg(long)]
    settings: bool,
}

pub async fn run(doctor: Doctor, site: &Site) -> Result<ExitCode> {
    if doctor.settings {
        print!("{}", config::page());
        return Ok(ExitCode::SUCCESS);
    }
    let findings = examine(site).await;
    for finding in &findings {
        println!("{finding}");
    }
    let failed = findings.iter().filter(|f| f.grade == Grade::Fail).count();
    match failed {
        0 => println!("\nNothing needs to be done."),
        n => println!("\n{n} of {} checks failed.", findings.len()),
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Grade {
    Ok,
    Warn,
    Fail,
}

#[derive(Debug, PartialEq)]
struct Finding {
    grade: Grade,
    what: &'static str,
    /// What was seen, and unless it is well, what to do.
    detail: String,
}

impl Finding {
    fn ok(what: &'static str, detail: impl Into<String>) -> Finding {
        Finding { grade: Grade::Ok, what, detail: detail.into() }
    }
    fn warn(what: &'static str, detail: impl Into<String>) -> Finding {
        Finding { grade: Grade::Warn, what, detail: detail.into() }
    }
    fn fail(what: &'static str, detail: impl Into<String>) -> Finding {
        Finding { grade: Grade::Fail, what, detail: detail.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let grade = match self.grade {
            Grade::Ok => "OK  ",
            Grade::Warn => "WARN",
            Grade::Fail => "FAIL",
        };
        write!(f, "{grade}  {:22} {}", self.what, self.detail)
    }
}

async fn examine(site: &Site) -> Vec<Finding> {
    let mut findings = vec![settings(site), blueprints()];
    match Database::join(site).await {
        Ok(database) => {
            findings.extend(examine_database(&database).await);
            findings.push(match taken(&database, site).await {
                Ok(all) => backups(&all, Timestamp::now()),
                Err(e) => Finding::warn(BACKUPS, format!("They could not be looked at: {e:#}")),
            });
        }
        Err(e) => {
            let reason = logging::without_passwords(&format!("{e:#}"));
            findings.push(Finding::fail(
                "PostgreSQL",
                format!("{reason}. Check DATABASE_URL, or unset it for a private one."),
            ));
        }
    }
    findings
}

async fn examine_database(database: &Database) -> Vec<Finding> {
    let mut findings = vec![migrations(database).await];
    match inspection::inspect(&database.store).await {
        Ok(seen) => findings.extend([
            version(&seen),
            extensions(&seen),
            role(seen.role.as_ref()),
            fences(&seen),
            change_log(&seen),
            clock(seen.now, Timestamp::now()),
        ]),
        Err(e) => findings.push(Finding::fail("PostgreSQL", format!("It could not be looked at: {e}"))),
    }
    findings.extend(chains(database).await);
    findings.push(match queue::standing(&database.store).await {
        Ok(standing) => jobs(&standing, Timestamp::now()),
        Err(e) => Finding::fail("jobs", format!("The queue could not be looked at: {e}")),
    });
    findings.push(rollups(database).await);
    findings.push(own_fields(inspection::own_fields(&database.store).await));
    findings
}

/// The chain of every workspace, from its first link to its last.
async fn chains(database: &Database) -> Vec<Finding> {
    let mut findings = vec![];
    for workspace in workspaces::list(&database.store).await.unwrap_or_default() {
        findings.push(match log::verify(&database.store, workspace.id).await {
            Ok(found) => chain(&workspace.slug, &found, Timestamp::now()),
            Err(e) => Finding::fail(CHAIN, format!("{}: it could not be read: {e}", workspace.slug)),
        });
    }
    findings
}

const CHAIN: &str = "change log's chain";

/// Sealing waits for the oldest transaction that writes, which is over in seconds.
const PATIENCE: i64 = 3600;

fn chain(slug: &str, found: &Verified, now: Timestamp) -> Finding {
    if let Some(broken) = &found.broken {
        let set = broken.change_set.map_or(String::new(), |id| format!(", change set {id}"));
        let at = broken.at.map_or(String::new(), |at| format!(" of {at}"));
        let detail = format!(
            "{slug}: link {}{set}{at}: {}. The log was changed past Kontor; compare with a backup.",
            broken.seq, broken.why
        );
        return Finding::fail(CHAIN, detail);
    }
    let hash = if found.seq == 0 { "" } else { &found.hash };
    let whole = format!("{slug}: {} links, {} entries, last {hash}", found.seq, found.entries);
    match found.waiting_since.filter(|since| now.duration_since(*since).as_secs() > PATIENCE) {
        Some(since) => Finding::warn(
            CHAIN,
            format!(
                "{whole}; {} changes wait for their seal since {since}: is `kontor work` or `kontor serve` running, and is \
                 there a transaction that never ends (pg_stat_activity)?",
                found.waiting
            ),
        ),
        None => Finding::ok(CHAIN, whole),
    }
}

/// A job that nobody has claimed for longer than this is waiting for a worker, not for its turn.
const STUCK: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

fn jobs(queues: &[Standing], now: Timestamp) -> Finding {
    const WHAT: &str = "jobs";
    let is_stuck = |q: &&Standing| q.oldest.is_some_and(|due| now.duration_since(due) > STUCK);
    let stuck: Vec<String> =
        queues.iter().filter(is_stuck).map(|q| format!("{} in `{}`", q.waiting, q.queue)).collect();
    let failed: i64 = queues.iter().map(|q| q.failed).sum();
    let waiting: i64 = queues.iter().map(|q| q.waiting).sum();
    let running: i64 = queues.iter().map(|q| q.running).sum();
    match (stuck.as_slice(), failed) {
        ([], 0) => Finding::ok(WHAT, format!("{waiting} waiting, {running} running, none failed")),
        ([], n) => Finding::warn(
            WHAT,
            format!(
                "{n} failed within a week: `GET /api/v1/jobs?state=failed` lists a workspace's, the log says why."
            ),
        ),
        (stuck, _) => Finding::warn(
            WHAT,
            format!(
                "{} have been due for more than 10 minutes. Does a worker run? Start `kontor work`, or `kontor serve` with \
                 KONTOR_WORKER=on; if one runs, its queue is longer than it can work off.",
                stuck.join(", ")
            ),
        ),
    }
}

/// Records of each object and workspace whose rollups are compared with what they come to: the newest.
const ROLLUPS_SEEN: usize = 50;

async fn rollups(database: &Database) -> Finding {
    const WHAT: &str = "rollups";
    match drifted(database).await {
        Ok((seen, drifted)) if drifted.is_empty() => {
            Finding::ok(WHAT, format!("{seen} records hold what their records come to"))
        }
        Ok((seen, drifted)) => Finding::fail(
            WHAT,
            format!(
                "{} of {seen} records differ from what their records come to ({}): run `kontor rollup fill`.",
                drifted.len(),
                drifted.iter().take(5).cloned().collect::<Vec<_>>().join(", ")
            ),
        ),
        Err(e) => Finding::fail(WHAT, format!("They could not be compared: {e:#}")),
    }
}

pub(super) async fn drifted(database: &Database) -> Result<(u64, Vec<String>)> {
    let engine = records::Engine::new(database.store.clone(), wire::rules());
    let (mut all, mut told) = (0, vec![]);
    for workspace in
        store::doors::workspaces::list(&database.store).await?.into_iter().filter(|w| w.is_active)
    {
        let actor = policy::Actor::system(workspace.id, "kontor doctor");
        let (seen, drifted) = engine.drifted_rollups(&actor, ROLLUPS_SEEN).await?;
        all += seen;
        told.extend(drifted.iter().map(|d| format!("{} {}", d.object, d.record)));
    }
    Ok((all, told))
}

const BACKUPS: &str = "backups";

/// One a day, and some hours of grace for a large database.
const BACKUP_DUE: jiff::SignedDuration = jiff::SignedDuration::from_hours(30);

async fn taken(database: &Database, site: &Site) -> Result<Vec<Manifest>> {
    backups::list(&database.files(site).await?).await
}

fn backups(all: &[Manifest], now: Timestamp) -> Finding {
    let Some(newest) = all.first() else {
        return Finding::warn(
            BACKUPS,
            "None yet. A worker takes one every night at 02:00 UTC; `kontor backup` takes one now.",
        );
    };
    let told = |d: &Drill| format!("tried out {}: {}", day(d.at), if d.green { "green" } else { "RED" });
    let tried = all.iter().find_map(|m| m.drill.as_ref().map(|d| (m, d)));
    let drill = tried.map_or("never tried out".to_owned(), |(m, d)| format!("{} {}", m.name, told(d)));
    let seen = format!("{} there, the last of {}; {drill}", all.len(), day(newest.at));
    match tried {
        Some((m, d)) if !d.green => Finding::fail(
            BACKUPS,
            format!(
                "{seen}: {}. Take another (`kontor backup`) and try it (`kontor backup --drill latest`); keep {} until that is green.",
                d.detail,
                m.file()
            ),
        ),
        _ if now.duration_since(newest.at) > BACKUP_DUE => Finding::warn(
            BACKUPS,
            format!(
                "{seen}. The last one is too old: does a worker run, and what does its log say of `backup.take`?"
            ),
        ),
        None => Finding::warn(
            BACKUPS,
            format!("{seen}. `kontor backup --drill latest` shows whether it can be restored."),
        ),
        Some(_) => Finding::ok(BACKUPS, seen),
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

fn settings(site: &Site) -> Finding {
    const WHAT: &str = "configuration";
    let open = !site.host.is_loopback();
    let plain = site.public_url.scheme() == "http";
    match (open, plain) {
        (true, true) => Finding::warn(
            WHAT,
            format!(
                "Other machines can reach {} and the public URL is plain http: passwords travel readable. Put a proxy \
                 with TLS before it and set KONTOR_PUBLIC_URL to its https address.",
                site.host
            ),
        ),
        _ => Finding::ok(WHAT, format!("serves on {}:{} as {}", site.host, site.port, site.public_url)),
    }
}

fn blueprints() -> Finding {
    const WHAT: &str = "blueprints";
    match super::library().and_then(|library| wire::check_keys(library).map(|()| library)) {
        Ok(library) => Finding::ok(WHAT, library.names().join(", ")),
        Err(e) => Finding::fail(WHAT, format!("{e:#}")),
    }
}

async fn migrations(database: &Database) -> Finding {
    const WHAT: &str = "migrations";
    match database.pending().await {
        Ok(0) => Finding::ok(WHAT, "none pending"),
        Ok(n) => Finding::fail(WHAT, format!("{n} steps are pending: run `kontor migrate`.")),
        Err(e) => Finding::fail(WHAT, format!("They could not be compared: {e:#}")),
    }
}

fn version(seen: &Inspection) -> Finding {
    match seen.major {
        15.. => Finding::ok("PostgreSQL", &seen.version),
        _ => Finding::fail(
            "PostgreSQL",
            format!("{} is too old: version 15 or newer is needed.", seen.version),
        ),
    }
}

fn extensions(seen: &Inspection) -> Finding {
    const WHAT: &str = "extensions";
    let missing: Vec<_> = ["pg_trgm", "unaccent"]
        .into_iter()
        .filter(|name| !seen.extensions.iter().any(|e| e == name))
        .collect();
    match missing.as_slice() {
        [] => Finding::ok(WHAT, seen.extensions.join(", ")),
        missing => Finding::fail(
            WHAT,
            format!(
                "{} missing: `kontor migrate` creates them (Debian has them in the package postgresql-contrib or postgresql).",
                missing.join(", ")
            ),
        ),
    }
}

fn role(role: Option<&AppRole>) -> Finding {
    const WHAT: &str = "application role";
    let Some(role) = role else {
        return Finding::fail(WHAT, "kontor_app does not exist: run `kontor migrate`.");
    };
    let mut wrong = Vec::new();
    if role.is_superuser {
        wrong.push("is a superuser (alter role kontor_app nosuperuser)".to_string());
    }
    if role.passes_row_security {
        wrong.push("passes row-level security (alter role kontor_app nobypassrls)".to_string());
    }
    if role.owns > 0 {
        wrong.push(format!("owns {} relations (reassign owned by kontor_app to the owner)", role.owns));
    }
    match (wrong.as_slice(), role.can_log_in) {
        ([], false) => Finding::ok(WHAT, "kontor_app is no superuser, owns nothing and cannot log in"),
        ([], true) => {
            Finding::warn(WHAT, "kontor_app can log in, which nobody needs (alter role kontor_app nologin)")
        }
        (wrong, _) => {
            Finding::fail(WHAT, format!("kontor_app {}: workspaces are not fenced off.", wrong.join(", ")))
        }
    }
}

fn fences(seen: &Inspection) -> Finding {
    const WHAT: &str = "workspace fences";
    match (seen.unfenced.as_slice(), seen.fenced) {
        ([], 0) => Finding::fail(WHAT, "There are no tables yet: run `kontor migrate`."),
        ([], n) => Finding::ok(WHAT, format!("row-level security is on and forced on all {n} tables")),
        (open, _) => Finding::fail(
            WHAT,
            format!("row-level security is not on and forced on {}: run `kontor migrate`.", open.join(", ")),
        ),
    }
}

fn change_log(seen: &Inspection) -> Finding {
    match seen.log_is_ready {
        true => Finding::ok("change log", "its tables for this month and the next are there"),
        false => Finding::warn(
            "change log",
            "tables for this or the next month are missing: `kontor work` or `kontor serve` makes them.",
        ),
    }
}

/// No foreign key stands behind the references of own fields; the write path does, and this looks after it.
fn own_fields(told: kernel::Outcome<Vec<String>>) -> Finding {
    const WHAT: &str = "own fields";
    match told {
        Ok(told) if told.is_empty() => Finding::ok(WHAT, "references lead somewhere, indexes are sound"),
        Ok(told) => Finding::fail(WHAT, format!("{}. Change these records, or the field.", told.join("; "))),
        Err(e) => Finding::fail(WHAT, format!("They could not be looked at: {e}")),
    }
}

fn clock(theirs: Timestamp, ours: Timestamp) -> Finding {
    let apart = ours.duration_since(theirs).as_secs().abs();
    match apart {
        0..=2 => Finding::ok("clock", "agrees with PostgreSQL's"),
        n => Finding::warn(
            "clock",
            format!("{n} s apart from PostgreSQL's: times in the change log are off. Set up NTP on both."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app_role() -> AppRole {
        AppRole { is_superuser: false, passes_row_security: false, can_log_in: false, owns: 0 }
    }

    #[test]
    fn a_role_that_passes_the_fences_is_a_failure_with_the_statement_that_mends_it() {
        assert_eq!(role(Some(&app_role())).grade, Grade::Ok);
        let finding = role(Some(&AppRole { passes_row_security: true, ..app_role() }));
        assert_eq!(finding.grade, Grade::Fail);
        assert!(finding.detail.contains("alter role kontor_app nobypassrls"), "{finding}");
        assert_eq!(role(None).grade, Grade::Fail);
    }

    #[test]
    fn a_broken_chain_is_named_and_one_that_waits_too_long_is_told() {
        let noon: Timestamp = "2026-01-01T12:00:00Z".parse().expect("a time");
        let two: Timestamp = "2026-01-01T14:00:00Z".parse().expect("a time");
        let well = Verified {
            seq: 2,
            hash: "abc".into(),
            waiting: 1,
            waiting_since: Some(noon),
            ..Verified::default()
        };
        assert_eq!(chain("acme", &well, noon).grade, Grade::Ok);
        assert_eq!(chain("acme", &well, two).grade, Grade::Warn);
        let broken = log::Broken { seq: 2, change_set: None, at: Some(noon), why: "it is gone".into() };
        let finding = chain("acme", &Verified { broken: Some(broken), ..well }, noon);
        assert_eq!(finding.grade, Grade::Fail);
        assert!(finding.detail.contains("acme: link 2 of 2026-01-01T12:00:00Z: it is gone"), "{finding}");
    }

    #[test]
    fn clocks_that_are_apart_are_told() {
        let noon: Timestamp = "2026-01-01T12:00:00Z".parse().expect("a time");
        let later: Timestamp = "2026-01-01T12:01:00Z".parse().expect("a time");
        assert_eq!(clock(noon, noon).grade, Grade::Ok);
        assert_eq!(clock(later, noon).detail.split(':').next(), Some("60 s apart from PostgreSQL's"));
    }

    #[test]
    fn jobs_that_nobody_claims_and_failed_ones_are_told() {
        let noon: Timestamp = "2026-01-01T12:00:00Z".parse().expect("a time");
        let queue = |failed, oldest: &str| Standing {
            queue: "email".into(),
            waiting: 3,
            running: 0,
            failed,
            oldest: Some(oldest.parse().expect("a time")),
        };
        assert_eq!(jobs(&[queue(0, "2026-01-01T11:55:00Z")], noon).grade, Grade::Ok);
        let failed = jobs(&[queue(2, "2026-01-01T11:55:00Z")], noon);
        assert!(failed.grade == Grade::Warn && failed.detail.starts_with("2 failed"), "{failed}");
        let stuck = jobs(&[queue(0, "2026-01-01T11:49:00Z")], noon);
        assert!(stuck.grade == Grade::Warn && stuck.detail.contains("3 in `email`"), "{stuck}");
    }

    #[test]
    fn a_red_drill_a_missing_and_an_old_backup_are_told() {
        let at = |text: &str| -> Timestamp { text.parse().expect("a time") };
        let backup = |drill: Option<bool>| Manifest {
            name: "backup-20260101-020000".into(),
            at: at("2026-01-01T02:00:00Z"),
            version: "1".into(),
            encrypted: false,
            bytes: 1,
            sha256: String::new(),
            owners: vec![],
            tables: Default::default(),
            drill: drill.map(|green| Drill {
                at: at("2026-01-01T05:00:00Z"),
                green,
                detail: "data.x is missing".into(),
            }),
        };
        let noon = at("2026-01-01T12:00:00Z");
        assert_eq!(backups(&[backup(Some(true))], noon).grade, Grade::Ok);
        assert_eq!(backups(&[backup(Some(true))], at("2026-01-02T12:00:00Z")).grade, Grade::Warn);
        assert_eq!(backups(&[backup(None)], noon).grade, Grade::Warn);
        assert_eq!(backups(&[], noon).grade, Grade::Warn);
        let red = backups(&[backup(None), backup(Some(false))], noon);
        assert!(red.grade == Grade::Fail && red.detail.contains("data.x is missing"), "{red}");
    }
}
