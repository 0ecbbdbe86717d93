//! Order and paging: a deterministic order, and cursors that continue after a row.
use crate::ask::Nulls;
use crate::shape::Expr;
use crate::typed;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::{Problem, Uuid, Value};
use meta::Codec;
use std::fmt::Write;

/// One term of `order by`.
#[derive(Debug, Clone)]
pub struct Sort {
    pub expr: Expr,
    /// What stands in `order by`: the expression, or a column's number where rows are grouped.
    pub sql: String,
    pub descending: bool,
    pub nulls: Option<Nulls>,
}

impl Sort {
    /// Where PostgreSQL puts nulls: last, and first when descending.
    fn nulls_first(&self) -> bool {
        self.nulls.map_or(self.descending, |n| n == Nulls::First)
    }
    /// Whether a cursor can hold the value.
    pub fn can_continue(&self) -> bool {
        self.expr.special.is_none()
            && !matches!(self.expr.codec, Codec::Jsonb | Codec::TextArray | Codec::UuidArray | Codec::Number)
    }
}

pub fn order_by(sorts: &[Sort]) -> String {
    let mut out = String::new();
    for sort in sorts {
        out.push_str(if out.is_empty() { "\norder by " } else { ", " });
        out.push_str(&sort.sql);
        if sort.descending {
            out.push_str(" desc");
        }
        match sort.nulls {
            None => {}
            Some(Nulls::First) => out.push_str(" nulls first"),
            Some(Nulls::Last) => out.push_str(" nulls last"),
        }
    }
    out
}

/// A short name of the order, so that a cursor is not used with another one.
pub fn name_of(object: &str, sorts: &[Sort]) -> u32 {
    let mut text = String::from(object);
    for sort in sorts {
        let _ = write!(text, "|{}{}{}", sort.expr.sql, sort.descending, sort.nulls_first());
    }
    // FNV-1a: stable over releases of the compiler, which the standard library's hasher is not.
    text.bytes().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

pub fn encode(ordered: u32, values: &[Value]) -> String {
    let mut all = vec![serde_json::Value::from(ordered)];
    all.extend(values.iter().map(|v| match v.to_json() {
        serde_json::Value::Null => serde_json::Value::Null,
        serde_json::Value::String(s) => s.into(),
        other => other.to_string().into(),
    }));
    URL_SAFE_NO_PAD.encode(serde_json::Value::Array(all).to_string())
}

/// The rows after the one the cursor names.
pub fn after(cursor: &str, ordered: u32, sorts: &[Sort], params: &mut Vec<Value>) -> Result<String, Problem> {
    let values = decode(cursor, ordered, sorts).ok_or_else(|| {
        Problem::new("query.invalid", "The cursor does not belong to this list.").at("cursor").hint(
            "A cursor continues the list it came from, with the same order. Leave it out to begin anew.",
        )
    })?;
    let mut placed = vec![];
    for (sort, value) in sorts.iter().zip(values) {
        placed.push((!value.is_null()).then(|| {
            params.push(value);
            format!("${}::{}", params.len(), crate::shape::sql_type(sort.expr.codec))
        }));
    }
    Ok(beyond(sorts, &placed))
}

/// `(a > v or (a = v and (b > w or ...)))`, with nulls where the order puts them. Without nulls and with one
/// direction it is a comparison of rows, which an index can answer.
fn beyond(sorts: &[Sort], values: &[Option<String>]) -> String {
    let one_way = sorts.iter().all(|s| s.expr.certain && s.descending == sorts[0].descending);
    if one_way && values.iter().all(Option::is_some) {
        let left: Vec<_> = sorts.iter().map(|s| s.expr.sql.as_str()).collect();
        let right: Vec<_> = values.iter().flatten().map(String::as_str).collect();
        let than = if sorts[0].descending { "<" } else { ">" };
        return format!("({}) {than} ({})", left.join(", "), right.join(", "));
    }
    let mut out = String::new();
    for (sort, value) in sorts.iter().zip(values).rev() {
        let at = &sort.expr.sql;
        let than = if sort.descending { "<" } else { ">" };
        let further = match value {
            Some(v) if sort.expr.certain || sort.nulls_first() => format!("{at} {than} {v}"),
            Some(v) => format!("{at} {than} {v} or {at} is null"),
            None if sort.nulls_first() => format!("{at} is not null"),
            None => "false".into(),
        };
        let same = match value {
            Some(v) => format!("{at} = {v}"),
            None => format!("{at} is null"),
        };
        out = if out.is_empty() {
            format!("({further})")
        } else {
            format!("({further} or ({same} and {out}))")
        };
    }
    out
}

fn decode(cursor: &str, ordered: u32, sorts: &[Sort]) -> Option<Vec<Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let all: Vec<serde_json::Value> = serde_json::from_slice(&bytes).ok()?;
    let (name, values) = all.split_first()?;
    if name.as_u64() != Some(ordered.into()) || values.len() != sorts.len() {
        return None;
    }
    let read = |(sort, value): (&Sort, &serde_json::Value)| match value {
        serde_json::Value::Null => Some(Value::Null),
        serde_json::Value::String(text) if !text.contains('\0') => {
            typed::value(sort.expr.codec, text, Uuid::nil()).ok()
        }
        _ => None,
    };
    sorts.iter().zip(values).map(read).collect()
}
