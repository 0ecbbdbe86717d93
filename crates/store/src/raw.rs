//! Columns as the wire gives them, borrowed from the row, and the way from there to a `Value`.
use crate::{json, numeric};
use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use kernel::{Decimal, Timestamp, Uuid, Value};
use meta::Codec;
use std::error::Error;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

/// The bytes of a column of any type; `None` is null.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw<'a>(pub Option<&'a [u8]>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Raw(Some(raw)))
    }
    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Raw(None))
    }
    fn accepts(_: &Type) -> bool {
        true
    }
}

pub(crate) fn bytes(row: &Row, column: usize) -> Result<Option<&[u8]>> {
    let raw: Raw = row.try_get(column).with_context(|| format!("the row has no column {column}"))?;
    Ok(raw.0)
}

/// A whole row, typed.
pub(crate) fn values(row: &Row, codecs: &[Codec]) -> Result<Vec<Value>> {
    if row.len() < codecs.len() {
        bail!("{} columns are expected, the row has {}", codecs.len(), row.len());
    }
    codecs.iter().enumerate().map(|(i, codec)| value(row, i, *codec)).collect()
}

pub(crate) fn value(row: &Row, column: usize, codec: Codec) -> Result<Value> {
    let Some(raw) = bytes(row, column)? else { return Ok(Value::Null) };
    let ty = row.columns()[column].type_();
    decode(codec, ty, raw).with_context(|| format!("column {column} ({ty}) as {codec:?}"))
}

fn decode(codec: Codec, ty: &Type, raw: &[u8]) -> Result<Value> {
    Ok(match codec {
        Codec::Text | Codec::Other => Value::Text(text(raw)?.to_owned()),
        Codec::Int8 | Codec::Int4 => Value::Int(int(raw)?),
        Codec::NumericText | Codec::Number => number(ty, raw)?,
        Codec::Bool => Value::Bool(raw == [1]),
        Codec::Date => Value::Date(date(raw)?),
        Codec::Timestamptz => Value::Time(timestamp(raw)?),
        Codec::Uuid => Value::Id(uuid(raw)?),
        Codec::Jsonb => Value::Json(serde_json::from_slice(json_text(raw))?),
        Codec::TextArray => {
            let texts: Result<Vec<_>> =
                elements(raw)?.map(|e| Ok(text(e?.unwrap_or(b""))?.to_owned())).collect();
            Value::Texts(texts?)
        }
        Codec::UuidArray => {
            let ids: Result<Vec<_>> =
                elements(raw)?.filter_map(Result::transpose).map(|e| uuid(e?)).collect();
            Value::Ids(ids?)
        }
    })
}

pub(crate) fn text(raw: &[u8]) -> Result<&str> {
    std::str::from_utf8(raw).context("the text is not UTF-8")
}

/// `bigint`, `integer` or `smallint`, told apart by their length.
pub(crate) fn int(raw: &[u8]) -> Result<i64> {
    Ok(match raw.len() {
        8 => i64::from_be_bytes(raw.try_into()?),
        4 => i64::from(i32::from_be_bytes(raw.try_into()?)),
        2 => i64::from(i16::from_be_bytes(raw.try_into()?)),
        n => bail!("an integer of {n} bytes"),
    })
}

/// Numerics and integers are numbers too; floats come from aggregates over them.
fn number(ty: &Type, raw: &[u8]) -> Result<Value> {
    let text = match *ty {
        Type::INT8 | Type::INT4 | Type::INT2 => return Ok(Value::Int(int(raw)?)),
        Type::FLOAT8 => f64::from_be_bytes(raw.try_into()?).to_string(),
        Type::FLOAT4 => f32::from_be_bytes(raw.try_into()?).to_string(),
        _ => {
            let mut text = Vec::new();
            numeric::write(&mut text, raw)?;
            String::from_utf8(text)?
        }
    };
    // Longer than 28 digits does not come from our fields; an aggregate's tail may be cut.
    let exact = Decimal::from_str_exact(&text).or_else(|_| text.parse());
    Ok(Value::Decimal(exact.with_context(|| format!("{text} is no decimal"))?))
}

pub(crate) fn date(raw: &[u8]) -> Result<Date> {
    let days = i64::from(i32::from_be_bytes(raw.try_into()?));
    let (year, month, day) = json::civil(days + json::DAYS_1970_TO_2000);
    Date::new(i16::try_from(year)?, month as i8, day as i8).context("a date outside the calendar")
}

pub(crate) fn timestamp(raw: &[u8]) -> Result<Timestamp> {
    let micros = i64::from_be_bytes(raw.try_into()?);
    let since_1970 = micros.checked_add(json::MICROS_1970_TO_2000).context("an infinite time")?;
    Timestamp::from_microsecond(since_1970).context("a time outside the calendar")
}

pub(crate) fn uuid(raw: &[u8]) -> Result<Uuid> {
    Uuid::from_slice(raw).context("the id is not 16 bytes")
}

/// `jsonb` has a version byte in front of its text, `json` has not.
pub(crate) fn json_text(raw: &[u8]) -> &[u8] {
    match raw {
        [1, text @ ..] => text,
        _ => raw,
    }
}

/// The elements of an array in the order they are stored; `None` is null.
pub(crate) fn elements(raw: &[u8]) -> Result<impl Iterator<Item = Result<Option<&[u8]>>>> {
    let mut rest = raw;
    let dimensions = take_i32(&mut rest)?;
    let (_nulls, _type) = (take_i32(&mut rest)?, take_i32(&mut rest)?);
    let mut left = if dimensions == 0 { 0 } else { 1 };
    for _ in 0..dimensions {
        left *= take_i32(&mut rest)?;
        take_i32(&mut rest)?;
    }
    Ok((0..left).map(move |_| {
        let length = take_i32(&mut rest)?;
        if length < 0 {
            return Ok(None);
        }
        let (element, after) = rest.split_at_checked(length as usize).context("an array ends too early")?;
        rest = after;
        Ok(Some(element))
    }))
}

fn take_i32(rest: &mut &[u8]) -> Result<i32> {
    let (head, tail) = rest.split_first_chunk::<4>().context("an array ends too early")?;
    *rest = tail;
    Ok(i32::from_be_bytes(*head))
}
