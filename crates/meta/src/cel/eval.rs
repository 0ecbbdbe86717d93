//! Running a tree: bounded in steps and memory, exact, without panics.
use super::Clock;
use super::read::{Binary, Fold, Node};
use super::value::V;
use jiff::{Span, ToSpan, Unit};
use kernel::{Decimal, Value};
use rust_decimal::prelude::ToPrimitive;
use std::cmp::Ordering;

const STEPS: usize = 100_000;
/// Of values held at once, roughly: a list of so many numbers.
const WEIGHT: usize = 100_000;

pub fn run(root: &Node, lookup: &dyn Fn(&str) -> Value, clock: Clock) -> Result<Value, String> {
    let mut run = Run { lookup, clock, steps: 0, locals: vec![] };
    run.node(root).map(V::into_value)
}

pub(super) struct Run<'l> {
    lookup: &'l dyn Fn(&str) -> Value,
    pub clock: Clock,
    steps: usize,
    locals: Vec<(String, V)>,
}

type Ran = Result<V, String>;

impl Run<'_> {
    fn node(&mut self, node: &Node) -> Ran {
        self.steps += 1;
        if self.steps > STEPS {
            return Err("The expression takes too many steps.".into());
        }
        match node {
            Node::Const(v) => Ok(v.clone()),
            Node::Path(path, None) => Ok(V::of((self.lookup)(path))),
            Node::Path(path, Some(part)) => Ok(V::of_rows((self.lookup)(path), part)),
            Node::Local(name) => Ok(self.local(name)),
            Node::Member(of, name) => Ok(member(self.node(of)?, name)),
            Node::Index(of, index) => {
                let (of, index) = (self.node(of)?, self.node(index)?);
                Ok(at(of, &index))
            }
            Node::List(items) => items.iter().map(|n| self.node(n)).collect::<Result<_, _>>().map(V::List),
            Node::Not(n) => Ok(match truth(self.node(n)?)? {
                Some(b) => V::Bool(!b),
                None => V::Null,
            }),
            Node::Negate(n) => match self.node(n)? {
                V::Number(d) => Ok(V::Number(-d)),
                V::Null => Ok(V::Null),
                other => Err(format!("`-` needs a number, not {}.", other.name())),
            },
            Node::And(a, b) => self.logic(a, b, false),
            Node::Or(a, b) => self.logic(a, b, true),
            Node::If(branches) => match truth(self.node(&branches[0])?)? {
                Some(true) => self.node(&branches[1]),
                Some(false) => self.node(&branches[2]),
                // Nobody knows which way: neither is taken.
                None => Ok(V::Null),
            },
            Node::Binary(binary, a, b) => {
                let (a, b) = (self.node(a)?, self.node(b)?);
                self.binary(*binary, a, b)
            }
            Node::Call(function, args) => {
                let args = args.iter().map(|n| self.node(n)).collect::<Result<Vec<V>, String>>()?;
                self.steps += args.iter().map(V::weight).sum::<usize>();
                function.call(self, args)
            }
            Node::Fold(fold) => self.fold(fold),
        }
    }

    fn local(&self, name: &str) -> V {
        self.locals.iter().rev().find(|(n, _)| n == name).map_or(V::Null, |(_, v)| v.clone())
    }

    /// Three-valued, as in SQL: `false && null` is false, `true && null` is null. `decides` is the value that
    /// settles the matter whatever the other side is.
    fn logic(&mut self, a: &Node, b: &Node, decides: bool) -> Ran {
        let left = truth(self.node(a)?)?;
        if left == Some(decides) {
            return Ok(V::Bool(decides));
        }
        let right = truth(self.node(b)?)?;
        if right == Some(decides) {
            return Ok(V::Bool(decides));
        }
        Ok(if left.is_none() || right.is_none() { V::Null } else { V::Bool(!decides) })
    }

    fn fold(&mut self, fold: &Fold) -> Ran {
        let items = match self.node(&fold.range)? {
            V::List(items) => items,
            V::Null => return Ok(V::Null),
            other => return Err(format!("A macro goes over a list, not over {}.", other.name())),
        };
        let start = self.node(&fold.start)?;
        self.locals.push((fold.item.clone(), V::Null));
        self.locals.push((fold.result_name.clone(), start));
        let (item, result) = (self.locals.len() - 2, self.locals.len() - 1);
        for value in items {
            self.locals[item].1 = value;
            if truth(self.node(&fold.go_on)?)? == Some(false) {
                break;
            }
            let grown = self.node(&fold.step)?;
            // A list is copied at each step, so its size is what the step costs.
            self.steps += grown.weight();
            self.locals[result].1 = bounded(grown)?;
        }
        let ran = self.node(&fold.result);
        self.locals.truncate(item);
        ran
    }

    fn binary(&mut self, binary: Binary, a: V, b: V) -> Ran {
        match binary {
            Binary::Equal => Ok(V::Bool(a == b)),
            Binary::NotEqual => Ok(V::Bool(a != b)),
            Binary::In => is_in(&a, &b),
            _ if a == V::Null || b == V::Null => Ok(V::Null),
            Binary::Less => order(binary, &a, &b, |o| o == Ordering::Less),
            Binary::LessEqual => order(binary, &a, &b, |o| o != Ordering::Greater),
            Binary::Greater => order(binary, &a, &b, |o| o == Ordering::Greater),
            Binary::GreaterEqual => order(binary, &a, &b, |o| o != Ordering::Less),
            _ => self.arithmetic(binary, a, b),
        }
    }

    fn arithmetic(&mut self, binary: Binary, a: V, b: V) -> Ran {
        match (binary, a, b) {
            (_, V::Number(a), V::Number(b)) => exact(binary, a, b),
            (Binary::Add, V::Text(a), V::Text(b)) => bounded(V::Text(a + &b)),
            (Binary::Add, V::List(mut a), V::List(b)) => {
                a.extend(b);
                bounded(V::List(a))
            }
            (Binary::Add, V::Date(d), V::Number(days)) => move_date(d, days),
            (Binary::Subtract, V::Date(d), V::Number(days)) => move_date(d, -days),
            (Binary::Add, V::Time(t), V::Number(seconds)) => move_time(t, seconds),
            (Binary::Subtract, V::Time(t), V::Number(seconds)) => move_time(t, -seconds),
            (Binary::Subtract, V::Date(a), V::Date(b)) => {
                let days =
                    a.since((Unit::Day, b)).map_err(|e| format!("The dates are too far apart: {e}."))?;
                Ok(V::Number(days.get_days().into()))
            }
            (Binary::Subtract, V::Time(a), V::Time(b)) => {
                Ok(V::Number((a.as_second() - b.as_second()).into()))
            }
            (_, a, b) => Err(format!("`{}` does not go with {} and {}.", binary.sign(), a.name(), b.name())),
        }
    }
}

