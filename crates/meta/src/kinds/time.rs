//! Days, moments and durations.
use super::{Parsed, as_text, invalid, number, quoted};
use crate::model::Field;
use jiff::{SpanRelativeTo, Timestamp, Unit, civil};
use kernel::{Problem, Value};
use serde_json::Value as Json;

pub fn date(field: &Field, json: &Json) -> Parsed {
    let text = as_text(field, "a date such as \"2026-11-21\"", json)?;
    let looks_right = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    if !looks_right {
        return Err(invalid(field, format!("must be a date such as 2026-11-21, not {}.", quoted(text))));
    }
    match text.parse::<civil::Date>() {
        Ok(date) if date.year() > 0 => Ok(Value::Date(date)),
        _ => Err(invalid(field, format!("names a day that the calendar does not have: {text}."))),
    }
}

pub fn date_time(field: &Field, json: &Json) -> Parsed {
    let text = as_text(field, "a moment such as \"2026-11-21T09:30:00Z\"", json)?;
    let moment = text.parse::<Timestamp>().map_err(|_| not_a_moment(field, text))?;
    // PostgreSQL keeps microseconds; what is stored must equal what was read.
    let kept = moment.round(Unit::Microsecond).map_err(|_| not_a_moment(field, text))?;
    if kept.as_second() < FIRST_SECOND {
        return Err(invalid(field, "lies before the year 1."));
    }
    Ok(Value::Time(kept))
}

/// 0001-01-01T00:00:00Z
const FIRST_SECOND: i64 = -62_135_596_800;

fn not_a_moment(field: &Field, text: &str) -> Problem {
    if text.len() > 10 && text.parse::<civil::DateTime>().is_ok() {
        return invalid(field, format!("needs to say its offset from UTC: {text}Z or {text}+01:00."));
    }
    invalid(field, format!("must be a moment such as 2026-11-21T09:30:00Z, not {}.", quoted(text)))
}

/// Seconds, or ISO 8601: `PT1H30M`. A day is 24 hours; months and years have no fixed length.
pub fn duration(field: &Field, json: &Json) -> Parsed {
    let seconds = match json {
        Json::String(text) if text.trim_start_matches(['+', '-']).starts_with('P') => {
            iso_seconds(field, text)?
        }
        Json::String(text) if text.parse::<i64>().is_err() => return Err(not_a_duration(field, text)),
        _ => number::whole(field, json)?,
    };
    number::range(field, seconds.into())?;
    Ok(Value::Int(seconds))
}

fn iso_seconds(field: &Field, text: &str) -> Result<i64, Problem> {
    let span: jiff::Span = text.parse().map_err(|_| not_a_duration(field, text))?;
    if span.get_years() != 0 || span.get_months() != 0 {
        let rest = format!("cannot count in months or years ({text}): they have no fixed length.");
        return Err(invalid(field, rest));
    }
    let length =
        span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| not_a_duration(field, text))?;
    if length.subsec_nanos() != 0 {
        return Err(invalid(field, format!("counts whole seconds, not {}.", quoted(text))));
    }
    Ok(length.as_secs())
}

fn not_a_duration(field: &Field, text: &str) -> Problem {
    invalid(
        field,
        format!("must be a number of seconds or a duration such as PT1H30M, not {}.", quoted(text)),
    )
}
