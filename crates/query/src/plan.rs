//! What `query` hands to `store`: SQL text, parameters, and how the columns become JSON. Plain data.
use kernel::Value;
use meta::Codec;
use std::sync::Arc;

/// One SQL statement. Names come from the model, values are parameters, each cast in the text (`$3::uuid`).
/// `$1` is the workspace, always.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Statement {
    pub text: String,
    pub params: Vec<Value>,
}

/// A read: one statement for the rows, one more for each to-many relation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    pub rows: Statement,
    pub shape: Shape,
    /// Run after `rows`, in order. Nested ones stand in their own `many`.
    pub many: Vec<ManyPlan>,
    /// `Prefer: count=exact`: one row, one bigint.
    pub count: Option<Statement>,
    /// `Prefer: count=planned` or `count=estimated`.
    pub estimate: Option<Estimate>,
    /// Rows asked for at most; `limit + 1` is never fetched, "more" is told by a full page.
    pub limit: Option<u64>,
    pub offset: u64,
    /// Column indexes of the sort values, for the next keyset cursor; empty when a cursor cannot be given
    /// (aggregates, orders by JSON). The last one is the id.
    pub cursor: Vec<usize>,
    /// How to read each column of `cursor` back into a `Value`.
    pub cursor_codecs: Vec<Codec>,
    /// Names the order that a cursor belongs to.
    pub ordered: u32,
    /// `as_of`: objects whose changes since then are all walked back.
    pub past: Vec<String>,
}

/// How many rows there are, without counting them all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Estimate {
    /// Put `explain (format json)` before its text: `Plan Rows` of the outermost node is the number.
    pub rows: Statement,
    /// `count=estimated`: where the planner expects at most as many rows as were asked for (and always where it
    /// expects fewer than this page holds), `exact` is run instead. `None` for `count=planned`.
    pub exact: Option<Statement>,
}

/// How the columns of a row become one JSON object.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shape {
    pub members: Vec<Member>,
}

/// One member of the JSON object.
#[derive(Debug, Clone, PartialEq)]
pub enum Member {
    /// `prefix` is `"name":` already escaped; `column` is the index in the row.
    Column { prefix: Arc<str>, column: usize, codec: Codec },
    /// An embedded to-one record: an object, or `null` when column `present` is null.
    One { prefix: Arc<str>, present: usize, shape: Shape },
    /// An embedded to-many relation: the array that `Plan.many[slot]` (or, inside a relation, its own `many[slot]`)
    /// built for this row; `[]` when there is none.
    Many { prefix: Arc<str>, slot: usize },
    /// To-one embedding without brackets (`...client(name)`).
    Spread { shape: Shape },
}

/// Rows of a to-many relation for a set of parents.
///
/// `$1` is the workspace, as everywhere; `$2` is the parents' ids as `uuid[]`: `rows.params[1]` holds an empty list
/// there, to be replaced. Leave out null parents (an embedded record that is not there) and name each once.
/// The first column of the statement is the parent's id; rows come in the order they are to be shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ManyPlan {
    pub rows: Statement,
    pub shape: Shape,
    pub many: Vec<ManyPlan>,
    /// Column of the parent's row (in the parent's statement) that holds the id to match.
    pub parent: usize,
    /// Column of this statement that holds the record's own id. Nested relations say in their `parent` which
    /// column they match; this one is for those who want the record. `0` for aggregates, which have none.
    pub id: usize,
}

/// The cursor that continues after the row with these sort values (`Plan.cursor`, read by `Plan.cursor_codecs`).
pub fn cursor(plan: &Plan, values: &[Value]) -> String {
    crate::page::encode(plan.ordered, values)
}
