//! Document numbers: gapless per series and year, given at creation or at issue, under a short lock.
use super::Batch;
use crate::draft::Draft;
use jiff::tz::TimeZone;
use kernel::{Outcome, Value};
use meta::{Codec, Field, Kind, Model, NumberSeries, Object};
use query::Statement;

impl Batch {
    /// Gives the numbers that are due. The counter's row stays locked until the transaction ends, so a number that
    /// was given is either committed or given to the next one: no gap.
    pub(super) async fn number(&mut self, model: &Model, object: &Object, draft: &mut Draft) -> Outcome<()> {
        for field in object.fields.values().filter(|f| f.kind == Kind::AutoNumber) {
            let Some(series) = &field.number else { continue };
            let given = draft.value(&field.name).is_some_and(|v| !v.is_null());
            if given || !due(object, series, draft) {
                continue;
            }
            let location = draft.value("location_id").and_then(Value::as_id);
            let zone = self.place_settings(model, location).await?.timezone;
            let day = self.at.to_zoned(TimeZone::get(&zone).unwrap_or(TimeZone::UTC)).date();
            let next = self.next(object, field, i64::from(day.year())).await?;
            draft.after.insert(field.name.clone(), Value::Text(formatted(&series.format, day, next)));
        }
        Ok(())
    }

    async fn next(&mut self, object: &Object, field: &Field, year: i64) -> Outcome<i64> {
        let statement = Statement {
            text: "select kontor.next_number($1::text, $2::bigint::int)".into(),
            params: vec![format!("{}.{}", object.name, field.name).into(), year.into()],
        };
        match self.cx.query(&statement, &[Codec::Int8]).await?.first().and_then(|r| r.first()) {
            Some(Value::Int(n)) => Ok(*n),
            other => Err(anyhow::anyhow!("next_number answered {other:?}").into()),
        }
    }
}

/// A series without `not_in` numbers at creation; one with it when the record has left those stages.
fn due(object: &Object, series: &NumberSeries, draft: &Draft) -> bool {
    if series.not_in.is_empty() {
        return draft.is_new();
    }
    let stage = object.pipelines.first().map_or("status", |p| p.field.as_str());
    let now = draft.value(stage).and_then(Value::as_text).unwrap_or_default();
    !series.not_in.iter().any(|s| s == now)
}

/// `INV-{year}-{seq:4}` → `INV-2025-0001`
fn formatted(format: &str, day: kernel::Date, number: i64) -> String {
    let mut text = String::new();
    let mut rest = format;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        text.push_str(before);
        let Some(close) = from.find('}') else { break };
        match from[1..close].split_once(':') {
            None if &from[1..close] == "year" => text.push_str(&day.year().to_string()),
            None if &from[1..close] == "month" => text.push_str(&format!("{:02}", day.month())),
            None if &from[1..close] == "seq" => text.push_str(&number.to_string()),
            Some(("seq", width)) => {
                let width = width.parse().unwrap_or(1);
                text.push_str(&format!("{number:0width$}"));
            }
            _ => text.push_str(&from[..=close]),
        }
        rest = &from[close + 1..];
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_its_series_says() {
        let day = jiff::civil::date(2025, 3, 1);
        assert_eq!(formatted("INV-{year}-{seq:4}", day, 7), "INV-2025-0007");
        assert_eq!(formatted("{year}{month}/{seq}", day, 12345), "202503/12345");
        assert_eq!(formatted("A{seq:3}", day, 12345), "A12345");
        assert_eq!(formatted("{odd", day, 1), "{odd");
    }
}
