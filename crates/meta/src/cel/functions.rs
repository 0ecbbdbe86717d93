//! The functions an expression may call, as `f(x, y)` or `x.f(y)`.
use super::eval::{Run, bounded, whole};
use super::read::Node;
use super::types::Type;
use super::value::{V, number};
use kernel::Decimal;
use rust_decimal::RoundingStrategy;
use rust_decimal::prelude::ToPrimitive;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Abs,
    Avg,
    Ceil,
    Coalesce,
    Contains,
    Date,
    Day,
    Decimal,
    EndsWith,
    Floor,
    Int,
    Lower,
    Matches,
    Max,
    Min,
    Month,
    Now,
    Replace,
    Round,
    Size,
    Split,
    StartsWith,
    String,
    Sum,
    Timestamp,
    Today,
    Trim,
    Upper,
    Year,
}

use Function as F;

const NAMES: [(&str, Function); 30] = [
    ("abs", F::Abs),
    ("avg", F::Avg),
    ("ceil", F::Ceil),
    ("coalesce", F::Coalesce),
    ("contains", F::Contains),
    ("date", F::Date),
    ("day", F::Day),
    ("decimal", F::Decimal),
    ("double", F::Decimal),
    ("endsWith", F::EndsWith),
    ("floor", F::Floor),
    ("int", F::Int),
    ("lowerAscii", F::Lower),
    ("matches", F::Matches),
    ("max", F::Max),
    ("min", F::Min),
    ("month", F::Month),
    ("now", F::Now),
    ("replace", F::Replace),
    ("round", F::Round),
    ("size", F::Size),
    ("split", F::Split),
    ("startsWith", F::StartsWith),
    ("string", F::String),
    ("sum", F::Sum),
    ("timestamp", F::Timestamp),
    ("today", F::Today),
    ("trim", F::Trim),
    ("upperAscii", F::Upper),
    ("year", F::Year),
];

pub fn known_functions() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(n, _)| *n)
}

/// A pattern is compiled into at most so many bytes.
const PATTERN: usize = 1 << 18;

