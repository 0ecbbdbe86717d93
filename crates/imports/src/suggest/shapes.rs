//! What the values of a column look like.
use email_address::EmailAddress;
use jiff::fmt::strtime;
use meta::{Field, Kind};

/// How dates are written elsewhere, the surest first. Where the day could be the month the American order loses:
/// it is told only when a value has no other reading.
const DATES: [&str; 11] = [
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%Y/%m/%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%m-%Y",
    "%B %d, %Y",
    "%d %B %Y",
];
const MOMENTS: [&str; 8] = [
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%y %I:%M %p",
    "%m/%d/%Y %I:%M %p",
    "%d/%m/%Y %H:%M",
];

/// The share of values that the field would take; `None` when there are no values to judge by, or any would do.
pub fn fit(field: &Field, member: Option<&str>, values: &[&str]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let share = |takes: &dyn Fn(&str) -> bool| {
        Some(values.iter().filter(|v| takes(v)).count() as f64 / values.len() as f64)
    };
    match (field.stored_kind(), member) {
        (Kind::Email, _) => share(&is_email),
        (Kind::Phone, _) => share(&is_phone),
        (Kind::Url, _) => share(&is_url),
        (Kind::Date | Kind::DateTime, _) => date_format(field.kind, values)
            .map(|_| 1.0)
            .or_else(|| share(&|v| v.parse::<jiff::Timestamp>().is_ok())),
        (Kind::Integer | Kind::Decimal | Kind::Money | Kind::Percent | Kind::Rating | Kind::Duration, _) => {
            share(&is_number)
        }
        (Kind::GeoPoint, Some(_)) => share(&is_number),
        (Kind::Boolean, _) => share(&|v| {
            matches!(
                v.to_ascii_lowercase().as_str(),
                "true" | "false" | "yes" | "no" | "y" | "n" | "t" | "f" | "0" | "1"
            )
        }),
        (Kind::Select | Kind::MultiSelect, _) if !field.options.is_empty() => share(&|v| {
            field
                .options
                .iter()
                .any(|o| o.value.eq_ignore_ascii_case(v) || o.label.to_lowercase() == v.to_lowercase())
        }),
        // A name is no number, and no address of any kind.
        (Kind::Text, _)
            if matches!(field.name.as_str(), "first_name" | "last_name" | "name" | "company_name") =>
        {
            share(&|v| !is_number(v) && !is_email(v) && !is_url(v))
        }
        _ => None,
    }
}

/// Kinds whose values are unlike all others, so that they tell a column without a word.
pub fn tells(field: &Field) -> Option<&'static str> {
    match field.stored_kind() {
        Kind::Email => Some("e-mail addresses"),
        Kind::Url => Some("web addresses"),
        Kind::Phone => Some("phone numbers"),
        _ => None,
    }
}

pub fn is_email(text: &str) -> bool {
    text.parse::<EmailAddress>().is_ok()
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let others = text
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '+' | '-' | '(' | ')' | '/' | '.' | 'x'));
    others && (6..=16).contains(&digits) && date_format(Kind::Date, &[text]).is_none()
}

fn is_url(text: &str) -> bool {
    let bare = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = bare.unwrap_or(text).split('/').next().unwrap_or_default();
    let letters =
        host.rsplit('.').next().is_some_and(|t| t.len() >= 2 && t.chars().all(|c| c.is_ascii_alphabetic()));
    (bare.is_some() || host.starts_with("www.")) && host.contains('.') && letters && !text.contains(' ')
}

fn is_number(text: &str) -> bool {
    let bare: String =
        text.chars().filter(|c| !matches!(c, ' ' | ',' | '\'' | '$' | '€' | '£' | '%')).collect();
    bare.parse::<f64>().is_ok()
}

/// The form in which all of the values are dates. An ISO form is answered too, and needs no mapping.
pub fn date_format(kind: Kind, values: &[&str]) -> Option<&'static str> {
    let all = |format: &&&str| {
        values.iter().all(|v| {
            strtime::parse(format, v)
                .is_ok_and(|t| t.to_date().is_ok_and(|d| (1900..2200).contains(&d.year())))
        })
    };
    let days = || DATES.iter().find(all).copied();
    let moments = || MOMENTS.iter().find(all).copied();
    if values.is_empty() {
        return None;
    }
    match kind {
        Kind::DateTime => moments().or_else(days),
        _ => days(),
    }
}

/// Forms that the conversion reads without being told.
pub fn is_plain(format: &str) -> bool {
    matches!(format, "%Y-%m-%d" | "%Y-%m-%d %H:%M:%S" | "%Y-%m-%dT%H:%M:%S")
}
