//! A value as the text of a cell.
use jiff::tz::TimeZone;
use kernel::Value;

/// Lists are joined by this; a value that holds it itself is not common, and JSON lines keep lists as lists.
const BETWEEN: &str = "; ";

/// As it is read by people and programs: numbers with a point, moments with the offset of the workspace's time zone.
pub fn text(value: &Value, zone: &TimeZone) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Decimal(d) => d.to_string(),
        Value::Text(t) => t.clone(),
        Value::Date(d) => d.to_string(),
        Value::Time(t) => {
            let there = t.to_zoned(zone.clone());
            there.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
        }
        Value::Id(id) => id.to_string(),
        Value::Texts(all) => all.join(BETWEEN),
        Value::Ids(all) => {
            let all: Vec<String> = all.iter().map(ToString::to_string).collect();
            all.join(BETWEEN)
        }
        Value::Json(j) => j.to_string(),
    }
}

/// Whether the value is typed so that a spreadsheet cannot take it for a formula.
pub fn is_typed(value: &Value) -> bool {
    !matches!(value, Value::Text(_) | Value::Texts(_) | Value::Json(_))
}
