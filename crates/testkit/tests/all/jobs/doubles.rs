//! Works and rules of these tests alone.
use identity::Identity;
pub use jobs::Order;
use jobs::{BoxFuture, Queue, Run, Schedule, Work, Worker, WorkerConfig};
use kernel::{Outcome, Problem, Timestamp, Uuid};
use policy::Actor;
use records::{Draft, Facts, Rule};
use serde_json::{Value as Json, json};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use testkit::Setup;
pub use testkit::{Client, TestApp};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub const KIND: &str = "test.work";

/// Does what the payload says, and remembers for which jobs.
#[derive(Default)]
pub struct Probe {
    pub seen: Mutex<Vec<(Uuid, u32)>>,
    /// Runs wait here when the payload says `wait`.
    pub gate: tokio::sync::Notify,
    pub begun: tokio::sync::Notify,
    /// Filled by tests that look at whom a job acts for.
    pub identity: OnceLock<Identity>,
    pub acted: Mutex<Vec<Actor>>,
}

impl Probe {
    pub fn runs(&self) -> usize {
        self.seen.lock().expect("no panic while it was held").len()
    }
}

impl Work for Probe {
    fn kind(&self) -> &'static str {
        KIND
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(async move {
            self.seen.lock().expect("no panic while it was held").push((run.id, run.attempt));
            self.begun.notify_one();
            if let Some(identity) = self.identity.get() {
                let actor = identity.actor_for(run).await?;
                self.acted.lock().expect("no panic while it was held").push(actor);
            }
            match run.payload["do"].as_str().unwrap_or("succeed") {
                "wait" => self.gate.notified().await,
                "break" => return Err(anyhow::anyhow!("the disk is full").into()),
                "refuse" => return Err(Problem::new("field.required", "Name is required.").into()),
                "panic" => panic!("an index out of bounds"),
                "until_cancelled" => {
                    run.progress(3, Some(7)).await?;
                    while !run.is_cancelled() {
                        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                    }
                }
                _ => {}
            }
            run.finish_with(json!({ "attempt": run.attempt })).await
        })
    }
}

/// Every change of a client orders a job.
pub struct Follows;

impl Rule for Follows {
    fn objects(&self) -> &[&'static str] {
        &["client"]
    }
    fn effects(&self, draft: &Draft, _facts: &Facts) -> Vec<Order> {
        vec![Order::new(Queue::Notifications, KIND, json!({ "client": draft.id }))]
    }
}

pub async fn app(probe: &Arc<Probe>) -> TestApp {
    let works: Vec<Arc<dyn Work>> = vec![probe.clone()];
    TestApp::with(Setup { works, rules: vec![|| Box::new(Follows)], ..Setup::new(&["sales"]) }).await
}

pub fn order(does: &str) -> Order {
    Order::new(Queue::Notifications, KIND, json!({ "do": does }))
}

/// Orders it as the system and keeps it.
pub async fn given(app: &TestApp, order: &Order) -> Uuid {
    let cx = app.node.store.begin(&app.actor()).await.expect("a transaction");
    let id = jobs::enqueue(&cx, order).await.expect("it is ordered");
    cx.commit().await.expect("it is kept");
    id
}

pub fn time(value: &Json) -> Timestamp {
    value.as_str().expect("a time").parse().expect("a time")
}

/// Jobs that wait for their time need not wait for it any longer.
pub async fn make_due(app: &TestApp) {
    app.sql("update kontor.jobs set run_at = now() where state = 'waiting'").await;
}

/// Comes round every few years.
pub const NEVER: Schedule =
    Schedule { name: "leap-day", cron: "0 0 29 2 *", queue: Queue::Maintenance, kind: KIND };

/// Looks by itself, and renews, at intervals that no test lives to see; does not wait for runs when it stops.
pub fn patient() -> WorkerConfig {
    let day = Duration::from_secs(24 * 3600);
    WorkerConfig { lease: day, poll: day, drain: Duration::from_millis(50) }
}

/// A worker that runs beside the test.
pub struct Working {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Working {
    pub fn start(worker: Worker) -> Self {
        let (stop, asked) = oneshot::channel();
        let task = tokio::spawn(async move { worker.run(async { drop(asked.await) }).await });
        Self { stop, task }
    }
    pub async fn stop(self) {
        self.stop.send(()).expect("it still runs");
        self.task.await.expect("it ends in order");
    }
}

/// Asks until the answer is so; a test that never hears it ends by the runner's timeout.
pub async fn until(client: &Client, path: &str, is_so: impl Fn(&Json) -> bool) -> Json {
    loop {
        let answer = client.get(path).await.expect_status(200).json;
        if is_so(&answer) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
