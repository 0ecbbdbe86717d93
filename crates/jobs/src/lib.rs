//! Work that is done after the answer has gone out: ordered in the transaction of the change that asks for it, run by
//! a worker under a lease, tried again when it fails, and what comes round by the calendar.
mod order;
mod queue;
mod run;
mod schedule;
mod verdict;
mod view;
mod worker;

pub use order::{Order, enqueue, statement};
pub use queue::Queue;
pub use run::{Run, Work};
pub use schedule::Schedule;
pub use view::{Ask, STATES, cancel, list, one, retry, schedules};
pub use worker::{Worker, WorkerConfig};

pub use futures_util::future::BoxFuture;
