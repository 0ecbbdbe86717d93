//! Binary columns to JSON text, straight into the reply's buffer: no value tree, no allocation per column.
use crate::{numeric, raw};
use anyhow::Result;
use meta::Codec;
use tokio_postgres::types::Type;

pub(crate) const DAYS_1970_TO_2000: i64 = 10_957;
pub(crate) const MICROS_1970_TO_2000: i64 = DAYS_1970_TO_2000 * MICROS_PER_DAY;
const MICROS_PER_DAY: i64 = 86_400_000_000;

pub(crate) fn write(out: &mut Vec<u8>, codec: Codec, ty: &Type, column: Option<&[u8]>) -> Result<()> {
    let Some(raw) = column else {
        out.extend_from_slice(b"null");
        return Ok(());
    };
    match codec {
        Codec::Text | Codec::Other => string(out, raw),
        Codec::Int8 | Codec::Int4 => integer(out, raw::int(raw)?),
        Codec::NumericText => {
            out.push(b'"');
            numeric::write(out, raw)?;
            out.push(b'"');
        }
        Codec::Number => number(out, ty, raw)?,
        Codec::Bool => out.extend_from_slice(if raw == [1] { b"true" } else { b"false" }),
        Codec::Date => date(out, i32::from_be_bytes(raw.try_into()?)),
        Codec::Timestamptz => timestamp(out, i64::from_be_bytes(raw.try_into()?)),
        Codec::Uuid => uuid(out, raw)?,
        Codec::Jsonb => out.extend_from_slice(raw::json_text(raw)),
        Codec::TextArray => array(out, raw, |out, element| {
            string(out, element);
            Ok(())
        })?,
        Codec::UuidArray => array(out, raw, uuid)?,
    }
    Ok(())
}

fn number(out: &mut Vec<u8>, ty: &Type, raw: &[u8]) -> Result<()> {
    match *ty {
        Type::INT8 | Type::INT4 | Type::INT2 => integer(out, raw::int(raw)?),
        Type::FLOAT8 => float(out, f64::from_be_bytes(raw.try_into()?)),
        Type::FLOAT4 => float(out, f64::from(f32::from_be_bytes(raw.try_into()?))),
        _ if numeric::is_finite(raw) => numeric::write(out, raw)?,
        // JSON has no word for infinity.
        _ => out.extend_from_slice(b"null"),
    }
    Ok(())
}

fn float(out: &mut Vec<u8>, f: f64) {
    if f.is_finite() {
        out.extend_from_slice(f.to_string().as_bytes());
    } else {
        out.extend_from_slice(b"null");
    }
}

fn array(
    out: &mut Vec<u8>,
    raw: &[u8],
    mut element: impl FnMut(&mut Vec<u8>, &[u8]) -> Result<()>,
) -> Result<()> {
    out.push(b'[');
    for (i, e) in raw::elements(raw)?.enumerate() {
        if i > 0 {
            out.push(b',');
        }
        match e? {
            Some(e) => element(out, e)?,
            None => out.extend_from_slice(b"null"),
        }
    }
    out.push(b']');
    Ok(())
}

/// What must be escaped (RFC 8259): quotation mark, backslash, control characters.
const ESCAPED: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 0x20 {
        table[i] = true;
        i += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table
};

pub(crate) fn string(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let mut rest = text;
    while let Some(at) = rest.iter().position(|b| ESCAPED[usize::from(*b)]) {
        out.extend_from_slice(&rest[..at]);
        escape(out, rest[at]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0C => b'f',
        _ => {
            out.extend_from_slice(b"\\u00");
            return out.extend_from_slice(&hex(byte));
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

fn hex(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

fn uuid(out: &mut Vec<u8>, raw: &[u8]) -> Result<()> {
    let mut text = [0; 36];
    raw::uuid(raw)?.hyphenated().encode_lower(&mut text);
    out.push(b'"');
    out.extend_from_slice(&text);
    out.push(b'"');
    Ok(())
}

fn integer(out: &mut Vec<u8>, n: i64) {
    if n < 0 {
        out.push(b'-');
    }
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut left = n.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

fn date(out: &mut Vec<u8>, days: i32) {
    out.push(b'"');
    match days {
        i32::MAX => out.extend_from_slice(b"infinity"),
        i32::MIN => out.extend_from_slice(b"-infinity"),
        _ => calendar_day(out, i64::from(days) + DAYS_1970_TO_2000),
    }
    out.push(b'"');
}

/// RFC 3339 in UTC, to the microsecond, without the zeros at the end: the same as `Timestamp` prints itself.
fn timestamp(out: &mut Vec<u8>, micros: i64) {
    out.push(b'"');
    match micros {
        i64::MAX => out.extend_from_slice(b"infinity"),
        i64::MIN => out.extend_from_slice(b"-infinity"),
        _ => moment(out, micros),
    }
    out.push(b'"');
}

fn moment(out: &mut Vec<u8>, micros: i64) {
    calendar_day(out, micros.div_euclid(MICROS_PER_DAY) + DAYS_1970_TO_2000);
    let of_day = micros.rem_euclid(MICROS_PER_DAY);
    let seconds = of_day / 1_000_000;
    out.push(b'T');
    two(out, seconds / 3600);
    out.push(b':');
    two(out, seconds / 60 % 60);
    out.push(b':');
    two(out, seconds % 60);
    fraction(out, of_day % 1_000_000);
    out.push(b'Z');
}

fn fraction(out: &mut Vec<u8>, micros: i64) {
    if micros == 0 {
        return;
    }
    out.push(b'.');
    let mut divisor = 100_000;
    let mut left = micros;
    while left > 0 {
        out.push(b'0' + (left / divisor) as u8);
        left %= divisor;
        divisor /= 10;
    }
}

/// Years outside 0 to 9999 have a sign and six digits (ISO 8601, expanded).
fn calendar_day(out: &mut Vec<u8>, days_since_1970: i64) {
    let (year, month, day) = civil(days_since_1970);
    if (0..=9999).contains(&year) {
        two(out, year / 100);
        two(out, year % 100);
    } else {
        out.push(if year < 0 { b'-' } else { b'+' });
        let year = year.abs();
        two(out, year / 10_000);
        two(out, year / 100 % 100);
        two(out, year % 100);
    }
    out.push(b'-');
    two(out, month);
    out.push(b'-');
    two(out, day);
}

fn two(out: &mut Vec<u8>, n: i64) {
    out.extend_from_slice(&[b'0' + (n / 10) as u8, b'0' + (n % 10) as u8]);
}

/// Year, month and day of the proleptic Gregorian calendar, by Howard Hinnant's `civil_from_days`.
pub(crate) fn civil(days_since_1970: i64) -> (i64, i64, i64) {
    let shifted = days_since_1970 + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}
