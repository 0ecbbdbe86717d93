//! The words every other room uses: ids, values, typed field keys, problems. No I/O, no async.
mod codes;
mod key;
mod problem;
mod value;

pub use codes::{CODES, Code, code};
pub use key::{FieldType, Key, Shape};
pub use problem::{Failure, Outcome, Problem, Problems};
pub use value::{Row, Value};

pub use jiff::{Timestamp, civil::Date};
pub use rust_decimal::Decimal;
pub use uuid::Uuid;

/// A new record id: UUID version 7 (RFC 9562), so that ids sort by time of creation.
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}
