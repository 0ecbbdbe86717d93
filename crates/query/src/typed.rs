//! Values of the query string, typed by the kind of the field they are compared with: a wrong one is a sentence for
//! the caller, not an error of the database.
use crate::shape::Expr;
use jiff::{Timestamp, civil};
use kernel::{Decimal, Uuid, Value};
use meta::Codec;
use std::str::FromStr;

/// What stands on the right side of an operator.
#[derive(Debug, Clone, PartialEq)]
pub enum Right {
    Value(Value),
    /// A moment counted from now: `current_date + 7`.
    Sql(String),
}

/// `text` as a value of `expr`; the error says what would have been right.
pub fn right(expr: &Expr, text: &str, me: Uuid) -> Result<Right, &'static str> {
    if expr.special.is_some() {
        // The database reads it; that it is a number can be told here.
        if matches!(expr.codec, Codec::Int8 | Codec::NumericText) {
            value(expr.codec, text, me)?;
        }
        return Ok(Right::Value(Value::from(text)));
    }
    if expr.user && text == "me" {
        return Ok(Right::Value(Value::Id(me)));
    }
    match expr.codec {
        Codec::Date => match relative(text) {
            Some(days) => Ok(Right::Sql(days)),
            None => value(expr.codec, text, me).map(Right::Value),
        },
        Codec::Timestamptz if text.trim() == "now" => Ok(Right::Sql("now()".into())),
        Codec::Timestamptz => match relative(text) {
            Some(days) => Ok(Right::Sql(format!("({days})::timestamptz"))),
            None => value(expr.codec, text, me).map(Right::Value),
        },
        codec => value(codec, text, me).map(Right::Value),
    }
}

pub fn value(codec: Codec, text: &str, me: Uuid) -> Result<Value, &'static str> {
    let trimmed = text.trim();
    match codec {
        Codec::Text | Codec::Other => Ok(Value::from(text)),
        Codec::Int8 => trimmed.parse().map(Value::Int).map_err(|_| "a whole number"),
        Codec::Int4 => trimmed.parse::<i32>().map(|i| Value::Int(i.into())).map_err(|_| "a whole number"),
        Codec::NumericText | Codec::Number => decimal(trimmed).map(Value::Decimal).ok_or("a number"),
        Codec::Bool => boolean(trimmed).map(Value::Bool).ok_or("`true` or `false`"),
        Codec::Date => date(trimmed).map(Value::Date).ok_or("a date like `2026-11-21`"),
        Codec::Timestamptz => time(trimmed).map(Value::Time).ok_or("a time like `2026-11-21T10:00:00Z`"),
        Codec::Uuid => Uuid::try_parse(trimmed).map(Value::Id).map_err(|_| "an id (UUID)"),
        Codec::Jsonb => serde_json::from_str(text).map(Value::Json).map_err(|_| "JSON"),
        Codec::TextArray => array(trimmed).map(Value::Texts).ok_or("a list like `{a,b}`"),
        Codec::UuidArray => ids(trimmed, me).map(Value::Ids).ok_or("a list of ids like `{id,id}`"),
    }
}

/// The list after `in` or `(any)`: ids stay ids, everything else travels as checked text and is cast as an array.
pub fn list(expr: &Expr, texts: &[String], me: Uuid) -> Result<Value, &'static str> {
    if expr.codec == Codec::Uuid && expr.special.is_none() {
        let id = |t: &String| match right(expr, t, me)? {
            Right::Value(Value::Id(id)) => Ok(id),
            _ => Err("an id (UUID)"),
        };
        return texts.iter().map(id).collect::<Result<_, _>>().map(Value::Ids);
    }
    let checked = |t: &String| match (expr.codec, &expr.special) {
        (Codec::Text | Codec::Other | Codec::Jsonb, Some(_)) | (Codec::Text | Codec::Other, None) => {
            Ok(t.clone())
        }
        (codec, _) => match value(codec, t, me)? {
            Value::Json(j) => Ok(j.to_string()),
            other => Ok(match other.to_json() {
                serde_json::Value::String(s) => s,
                json => json.to_string(),
            }),
        },
    };
    texts.iter().map(checked).collect::<Result<_, _>>().map(Value::Texts)
}

fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
        _ => None,
    }
}

fn date(text: &str) -> Option<civil::Date> {
    civil::Date::from_str(text).ok()
}