impl Function {
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(n, _)| *n == name).map(|(_, f)| *f)
    }
    fn name(self) -> &'static str {
        NAMES.iter().find(|(_, f)| *f == self).map_or("", |(n, _)| n)
    }
    pub fn is_timely(self) -> bool {
        matches!(self, F::Now | F::Today)
    }

    /// The type of the result, or why the arguments do not fit.
    pub fn check(self, args: &[Type]) -> Result<Type, String> {
        use Type::{Any, Bool, Number, Text};
        let wrong = |wanted: &str| Err(format!("`{}()` takes {wanted}.", self.name()));
        let all = |wanted: &Type| args.iter().all(|a| a.fits(wanted));
        match self {
            F::Today | F::Now if args.is_empty() => Ok(if self == F::Now { Type::Time } else { Type::Date }),
            F::Today | F::Now => wrong("nothing"),
            F::Abs | F::Ceil | F::Floor if args.len() == 1 && all(&Number) => Ok(Number),
            F::Abs | F::Ceil | F::Floor => wrong("one number"),
            F::Round if (1..=2).contains(&args.len()) && all(&Number) => Ok(Number),
            F::Round => wrong("a number and how many digits after the point"),
            F::Sum | F::Avg => match args {
                [Type::List(item)] if item.is_number() => Ok(Number),
                [Any | Type::Null] => Ok(Number),
                _ => wrong("a list of numbers"),
            },
            F::Min | F::Max => match args {
                [Type::List(item)] => Ok((**item).clone()),
                [] => wrong("a list, or several values"),
                [first, rest @ ..] if rest.iter().all(|r| r.fits(first)) => {
                    Ok(rest.iter().fold(first.clone(), |t, r| t.or(r.clone())))
                }
                _ => wrong("values of one type"),
            },
            F::Coalesce if !args.is_empty() => Ok(args.iter().fold(Type::Null, |t, a| t.or(a.clone()))),
            F::Coalesce => wrong("at least one value"),
            F::Contains | F::StartsWith | F::EndsWith | F::Matches => match args {
                [Type::List(item), one] if self == F::Contains && one.fits(item) => Ok(Bool),
                [_, _] if all(&Text) => Ok(Bool),
                _ => wrong("two texts"),
            },
            F::Lower | F::Upper | F::Trim if args.len() == 1 && all(&Text) => Ok(Text),
            F::Lower | F::Upper | F::Trim => wrong("one text"),
            F::Replace if args.len() == 3 && all(&Text) => Ok(Text),
            F::Replace => wrong("three texts"),
            F::Split if args.len() == 2 && all(&Text) => Ok(Type::List(Box::new(Text))),
            F::Split => wrong("two texts"),
            F::Size => match args {
                [Text | Type::List(_) | Type::Record(_) | Any | Type::Null] => Ok(Number),
                _ => wrong("a text or a list"),
            },
            F::String if args.len() == 1 => Ok(Text),
            F::String => wrong("one value"),
            F::Int | F::Decimal => match args {
                [Number | Text | Any | Type::Null] => Ok(Number),
                _ => wrong("a number or a text"),
            },
            F::Date => match args {
                [Text | Type::Date | Type::Time | Any | Type::Null] => Ok(Type::Date),
                _ => wrong("a text, a date or a moment"),
            },
            F::Timestamp => match args {
                [Text | Type::Time | Any | Type::Null] => Ok(Type::Time),
                _ => wrong("a text or a moment"),
            },
            F::Year | F::Month | F::Day => match args {
                [Type::Date | Type::Time | Any | Type::Null] => Ok(Number),
                _ => wrong("a date or a moment"),
            },
        }
    }

    /// Constants that can only fail are told when the expression is read.
    pub fn check_constants(self, args: &[Node]) -> Result<(), String> {
        match (self, args) {
            (F::Matches, [_, Node::Const(V::Text(pattern))]) => pattern_of(pattern).map(|_| ()),
            (F::Date, [Node::Const(V::Text(text))]) => date_of(text).map(|_| ()),
            (F::Timestamp, [Node::Const(V::Text(text))]) => time_of(text).map(|_| ()),
            (F::Decimal | F::Int, [Node::Const(V::Text(text))]) => number_of(text).map(|_| ()),
            _ => Ok(()),
        }
    }

    pub(super) fn call(self, run: &Run<'_>, args: Vec<V>) -> Result<V, String> {
        match self {
            F::Coalesce => return Ok(args.into_iter().find(|v| *v != V::Null).unwrap_or(V::Null)),
            F::Now => return Ok(V::Time(run.clock.now)),
            F::Today => return Ok(V::Date(run.clock.today)),
            F::Min | F::Max | F::Sum | F::Avg => return self.over_many(args),
            _ if args.contains(&V::Null) => return Ok(V::Null),
            _ => {}
        }
        let mut args = args.into_iter();
        match (self, args.next(), args.next(), args.next()) {
            (F::Round, Some(V::Number(n)), digits, None) => round(n, digits),
            (F::Abs, Some(V::Number(n)), ..) => Ok(V::Number(n.abs())),
            (F::Ceil, Some(V::Number(n)), ..) => Ok(V::Number(n.ceil())),
            (F::Floor, Some(V::Number(n)), ..) => Ok(V::Number(n.floor())),
            (F::Contains, Some(V::Text(a)), Some(V::Text(b)), _) => Ok(V::Bool(a.contains(&b))),
            (F::Contains, Some(V::List(a)), Some(b), _) => Ok(V::Bool(a.contains(&b))),
            (F::StartsWith, Some(V::Text(a)), Some(V::Text(b)), _) => Ok(V::Bool(a.starts_with(&b))),
            (F::EndsWith, Some(V::Text(a)), Some(V::Text(b)), _) => Ok(V::Bool(a.ends_with(&b))),
            (F::Matches, Some(V::Text(a)), Some(V::Text(p)), _) => Ok(V::Bool(pattern_of(&p)?.is_match(&a))),
            (F::Lower, Some(V::Text(t)), ..) => Ok(V::Text(t.to_ascii_lowercase())),
            (F::Upper, Some(V::Text(t)), ..) => Ok(V::Text(t.to_ascii_uppercase())),
            (F::Trim, Some(V::Text(t)), ..) => Ok(V::Text(t.trim().into())),
            (F::Replace, Some(V::Text(t)), Some(V::Text(a)), Some(V::Text(b))) => replace(&t, &a, &b),
            (F::Split, Some(V::Text(t)), Some(V::Text(by)), _) => {
                Ok(V::List(t.split(by.as_str()).map(|p| V::Text(p.into())).collect()))
            }
            (F::Size, Some(V::Text(t)), ..) => Ok(V::Number(t.chars().count().into())),
            (F::Size, Some(V::List(l)), ..) => Ok(V::Number(l.len().into())),
            (F::Size, Some(V::Record(m)), ..) => Ok(V::Number(m.len().into())),
            (F::String, Some(V::List(_) | V::Record(_)), ..) => Err("`string()` takes single values.".into()),
            (F::String, Some(v), ..) => Ok(V::Text(string(v))),
            (F::Int, Some(V::Number(n)), ..) => Ok(V::Number(n.trunc())),
            (F::Int, Some(V::Text(t)), ..) => Ok(V::Number(number_of(&t)?.trunc())),
            (F::Decimal, Some(V::Number(n)), ..) => Ok(V::Number(n)),
            (F::Decimal, Some(V::Text(t)), ..) => Ok(V::Number(number_of(&t)?)),
            (F::Date, Some(V::Date(d)), ..) => Ok(V::Date(d)),
            (F::Date, Some(V::Time(t)), ..) => Ok(V::Date(day_of(t))),
            (F::Date, Some(V::Text(t)), ..) => Ok(V::Date(date_of(&t)?)),
            (F::Timestamp, Some(V::Time(t)), ..) => Ok(V::Time(t)),
            (F::Timestamp, Some(V::Text(t)), ..) => Ok(V::Time(time_of(&t)?)),
            (F::Year | F::Month | F::Day, Some(V::Date(d)), ..) => Ok(self.part_of(d)),
            (F::Year | F::Month | F::Day, Some(V::Time(t)), ..) => Ok(self.part_of(day_of(t))),
            (_, first, ..) => {
                Err(format!("`{}()` does not take {}.", self.name(), first.map_or("nothing", |v| v.name())))
            }
        }
    }

    fn part_of(self, date: kernel::Date) -> V {
        V::Number(match self {
            F::Year => date.year().into(),
            F::Month => date.month().into(),
            _ => date.day().into(),
        })
    }

    /// Over a list, or over the arguments; nulls are passed over, and nothing at all is null (for `sum`: 0).
    fn over_many(self, args: Vec<V>) -> Result<V, String> {
        let items = match <[V; 1]>::try_from(args) {
            Ok([V::List(items)]) => items,
            Ok([V::Null]) => return Ok(V::Null),
            Ok([one]) => vec![one],
            Err(several) => several,
        };
        let items: Vec<V> = items.into_iter().filter(|v| *v != V::Null).collect();
        match self {
            F::Sum => total(&items).map(V::Number),
            F::Avg if items.is_empty() => Ok(V::Null),
            F::Avg => {
                let mean = total(&items)?.checked_div(items.len().into());
                mean.map(|d| V::Number(d.normalize())).ok_or_else(|| "The average cannot be computed.".into())
            }
            _ => extreme(self == F::Max, items),
        }
    }
}

