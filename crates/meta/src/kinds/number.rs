//! Exact numbers. A JSON number is read as the text it was written in; a string carries more digits safely.
use super::{Parsed, invalid, problem, quoted, wrong_type};
use crate::model::Field;
use kernel::{Decimal, Problem, Value};
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value as Json;

pub fn integer(field: &Field, json: &Json) -> Parsed {
    let number = whole(field, json)?;
    range(field, number.into())?;
    Ok(Value::Int(number))
}

pub fn rating(field: &Field, json: &Json) -> Parsed {
    let number = whole(field, json)?;
    if !(0..=5).contains(&number) {
        return Err(problem("field.out_of_range", field, "must be a whole number from 0 to 5."));
    }
    range(field, number.into())?;
    Ok(Value::Int(number))
}

pub fn whole(field: &Field, json: &Json) -> Result<i64, Problem> {
    let too_big = || problem("field.out_of_range", field, "is too large for a whole number of 64 bits.");
    let fraction = |t: &str| invalid(field, format!("must be a whole number, not {}.", quoted(t)));
    match json {
        Json::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(i), _) => Ok(i),
            (None, Some(f)) if f.fract() != 0.0 => Err(fraction(&n.to_string())),
            // Above 2^53 a float stands for several whole numbers; nobody can tell which was meant.
            (None, Some(f)) if f.abs() <= 9_007_199_254_740_992.0 => Ok(f as i64),
            _ => Err(too_big()),
        },
        Json::String(text) => match text.parse::<i64>() {
            Ok(i) => Ok(i),
            Err(_) if is_digits(text) => Err(too_big()),
            Err(_) => Err(fraction(text)),
        },
        other => Err(wrong_type(field, "a whole number", other)),
    }
}

fn is_digits(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

pub fn decimal(field: &Field, json: &Json) -> Parsed {
    let number = exact(field, json)?;
    if let Some(scale) = field.scale.filter(|scale| number.normalize().scale() > *scale) {
        let digits = number.normalize().scale();
        let rest = match scale {
            0 => "must be a whole number.".to_string(),
            1 => format!("takes at most 1 digit after the point, not {digits}."),
            _ => format!("takes at most {scale} digits after the point, not {digits}."),
        };
        return Err(invalid(field, rest));
    }
    range(field, number)?;
    Ok(Value::Decimal(number))
}

fn exact(field: &Field, json: &Json) -> Result<Decimal, Problem> {
    match json {
        Json::Number(n) => from_number(field, n),
        Json::String(text) => from_text(field, text),
        other => Err(wrong_type(field, "a number", other)),
    }
}

fn from_number(field: &Field, n: &serde_json::Number) -> Result<Decimal, Problem> {
    let text = n.to_string();
    // 15 digits are what a binary float holds for certain; beyond that the number may already be another.
    if n.is_f64() && significant_digits(&text) > 15 {
        let refusal = invalid(field, format!("has too many digits for a JSON number ({text})."));
        return Err(refusal.hint("Send it as a text: \"0.123456789012345678\"."));
    }
    let number = Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text));
    number.map(|d| d.normalize()).map_err(|_| too_many_digits(field))
}

fn significant_digits(text: &str) -> usize {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').trim_end_matches('0').len()
}

fn from_text(field: &Field, text: &str) -> Result<Decimal, Problem> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let all_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || !is_digits(exponent) {
        let wrong = invalid(field, format!("must be a number, not {}.", quoted(text)));
        return Err(wrong.hint("Digits with a point: 1234.50, without separators, currency or unit."));
    }
    let number = if mantissa.len() == text.len() {
        Decimal::from_str_exact(text)
    } else {
        Decimal::from_scientific(text)
    };
    // "-0" is 0.
    number.map(|d| if d.is_zero() { d.abs() } else { d }).map_err(|_| too_many_digits(field))
}

fn too_many_digits(field: &Field) -> Problem {
    problem("field.out_of_range", field, "has more digits than can be kept exactly (28).")
}

pub fn range(field: &Field, number: Decimal) -> Result<(), Problem> {
    let unit = field.unit.as_ref().map(|u| format!(" {u}")).unwrap_or_default();
    if let Some(least) = field.min.filter(|least| number < *least) {
        return Err(problem("field.out_of_range", field, format!("must be at least {least}{unit}.")));
    }
    if let Some(most) = field.max.filter(|most| number > *most) {
        return Err(problem("field.out_of_range", field, format!("must be at most {most}{unit}.")));
    }
    Ok(())
}

/// For limits that are lengths.
pub fn as_count(limit: Option<Decimal>) -> Option<usize> {
    limit.and_then(|d| d.to_usize())
}