/// RFC 3339; without an offset it is UTC, a date alone is its midnight. An unescaped `+` arrives as a space.
pub fn time(text: &str) -> Option<Timestamp> {
    if let Ok(time) = Timestamp::from_str(text) {
        return Some(time);
    }
    let utc = jiff::tz::TimeZone::UTC;
    if let Ok(local) = civil::DateTime::from_str(text) {
        return local.to_zoned(utc).ok().map(|z| z.timestamp());
    }
    let (start, offset) = text.rsplit_once(' ')?;
    Timestamp::from_str(&format!("{start}+{offset}")).ok()
}

/// `today`, `yesterday`, `tomorrow`, `today+7`, `today-30`.
fn relative(text: &str) -> Option<String> {
    let text = text.trim();
    match text {
        "today" => return Some("current_date".into()),
        "yesterday" => return Some("current_date - 1".into()),
        "tomorrow" => return Some("current_date + 1".into()),
        _ => {}
    }
    let days = text.strip_prefix("today")?;
    let (sign, days) = match days.as_bytes().first()? {
        b'-' => ('-', &days[1..]),
        b'+' | b' ' => ('+', &days[1..]),
        _ => return None,
    };
    // A hundred years either way keeps the database from running out of calendar.
    let days: u32 = days.parse().ok().filter(|d| *d <= 36_525)?;
    Some(format!("current_date {sign} {days}"))
}

/// `{a,"b, c"}` as PostgreSQL writes a list of texts.
pub fn array(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut values = vec![];
    let mut letters = inner.chars().peekable();
    loop {
        while letters.next_if(|c| c.is_whitespace()).is_some() {}
        let mut value = String::new();
        let quoted = letters.next_if_eq(&'"').is_some();
        loop {
            match letters.peek() {
                None if quoted => return None,
                None | Some(',') if !quoted => break,
                Some('"') if quoted => {
                    letters.next();
                    break;
                }
                Some('{' | '}' | '"') if !quoted => return None,
                Some('\\') => {
                    letters.next();
                    value.push(letters.next()?);
                }
                _ => value.extend(letters.next()),
            }
        }
        if !quoted {
            value.truncate(value.trim_end().len());
        }
        while letters.next_if(|c| c.is_whitespace()).is_some() {}
        let empty = value.is_empty() && !quoted;
        match letters.next() {
            None if empty && values.is_empty() => return Some(values),
            _ if empty => return None,
            None => {
                values.push(value);
                return Some(values);
            }
            Some(',') => values.push(value),
            Some(_) => return None,
        }
    }
}

fn ids(text: &str, me: Uuid) -> Option<Vec<Uuid>> {
    let id = |t: &String| if t == "me" { Some(me) } else { Uuid::try_parse(t).ok() };
    array(text)?.iter().map(id).collect()
}

/// Whether `to_tsquery` would read it: words joined by `&`, `|`, `<->` or `<2>`, `!` before, brackets around.
pub fn is_tsquery(text: &str) -> bool {
    let mut depth = 0usize;
    // After a word or `)` an operator must follow; before one it must not.
    let mut complete = false;
    let mut rest = text.trim();
    if rest.is_empty() || rest.contains(['\'', '\\']) {
        return rest.is_empty();
    }
    while let Some(c) = rest.chars().next() {
        let mut used = c.len_utf8();
        match c {
            _ if c.is_whitespace() => {}
            '&' | '|' if complete => complete = false,
            '<' if complete => match rest.find('>') {
                Some(end) if rest[1..end] == *"-" || rest[1..end].parse::<u8>().is_ok() => {
                    used = end + 1;
                    complete = false;
                }
                _ => return false,
            },
            '!' | '(' if !complete => depth += usize::from(c == '('),
            ')' if complete && depth > 0 => depth -= 1,
            '&' | '|' | '<' | '!' | '(' | ')' => return false,
            _ if complete => return false,
            _ => {
                let word = |c: char| c.is_whitespace() || "&|<!()".contains(c);
                used = rest.find(word).unwrap_or(rest.len());
                // `word:*` and `word:ab` are prefixes and weights; any other colon confuses it.
                let (stem, flags) = rest[..used].split_once(':').unwrap_or((&rest[..used], "*"));
                if stem.is_empty() || flags.is_empty() || !flags.chars().all(|f| "*ABCDabcd".contains(f)) {
                    return false;
                }
                complete = true;
            }
        }
        rest = &rest[used..];
    }
    complete && depth == 0
}

/// The configurations that come with PostgreSQL.
pub fn is_language(name: &str) -> bool {
    const ALL: &str = " simple arabic armenian basque catalan danish dutch english finnish french german greek hindi \
        hungarian indonesian irish italian lithuanian nepali norwegian portuguese romanian russian serbian spanish \
        swedish tamil turkish yiddish ";
    name.bytes().all(|b| b.is_ascii_lowercase()) && ALL.contains(&format!(" {name} "))
}