fn total(items: &[V]) -> Result<Decimal, String> {
    items.iter().try_fold(Decimal::ZERO, |sum, v| match v {
        V::Number(n) => {
            sum.checked_add(*n).ok_or_else(|| "The sum has more digits than can be kept.".to_string())
        }
        other => Err(format!("A sum is made of numbers, not of {}.", other.name())),
    })
}

fn extreme(greatest: bool, items: Vec<V>) -> Result<V, String> {
    let mut items = items.into_iter();
    let Some(mut best) = items.next() else { return Ok(V::Null) };
    for item in items {
        match item.compare(&best) {
            Some(order) if (order == std::cmp::Ordering::Greater) == greatest && order.is_ne() => best = item,
            Some(_) => {}
            None => return Err(format!("{} and {} have no order.", item.name(), best.name())),
        }
    }
    Ok(best)
}

/// Half away from zero, as invoices do.
fn round(n: Decimal, digits: Option<V>) -> Result<V, String> {
    let digits = match digits {
        None => 0,
        Some(V::Number(d)) => whole(d)?,
        Some(other) => {
            return Err(format!("`round()` counts digits with a number, not with {}.", other.name()));
        }
    };
    if digits < 0 {
        let unit = Decimal::TEN.powi_checked(digits.unsigned_abs());
        let rounded = unit.and_then(|u| {
            n.checked_div(u)?.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).checked_mul(u)
        });
        // Rounding to more digits than the number has leaves nothing of it.
        return Ok(V::Number(rounded.unwrap_or(Decimal::ZERO)));
    }
    let digits = digits.to_u32().unwrap_or(28).min(28);
    Ok(V::Number(n.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)))
}

trait CheckedPower {
    fn powi_checked(self, n: u64) -> Option<Decimal>;
}
impl CheckedPower for Decimal {
    fn powi_checked(self, n: u64) -> Option<Decimal> {
        (0..n.min(40)).try_fold(Decimal::ONE, |product, _| product.checked_mul(self))
    }
}

fn replace(text: &str, from: &str, to: &str) -> Result<V, String> {
    // An empty text is found between all letters; what comes of that is bounded before it is made.
    if from.is_empty() || text.matches(from).count().saturating_mul(to.len()) > 1_000_000 {
        return Err("`replace()` would make a text that is too large.".into());
    }
    bounded(V::Text(text.replace(from, to)))
}

fn string(v: V) -> String {
    match v {
        V::Bool(b) => b.to_string(),
        V::Number(n) => n.to_string(),
        V::Text(t) => t,
        V::Date(d) => d.to_string(),
        V::Time(t) => t.to_string(),
        V::Null | V::List(_) | V::Record(_) => String::new(),
    }
}

fn pattern_of(pattern: &str) -> Result<regex::Regex, String> {
    let built = regex::RegexBuilder::new(pattern).size_limit(PATTERN).build();
    built.map_err(|_| format!("The pattern `{pattern}` does not compile."))
}

fn date_of(text: &str) -> Result<kernel::Date, String> {
    text.parse().map_err(|_| format!("`{text}` is no date; write \"2026-11-21\"."))
}

fn time_of(text: &str) -> Result<jiff::Timestamp, String> {
    text.parse().map_err(|_| format!("`{text}` is no moment; write \"2026-11-21T09:30:00Z\"."))
}

fn number_of(text: &str) -> Result<Decimal, String> {
    number(text.trim()).ok_or_else(|| format!("`{text}` is no number."))
}

/// Moments are in UTC.
fn day_of(time: jiff::Timestamp) -> kernel::Date {
    time.to_zoned(jiff::tz::TimeZone::UTC).date()
}
