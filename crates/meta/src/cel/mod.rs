//! Conditions and formulas: CEL over a record, with exact decimals.
//!
//! The crate `cel` reads the language (its grammar and macros); the tree is then checked against the model and
//! evaluated here. The crate's own interpreter was not used because its whole numbers cannot meet a decimal of ours
//! on the right of an operator (`2 * price`), because null cannot pass through its arithmetic, and because here every
//! name, type and option is known before anything runs.
//!
//! What differs from plain CEL: all numbers are one exact decimal type (`7 / 2` is 3.5), arithmetic and comparisons
//! with null give null, dates can be compared, subtracted (days) and moved by days.
mod eval;
mod functions;
mod read;
mod types;
mod value;

pub use types::Type;

use crate::Kind;
use crate::fault::listed;
use crate::model::{Model, Object};
use jiff::Timestamp;
use kernel::{Date, Value};
use read::Node;

/// A compiled expression. Compiling costs a thousand times what evaluating does: keep it.
#[derive(Debug, Clone)]
pub struct Expression {
    root: Node,
    result: Type,
    uses: Vec<String>,
    timely: bool,
}

/// What `today()` and `now()` give.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    pub now: Timestamp,
    pub today: Date,
}

impl Clock {
    /// Now, in UTC.
    pub fn utc() -> Self {
        let now = Timestamp::now();
        Self { now, today: now.to_zoned(jiff::tz::TimeZone::UTC).date() }
    }
}

impl Expression {
    /// Reads an expression over a record of `object`; references may be followed one hop (`client.email`). The error
    /// is a sentence for the author.
    pub fn compile(source: &str, object: &Object, model: &Model) -> Result<Self, String> {
        let read = read::read(source, object, model)?;
        Ok(Self { root: read.node, result: read.of, uses: read.uses, timely: read.timely })
    }

    /// An expression that must give true or false.
    pub fn condition(source: &str, object: &Object, model: &Model) -> Result<Self, String> {
        let expression = Self::compile(source, object, model)?;
        match expression.result {
            Type::Bool | Type::Any | Type::Null => Ok(expression),
            ref other => Err(format!("A condition gives true or false; this gives {}.", other.name())),
        }
    }

    /// A formula over the record's own fields whose result fits `kind`.
    pub fn formula(source: &str, kind: Kind, object: &Object, model: &Model) -> Result<Self, String> {
        let expression = Self::compile(source, object, model)?;
        let hops: Vec<&str> =
            expression.uses.iter().map(String::as_str).filter(|u| u.contains('.')).collect();
        if !hops.is_empty() {
            let detail =
                "A formula sees the record's own fields only, because it is stored with the record: ";
            return Err(format!("{detail}{} lies in another.", listed(hops)));
        }
        if expression.timely {
            return Err(
                "A formula is stored when the record is written; `today()` and `now()` would grow old."
                    .into(),
            );
        }
        let wanted = Type::of_kind(kind);
        if !expression.result.fits(&wanted) {
            let found = expression.result.name();
            return Err(format!("`result` says {}, the formula gives {found}.", wanted.name()));
        }
        Ok(expression)
    }

    /// `lookup` gives the value of a field (`amount`) or of a field one hop away (`client.email`). The error is a
    /// sentence: a division by zero, a number too large. Null operands give null.
    pub fn evaluate(&self, lookup: &dyn Fn(&str) -> Value) -> Result<Value, String> {
        self.evaluate_at(lookup, Clock::utc())
    }

    pub fn evaluate_at(&self, lookup: &dyn Fn(&str) -> Value, clock: Clock) -> Result<Value, String> {
        eval::run(&self.root, lookup, clock)
    }

    /// The paths that `lookup` will be asked for, sorted.
    pub fn uses(&self) -> &[String] {
        &self.uses
    }

    /// Whether the result depends on when it is asked for.
    pub fn uses_time(&self) -> bool {
        self.timely
    }
}

/// The formulas of an object in an order in which each comes after those it uses.
pub fn formulas(object: &Object, model: &Model) -> Result<Vec<(String, Expression)>, String> {
    let mut open: Vec<(String, Expression)> = vec![];
    for field in object.fields.values() {
        let Some(formula) = &field.formula else { continue };
        let expression = Expression::formula(&formula.cel, formula.result, object, model)?;
        open.push((field.name.clone(), expression));
    }
    let mut done: Vec<(String, Expression)> = vec![];
    while !open.is_empty() {
        let waits = |e: &Expression| open.iter().any(|(other, _)| e.uses.contains(other));
        let Some(i) = open.iter().position(|(_, e)| !waits(e)) else {
            let names: Vec<&str> = open.iter().map(|(n, _)| n.as_str()).collect();
            return Err(format!("These formulas use each other in a circle: {}.", listed(names)));
        };
        done.push(open.remove(i));
    }
    Ok(done)
}

#[cfg(test)]
mod tests;
