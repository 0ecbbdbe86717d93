//! Works and rules of these tests alone.
use jobs::{BoxFuture, Order, Queue, Run, Work};
use kernel::{Outcome, Problem, Uuid};
use records::{Draft, Facts, Rule};
use serde_json::json;
use std::sync::{Arc, Mutex};
use testkit::{Setup, TestApp};

pub const KIND: &str = "test.work";

/// Does what the payload says, and remembers for which jobs.
#[derive(Default)]
pub struct Probe {
    pub seen: Mutex<Vec<(Uuid, u32)>>,
    /// Runs wait here when the payload says `wait`.
    pub gate: tokio::sync::Notify,
    pub begun: tokio::sync::Notify,
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
