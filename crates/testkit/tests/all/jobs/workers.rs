//! Several workers over one queue: leases, schedules, stopping, waking.
use super::*;
use futures_util::future::join_all;
use jobs::{Queue, Schedule, WorkerConfig};
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use store::doors::jobs::{self as door, Asked, Ending, Holding, Room};

const ROOM: Room = Room { queue: "notifications", here: 100, everywhere: None };
const LONG: Duration = Duration::from_secs(600);

fn asked(rooms: &[Room], lease: Duration) -> Asked<'_> {
    Asked { rooms, kinds: &[KIND], tells: &[], lease }
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_side_by_side_never_run_one_job_twice() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    for _ in 0..60 {
        given(&app, &order("succeed")).await;
    }
    let workers: Vec<_> = (0..4).map(|_| app.node.worker()).collect();
    for done in join_all(workers.iter().map(jobs::Worker::run_due)).await {
        done.expect("the queue is worked off");
    }
    let seen = probe.seen.lock().expect("no panic while it was held").clone();
    let once: HashSet<_> = seen.iter().copied().collect();
    assert_eq!((seen.len(), once.len()), (60, 60));
}

#[tokio::test]
async fn a_job_whose_worker_is_lost_goes_to_another_which_alone_can_end_it() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    let store = &app.node.store;
    let id = given(&app, &order("succeed")).await;
    let (lost, next) = (kernel::new_id(), kernel::new_id());
    let claim = async |worker, ended: &[_], lease| {
        door::turn(store, worker, ended, &asked(&[ROOM], lease)).await.expect("a turn").claimed
    };
    assert_eq!(claim(lost, &[], Duration::from_millis(1)).await[0].attempt, 1);
    tokio::time::sleep(Duration::from_millis(5)).await;
    let again = claim(next, &[], LONG).await;
    assert_eq!((again[0].id, again[0].attempt), (id, 2), "the lost attempt counts");
    let late = Holding { workspace: app.workspace.id, id, attempt: 1 };
    assert!(claim(lost, &[(late, Ending::Done(None))], LONG).await.is_empty());
    let admin = app.sign_in_as("admin").await;
    let at = format!("/api/v1/jobs/{id}");
    assert_eq!(admin.get(&at).await.json["state"], "running", "who lost the lease has no say");
    claim(next, &[(Holding { attempt: 2, ..late }, Ending::Done(None))], LONG).await;
    assert_eq!(admin.get(&at).await.json["state"], "done");
}

#[tokio::test]
async fn of_imports_one_runs_at_a_time_on_all_nodes_together() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    for _ in 0..2 {
        given(&app, &Order::new(Queue::Import, KIND, json!({}))).await;
    }
    let room = Room { queue: "import", here: 1, everywhere: Some(1) };
    let workers: Vec<_> = (0..3).map(|_| kernel::new_id()).collect();
    let wanted = asked(std::slice::from_ref(&room), LONG);
    let turns = workers.iter().map(|w| door::turn(&app.node.store, *w, &[], &wanted));
    let claimed: usize = join_all(turns).await.into_iter().map(|t| t.expect("a turn").claimed.len()).sum();
    assert_eq!(claimed, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_asked_to_stop_gives_back_what_it_cannot_finish() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    let id = given(&app, &order("wait")).await;
    let worker = Working::start(app.node.worker().config(patient()));
    probe.begun.notified().await;
    worker.stop().await;
    let admin = app.sign_in_as("admin").await;
    let job = admin.get(&format!("/api/v1/jobs/{id}")).await.json;
    assert_eq!((&job["state"], &job["attempt"]), (&json!("waiting"), &json!(0)), "as if it had never begun");
    probe.gate.notify_one();
    app.work().await;
    assert_eq!(admin.get(&format!("/api/v1/jobs/{id}")).await.json["state"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_hears_of_a_new_job_long_before_it_would_look() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    let worker = Working::start(app.node.worker().config(patient()));
    given(&app, &order("succeed")).await;
    probe.begun.notified().await;
    // It listens and looks at first; of the second it can only have heard.
    given(&app, &order("succeed")).await;
    probe.begun.notified().await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_is_due_fires_once_for_all_nodes() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    let yearly = Schedule { name: "yearly", cron: "0 0 1 1 *", queue: Queue::Maintenance, kind: KIND };
    let store = &app.node.store;
    store::doors::job_schedules::announce(store, &[yearly.name], &[yearly.cron]).await.expect("it is known");
    app.sql("update kontor.job_schedules set last_fired = now() - interval '3 years'").await;
    let second = app.second_node().await;
    let nodes = [app.node.worker(), second.worker(), app.node.worker()];
    let workers = nodes.map(|w| Working::start(w.config(patient()).schedules(vec![yearly])));
    probe.begun.notified().await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(probe.runs(), 1, "three missed years are one round");
}

/// Short enough that a test lives to see leases renewed.
fn brisk() -> WorkerConfig {
    WorkerConfig { lease: Duration::from_millis(900), ..patient() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_run_keeps_its_lease_as_long_as_its_worker_lives() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    let id = given(&app, &order("wait")).await;
    let worker = Working::start(app.node.worker().config(brisk()));
    probe.begun.notified().await;
    let lease = format!("select lease_until::text from kontor.jobs where id = '{id}'");
    let first = app.sql_text(&lease).await;
    while app.sql_text(&lease).await == first {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    probe.gate.notify_one();
    let admin = app.sign_in_as("admin").await;
    let job = until(&admin, &format!("/api/v1/jobs/{id}"), |job| job["state"] == "done").await;
    assert_eq!((&job["attempt"], probe.runs()), (&json!(1), 1), "nobody took it over");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_lease_went_to_another_worker_is_ended() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    let id = given(&app, &order("wait")).await;
    let worker = app.node.worker().config(brisk());
    let run = tokio::spawn(async move { worker.run_due().await });
    probe.begun.notified().await;
    let other = kernel::new_id();
    let taken = format!(
        "update kontor.jobs set attempt = attempt + 1, leased_by = '{other}', lease_until = now() + interval '1 hour' \
         where id = '{id}'"
    );
    app.sql(&taken).await;
    // The gate never opens: the worker returns only because its run was ended.
    run.await.expect("no panic").expect("the queue is worked off");
    let held =
        app.sql_text(&format!("select state || ' ' || leased_by from kontor.jobs where id = '{id}'")).await;
    assert_eq!(held, format!("running {other}"), "and it says nothing of a run that is not its own");
}
