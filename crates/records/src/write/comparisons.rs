//! New records are compared with those that are there, by jobs that are ordered with them.
use super::{Batch, JOINED_FROM, now};
use kernel::{Timestamp, Uuid, Value};
use policy::Actor;
use query::Statement;
use std::collections::BTreeMap;

/// New records that one job compares with those that are there.
const AT_ONCE: usize = 200;
/// Seconds for which new records of an object that come one by one wait for each other to be compared.
const AFTER: i64 = 2;

/// New records of objects that look for duplicates, in the order in which they were made.
#[derive(Default)]
pub(super) struct Made(Vec<(String, Uuid)>);

impl Made {
    pub fn push(&mut self, object: &str, id: Uuid) {
        self.0.push((object.to_string(), id));
    }
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// What was made since there were so many is not there any more.
    pub fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }
    /// By object, in the order of their names, so that no two transactions wait for each other's jobs.
    fn take(&mut self) -> BTreeMap<String, Vec<Uuid>> {
        let mut by_object = BTreeMap::<String, Vec<Uuid>>::new();
        for (object, id) in self.0.drain(..) {
            by_object.entry(object).or_default().push(id);
        }
        by_object
    }
}

impl Batch {
    /// One job for many: an order a record would cost an import as much as its records. Nobody in particular wants it,
    /// so it is the workspace's own.
    pub(super) fn order_comparisons(&mut self) {
        for (object, ids) in self.made.take() {
            for some in ids.chunks(AT_ONCE) {
                let payload = serde_json::json!({ "object": object, "ids": some });
                self.order_comparison(&jobs::Order::new(jobs::Queue::Bulk, crate::CHECK_DUPLICATES, payload));
            }
        }
    }

    /// The last thing before the end: records that come one by one wait in a table for the job of these seconds, which
    /// the first of them orders. It runs when whoever found it ordered has long committed; who takes longer is met by
    /// the next job, or by the weekly walk.
    pub(super) fn order_comparisons_together(&mut self) {
        if self.made.len() >= JOINED_FROM {
            return self.order_comparisons();
        }
        let slot = now().as_second() / AFTER;
        let after = Timestamp::from_second((slot + 1) * AFTER + 1).unwrap_or(self.at);
        for (object, ids) in self.made.take() {
            self.pending.push(Statement {
                text:
                    "insert into kontor.unchecked (workspace_id, object, record_id) select $1, $2::text, id \
                       from unnest($3::uuid[]) id"
                        .into(),
                params: vec![self.actor.workspace.into(), object.as_str().into(), Value::Ids(ids)],
            });
            let payload = serde_json::json!({ "object": object });
            let order = jobs::Order::new(jobs::Queue::Bulk, crate::CHECK_DUPLICATES, payload);
            self.order_comparison(&order.once(format!("{object} {slot}")).at(after));
        }
    }

    fn order_comparison(&mut self, order: &jobs::Order) {
        let system = Actor::system(self.actor.workspace, "Duplicates");
        self.pending.push(jobs::statement(&system, order, Some(self.change_set)));
    }
}