fn exact(binary: Binary, a: Decimal, b: Decimal) -> Ran {
    if b.is_zero() && matches!(binary, Binary::Divide | Binary::Remainder) {
        return Err("Division by zero.".into());
    }
    let result = match binary {
        Binary::Add => a.checked_add(b),
        Binary::Subtract => a.checked_sub(b),
        Binary::Multiply => a.checked_mul(b),
        Binary::Divide => a.checked_div(b),
        _ => a.checked_rem(b),
    };
    result
        .map(|d| V::Number(d.normalize()))
        .ok_or_else(|| "The result has more digits than can be kept.".into())
}

fn move_date(date: kernel::Date, days: Decimal) -> Ran {
    let days = whole(days)?;
    let span = Span::new().try_days(days).map_err(|_| "So many days are out of the calendar.".to_string())?;
    date.checked_add(span).map(V::Date).map_err(|_| "The date is out of the calendar.".into())
}

fn move_time(time: jiff::Timestamp, seconds: Decimal) -> Ran {
    let out = || "The moment is out of the calendar.".to_string();
    let span = 0.seconds().try_seconds(whole(seconds)?).map_err(|_| out())?;
    time.checked_add(span).map(V::Time).map_err(|_| out())
}

pub(super) fn whole(number: Decimal) -> Result<i64, String> {
    number.trunc().to_i64().ok_or_else(|| format!("{number} is too large."))
}

pub(super) fn truth(v: V) -> Result<Option<bool>, String> {
    match v {
        V::Bool(b) => Ok(Some(b)),
        V::Null => Ok(None),
        other => Err(format!("True or false is asked for, not {}.", other.name())),
    }
}

fn order(binary: Binary, a: &V, b: &V, holds: fn(Ordering) -> bool) -> Ran {
    match a.compare(b) {
        Some(ordering) => Ok(V::Bool(holds(ordering))),
        None => Err(format!("`{}` does not go with {} and {}.", binary.sign(), a.name(), b.name())),
    }
}

fn is_in(a: &V, b: &V) -> Ran {
    match b {
        V::List(items) => Ok(V::Bool(items.contains(a))),
        V::Record(map) => Ok(V::Bool(matches!(a, V::Text(key) if map.contains_key(key)))),
        V::Null => Ok(V::Null),
        other => Err(format!("`in` needs a list, not {}.", other.name())),
    }
}

fn member(of: V, name: &str) -> V {
    match of {
        V::Record(mut map) => map.remove(name).unwrap_or(V::Null),
        _ => V::Null,
    }
}

fn at(of: V, index: &V) -> V {
    match (of, index) {
        (V::List(mut items), V::Number(i)) => {
            match i.to_usize().filter(|n| *n < items.len() && i.fract().is_zero()) {
                Some(i) => items.swap_remove(i),
                None => V::Null,
            }
        }
        (V::Record(mut map), V::Text(key)) => map.remove(key).unwrap_or(V::Null),
        _ => V::Null,
    }
}

pub(super) fn bounded(v: V) -> Ran {
    if v.weight() > WEIGHT { Err("The expression makes a value that is too large.".into()) } else { Ok(v) }
}
