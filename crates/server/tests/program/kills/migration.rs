//! `kontor migrate` is killed: what is done stays, the next one goes on, and the outcome is the same.
use super::{after, dice, kills};
use crate::support::Site;
use rand::RngExt;
use std::process::Stdio;
use std::time::{Duration, Instant};
use testkit::TestDb;

/// A migration of everything takes long, so it is killed less often than the rest.
fn deaths() -> usize {
    (kills() / 3).max(2)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_is_killed_is_finished_by_the_next_one() {
    let (_, mut dice) = dice();
    let quiet = TestDb::empty().await;
    let since = Instant::now();
    Site::new(&quiet.url).well(&["migrate"]);
    let takes = since.elapsed();
    let wanted = after::form(&quiet.url).await;

    let mut left = deaths();
    while left > 0 {
        let db = TestDb::empty().await;
        let site = Site::new(&db.url);
        // Up to four of them die over one database, each somewhat further on.
        for _ in 0..dice.random_range(1..=4.min(left)) {
            let moment = takes.mul_f64(dice.random_range(0.05..0.9));
            println!("killed after {moment:?} of {takes:?}");
            killed_after(&site, moment).await;
            left -= 1;
        }
        // Sessions that have lost their client end with the statement that they are at.
        after::nobody_is_at_work(&db.url).await;
        site.well(&["migrate"]);
        let found = after::form(&db.url).await;
        assert!(found == wanted, "{}", difference(&found, &wanted));
        assert!(site.well(&["migrate", "--plan"]).contains("up to date"));
    }
}

async fn killed_after(site: &Site, moment: Duration) {
    let mut command = site.command(&["migrate"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    tokio::time::sleep(moment).await;
    let _ended_already = child.kill();
    let _status = child.wait();
}

fn difference(found: &str, wanted: &str) -> String {
    let only = |a: &str, b: &str| {
        a.lines().filter(|l| !b.lines().any(|m| m == *l)).take(5).collect::<Vec<_>>().join("\n")
    };
    format!("found only:\n{}\nmissing:\n{}", only(found, wanted), only(wanted, found))
}
