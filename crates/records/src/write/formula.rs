//! Formula fields: CEL over the record's own fields, stored with the row.
use kernel::{Decimal, Row, Value};
use meta::cel::Expression;
use meta::{Field, Kind, Model, Object};
use rust_decimal::RoundingStrategy;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};

type Compiled = RwLock<HashMap<(String, String), Option<Arc<Expression>>>>;

/// Compiled once per object and source: parsing costs a thousand times what evaluating does. Bounded, because an
/// administrator may edit formulas all day.
static COMPILED: LazyLock<Compiled> = LazyLock::new(Compiled::default);
const KEPT: usize = 4_096;

/// The expression, or `None` when it no longer fits the model (it did when the blueprint was loaded).
pub(super) fn compiled(model: &Model, object: &Object, source: &str) -> Option<Arc<Expression>> {
    let key = (object.name.clone(), source.to_string());
    if let Some(known) = COMPILED.read().expect("no panic while held").get(&key) {
        return known.clone();
    }
    let expression = Expression::compile(source, object, model).ok().map(Arc::new);
    let mut all = COMPILED.write().expect("no panic while held");
    if all.len() >= KEPT {
        all.clear();
    }
    all.insert(key, expression.clone());
    expression
}

/// Sets every formula field of a row, each after those it uses. `lists` holds the part lists. A formula that cannot be
/// computed (a missing operand, a division by zero) is null.
pub(super) fn fill(model: &Model, object: &Object, row: &mut Row, lists: &dyn Fn(&str) -> Option<Value>) {
    for (name, expression) in ordered(model, object).iter() {
        let Some(field) = object.fields.get(name) else { continue };
        let lookup = |name: &str| lists(name).or_else(|| row.get(name).cloned()).unwrap_or_default();
        let value =
            expression.evaluate(&lookup).map(|v| fitted(field, field.stored_kind(), v)).unwrap_or_default();
        row.insert(name.clone(), value);
    }
}

type Ordered = RwLock<HashMap<(String, String), Arc<Vec<(String, Expression)>>>>;
static ORDERED: LazyLock<Ordered> = LazyLock::new(Ordered::default);

/// The formulas of an object, compiled once per set of sources.
fn ordered(model: &Model, object: &Object) -> Arc<Vec<(String, Expression)>> {
    let sources: Vec<&str> =
        object.fields.values().filter_map(|f| f.formula.as_ref()).map(|f| f.cel.as_str()).collect();
    if sources.is_empty() {
        return Arc::default();
    }
    let key = (object.name.clone(), sources.join("\n"));
    if let Some(known) = ORDERED.read().expect("no panic while held").get(&key) {
        return known.clone();
    }
    let formulas = Arc::new(meta::cel::formulas(object, model).unwrap_or_default());
    let mut all = ORDERED.write().expect("no panic while held");
    if all.len() >= KEPT {
        all.clear();
    }
    all.insert(key, formulas.clone());
    formulas
}

/// Part rows as CEL sees them: a list of maps.
pub(super) fn rows<'a>(rows: impl Iterator<Item = &'a Row>) -> Value {
    let row = |row: &Row| row.iter().map(|(name, value)| (name.clone(), value.to_json())).collect();
    Value::Json(rows.map(|r| serde_json::Value::Object(row(r))).collect())
}

/// Whether a formula of the object looks at a part list.
pub(super) fn uses_parts(model: &Model, object: &Object) -> bool {
    let is_list = |name: &String| object.fields.get(name).is_some_and(|f| f.kind == Kind::Parts);
    ordered(model, object).iter().any(|(_, e)| e.uses().iter().any(is_list))
}

/// The result as the column holds it: exact numbers rounded to the field's scale, half away from zero.
pub(super) fn fitted(field: &Field, kind: Kind, value: Value) -> Value {
    use rust_decimal::prelude::ToPrimitive;
    match (kind, value) {
        (Kind::Money, v) => v.as_decimal().map(|d| amount(d, field.scale.unwrap_or(2))).into(),
        (Kind::Decimal | Kind::Percent, v) => {
            v.as_decimal().map(|d| rounded(d, field.scale.unwrap_or(6)).normalize()).into()
        }
        (Kind::Integer | Kind::Duration | Kind::Rating, Value::Decimal(d)) => d.round().to_i64().into(),
        (Kind::Integer | Kind::Duration | Kind::Rating, Value::Int(i)) => Value::Int(i),
        (Kind::Boolean, v @ Value::Bool(_)) => v,
        (Kind::Date, v @ Value::Date(_)) | (Kind::DateTime, v @ Value::Time(_)) => v,
        (Kind::Text | Kind::LongText | Kind::RichText, v @ Value::Text(_)) => v,
        (Kind::Select, Value::Text(text)) if field.options.iter().any(|o| o.value == text) => text.into(),
        (Kind::Text | Kind::LongText | Kind::RichText, v) if v.as_decimal().is_some() => {
            v.as_decimal().map(|d| d.to_string()).into()
        }
        _ => Value::Null,
    }
}

/// Amounts keep their minor digits: `100.00`.
fn amount(d: Decimal, scale: u32) -> Decimal {
    let mut d = rounded(d, scale);
    d.rescale(scale);
    d
}

fn rounded(d: Decimal, scale: u32) -> Decimal {
    d.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero)
}
