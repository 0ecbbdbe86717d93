//! The job that builds and drops the indexes of own fields.
use jobs::{BoxFuture, Order, Queue, Run, Work};
use kernel::Outcome;
use serde_json::json;
use store::Store;
use store::doors::indexes;

const KIND: &str = "index.build";

/// Builds what the workspace of the job waits for.
pub struct IndexBuild {
    store: Store,
}

impl IndexBuild {
    pub fn new(store: Store) -> Self {
        Self { store }
    }
    /// For a workspace whose model says what its database does not have yet.
    pub fn order() -> Order {
        Order::new(Queue::Maintenance, KIND, json!({}))
    }
}

impl Work for IndexBuild {
    fn kind(&self) -> &'static str {
        KIND
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(async move {
            let done = indexes::work(&self.store, run.workspace).await?;
            if done.failed > 0 {
                return Err(anyhow::anyhow!("{} indexes could not be built", done.failed).into());
            }
            run.finish_with(json!({ "built": done.built, "dropped": done.dropped })).await
        })
    }
}
