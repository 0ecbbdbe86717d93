//! Processes are ended by SIGKILL at moments that dice choose, in the middle of what they do. Afterwards nothing is lost,
//! nothing is there twice and nothing is half done.
//!
//!     KONTOR_KILLS=60 KONTOR_KILL_DICE=7 cargo nextest run -p kontor --test program kills
pub mod after;
mod deeds;
mod migration;

use crate::house::{House, Part};
use deeds::Deed;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use testkit::TestDb;

/// How often somebody is killed: few in the daily tests, many by hand.
fn kills() -> usize {
    std::env::var("KONTOR_KILLS").map_or(6, |n| n.parse().expect("KONTOR_KILLS is a number"))
}

/// The same dice throw the same again.
fn dice() -> (u64, StdRng) {
    let seed =
        std::env::var("KONTOR_KILL_DICE").map_or_else(|_| rand::random(), |n| n.parse().expect("a number"));
    println!("KONTOR_KILLS={} KONTOR_KILL_DICE={seed}", kills());
    (seed, StdRng::seed_from_u64(seed))
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_nothing_is_lost_doubled_or_half_done() {
    let (_, mut dice) = dice();
    // Undisturbed first: what must come out, and how long each deed takes, so that a kill falls into it.
    let quiet = TestDb::new().await;
    let mut house = House::new(&quiet.url).await;
    let mut takes: BTreeMap<Deed, Duration> = BTreeMap::new();
    deeds::prepare(&house).await;
    for round in 0..kills() {
        let since = Instant::now();
        Deed::of(round).run(&house, round).await;
        takes.insert(Deed::of(round), since.elapsed());
    }
    after::no_job_is_left(&house).await;
    house.end(Part::Both);
    after::check(&house).await;
    let wanted = after::picture(&quiet.url).await;

    let loud = TestDb::new().await;
    let mut house = House::new(&loud.url).await;
    deeds::prepare(&house).await;
    for round in 0..kills() {
        let deed = Deed::of(round);
        let part = deed.done_by()[dice.random_range(0..deed.done_by().len())];
        let moment = takes[&deed].mul_f64(dice.random_range(0.0..1.0));
        disturbed(&mut house, deed, round, part, moment).await;
    }
    after::no_job_is_left(&house).await;
    house.end(Part::Both);
    after::check(&house).await;
    assert_eq!(after::picture(&loud.url).await, wanted, "what came out is not what comes out undisturbed");
}

async fn disturbed(house: &mut House, deed: Deed, round: usize, part: Part, moment: Duration) {
    println!("round {round}: {deed:?}, {part:?} is killed after {moment:?}");
    let at_it = deed.begin(house, round);
    tokio::time::sleep(moment).await;
    house.end(part);
    // Time passes: the lease of a worker that is gone runs out. That it is honoured until then is told elsewhere.
    after::let_leases_run_out(&house.url).await;
    deed.is_whole(house, round).await;
    house.start(part);
    at_it.await.expect("the deed is done in the end");
    deed.is_done(house, round).await;
}
