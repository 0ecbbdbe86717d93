//! A `Value` as a parameter. The statement's casts fix the type; the variant says what is there.
use bytes::{BufMut, BytesMut};
use kernel::{Decimal, Value};
use std::error::Error;
use std::net::IpAddr;
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};

#[derive(Debug)]
pub(crate) struct Param<'a>(pub &'a Value);

type Encoded = Result<IsNull, Box<dyn Error + Sync + Send>>;

impl ToSql for Param<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Encoded {
        match self.0 {
            Value::Null => Ok(IsNull::Yes),
            Value::Bool(b) => match *ty {
                Type::BOOL => b.to_sql(ty, out),
                _ => other(self.0, ty, out),
            },
            Value::Int(i) => int(*i, ty, out),
            Value::Decimal(d) => decimal(*d, ty, out),
            Value::Text(t) => text(t, ty, out),
            Value::Date(d) => match *ty {
                Type::DATE => d.to_sql(ty, out),
                _ => other(self.0, ty, out),
            },
            Value::Time(t) => match *ty {
                Type::TIMESTAMPTZ => t.to_sql(ty, out),
                _ => other(self.0, ty, out),
            },
            Value::Id(id) => match *ty {
                Type::UUID => id.to_sql(ty, out),
                _ => other(self.0, ty, out),
            },
            Value::Texts(v) => match ty.kind() {
                Kind::Array(member) => list(v, member, out, |t, out| text(t, member, out)),
                _ => other(self.0, ty, out),
            },
            Value::Ids(v) => match ty.kind() {
                Kind::Array(member) => list(v, member, out, |id, out| id.to_sql(member, out)),
                _ => other(self.0, ty, out),
            },
            Value::Json(j) => match *ty {
                Type::JSONB | Type::JSON => j.to_sql(ty, out),
                _ => other(self.0, ty, out),
            },
        }
    }
    // By variant, not by type: `to_sql` answers for what does not fit.
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

fn int(i: i64, ty: &Type, out: &mut BytesMut) -> Encoded {
    match *ty {
        Type::INT8 => i.to_sql(ty, out),
        Type::INT4 => i32::try_from(i)?.to_sql(ty, out),
        Type::INT2 => i16::try_from(i)?.to_sql(ty, out),
        Type::NUMERIC => Decimal::from(i).to_sql(ty, out),
        Type::FLOAT8 => (i as f64).to_sql(ty, out),
        _ => other(&Value::Int(i), ty, out),
    }
}

fn decimal(d: Decimal, ty: &Type, out: &mut BytesMut) -> Encoded {
    match *ty {
        Type::NUMERIC => d.to_sql(ty, out),
        Type::FLOAT8 => d.to_string().parse::<f64>()?.to_sql(ty, out),
        Type::INT8 if d.is_integer() => i64::try_from(d)?.to_sql(ty, out),
        _ => other(&Value::Decimal(d), ty, out),
    }
}

fn text(t: &str, ty: &Type, out: &mut BytesMut) -> Encoded {
    match *ty {
        Type::JSONB | Type::JSON => serde_json::Value::from(t).to_sql(ty, out),
        Type::INET => t.parse::<IpAddr>()?.to_sql(ty, out),
        Type::UUID => t.parse::<kernel::Uuid>()?.to_sql(ty, out),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => t.to_sql(ty, out),
        // Enums, domains, `citext`: their binary form is their text.
        _ if !matches!(ty.kind(), Kind::Simple) || ty.name() == "citext" => t.to_sql(&Type::TEXT, out),
        _ => misfit("Text", ty),
    }
}

/// JSON takes everything in its API form; a text takes what JSON writes as one.
fn other(value: &Value, ty: &Type, out: &mut BytesMut) -> Encoded {
    match *ty {
        Type::JSONB | Type::JSON => value.to_json().to_sql(ty, out),
        Type::TEXT | Type::VARCHAR => match value.to_json() {
            serde_json::Value::String(s) => s.to_sql(ty, out),
            json => json.to_string().to_sql(ty, out),
        },
        _ => misfit(variant(value), ty),
    }
}

fn misfit(variant: &str, ty: &Type) -> Encoded {
    Err(format!("a parameter holds Value::{variant}, the statement casts it to {ty}").into())
}

fn variant(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Bool",
        Value::Int(_) => "Int",
        Value::Decimal(_) => "Decimal",
        Value::Text(_) => "Text",
        Value::Date(_) => "Date",
        Value::Time(_) => "Time",
        Value::Id(_) => "Id",
        Value::Texts(_) => "Texts",
        Value::Ids(_) => "Ids",
        Value::Json(_) => "Json",
    }
}

/// One dimension, no nulls: the header, then each element behind its length.
fn list<T>(
    items: &[T],
    member: &Type,
    out: &mut BytesMut,
    mut encode: impl FnMut(&T, &mut BytesMut) -> Encoded,
) -> Encoded {
    let dimensions = i32::from(!items.is_empty());
    out.put_i32(dimensions);
    out.put_i32(0);
    out.put_u32(member.oid());
    if !items.is_empty() {
        out.put_i32(i32::try_from(items.len())?);
        out.put_i32(1);
    }
    for item in items {
        let length_at = out.len();
        out.put_i32(0);
        encode(item, out)?;
        let length = i32::try_from(out.len() - length_at - 4)?;
        out[length_at..length_at + 4].copy_from_slice(&length.to_be_bytes());
    }
    Ok(IsNull::No)
}
