//! The text of a cell becomes the JSON value that the record API would take. Pure.
use crate::mapping::{Empty, Numbers, Otherwise, Target};
use jiff::civil::{DateTime, Time};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use kernel::{Date, Decimal, Timestamp};
use meta::{Field, Kind};
use rust_decimal::RoundingStrategy;
use serde_json::Value as Json;

/// How texts become values of one field. Made once for a column, used for every row.
#[derive(Debug, Clone)]
pub struct Conversion {
    target: Target,
    kind: Kind,
    /// Latitude or longitude: a JSON number.
    degrees: bool,
    list: bool,
    /// Value and label of every option.
    options: Vec<(String, String)>,
    numbers: Numbers,
    timezone: TimeZone,
}

/// A text that is no value of the field: code and sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Wrong {
    pub code: &'static str,
    pub reason: String,
}

fn wrong<T>(reason: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { code: "field.invalid", reason: reason.into() })
}

/// What one cell says about its field.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing: the field stays as it is.
    Absent,
    Is(Json),
    /// Text(s) to be found in another object.
    Refers(Vec<String>),
}

impl Conversion {
    /// `member` is the part of an address or a point that is meant, if one is.
    pub fn new(
        target: &Target,
        field: &Field,
        member: Option<&str>,
        numbers: &Numbers,
        timezone: Option<&str>,
    ) -> Result<Self, String> {
        let kind = match (field.stored_kind(), member) {
            (Kind::Address, Some(_)) => Kind::Text,
            (Kind::GeoPoint, Some(_)) => Kind::Decimal,
            (kind, _) => kind,
        };
        let zone = target.timezone.as_deref().or(timezone).unwrap_or("UTC");
        Ok(Self {
            kind,
            degrees: field.stored_kind() == Kind::GeoPoint && member.is_some(),
            list: field.many || matches!(kind, Kind::MultiSelect | Kind::Tags),
            options: field.options.iter().map(|o| (o.value.clone(), o.label.clone())).collect(),
            numbers: target.numbers.clone().unwrap_or_else(|| numbers.clone()),
            timezone: TimeZone::get(zone).map_err(|_| format!("there is no time zone `{zone}`"))?,
            target: target.clone(),
        })
    }

    pub fn cell(&self, text: &str) -> Result<Cell, Wrong> {
        if text.trim().is_empty() {
            return Ok(match &self.target.empty {
                Empty::Null if self.list => Cell::Is(Json::Array(vec![])),
                Empty::Null => Cell::Is(Json::Null),
                Empty::Keep => Cell::Absent,
                Empty::Value(v) => Cell::Is(v.clone()),
            });
        }
        if !self.list {
            return self.one(text);
        }
        let pieces: Vec<&str> = match &self.target.split {
            Some(mark) => text.split(mark.as_str()).map(str::trim).filter(|p| !p.is_empty()).collect(),
            None => vec![text],
        };
        let (mut values, mut texts) = (vec![], vec![]);
        for piece in pieces {
            match self.one(piece)? {
                Cell::Is(v) if v.is_null() => {}
                Cell::Is(Json::Array(several)) => values.extend(several),
                Cell::Is(v) => values.push(v),
                Cell::Refers(t) => texts.extend(t),
                Cell::Absent => {}
            }
        }
        Ok(if texts.is_empty() { Cell::Is(values.into()) } else { Cell::Refers(texts) })
    }

    fn one(&self, text: &str) -> Result<Cell, Wrong> {
        if let Some(value) = self.translated(text)? {
            return Ok(Cell::Is(value));
        }
        if self.target.by.is_some() {
            return Ok(Cell::Refers(vec![self.prefixed(text.trim())]));
        }
        self.parsed(text).map(Cell::Is)
    }

    /// What `values`, `true` and `false` of the mapping say.
    fn translated(&self, text: &str) -> Result<Option<Json>, Wrong> {
        let is = |word: &String| word == text || word == text.trim();
        if let Some(v) = self.target.values.get(text).or_else(|| self.target.values.get(text.trim())) {
            return Ok(Some(v.clone()));
        }
        if self.target.yes.iter().any(is) {
            return Ok(Some(true.into()));
        }
        if self.target.no.iter().any(is) {
            return Ok(Some(false.into()));
        }
        let told =
            !self.target.values.is_empty() || !self.target.yes.is_empty() || !self.target.no.is_empty();
        match &self.target.otherwise {
            Otherwise::Error if told => Err(Wrong {
                code: "field.unknown_option",
                reason: format!("The mapping has no value for `{text}`."),
            }),
            Otherwise::Empty if told => Ok(Some(Json::Null)),
            Otherwise::Value(v) => Ok(Some(v.clone())),
            _ => Ok(None),
        }
    }

    fn parsed(&self, text: &str) -> Result<Json, Wrong> {
        let bare = text.trim();
        match self.kind {
            Kind::Integer | Kind::Duration | Kind::Rating => self.whole(bare),
            Kind::Decimal if self.degrees => self.degrees(bare),
            Kind::Decimal | Kind::Money | Kind::Percent => {
                Ok(self.number(bare)?.normalize().to_string().into())
            }
            Kind::Boolean => boolean(bare),
            Kind::Date => Ok(self.date(bare)?.to_string().into()),
            Kind::DateTime => Ok(self.moment(bare)?.to_string().into()),
            Kind::Select | Kind::MultiSelect => Ok(self.option(bare)),
            Kind::Json | Kind::Address | Kind::GeoPoint => serde_json::from_str(bare).or_else(|_| {
                wrong(format!("`{bare}` is not JSON; map its members, such as `address.city`."))
            }),
            Kind::Email | Kind::Phone | Kind::Url | Kind::Tags => Ok(self.prefixed(bare).into()),
            _ => Ok(self.prefixed(text).into()),
        }
    }

    fn prefixed(&self, text: &str) -> String {
        match &self.target.prefix {
            Some(p) => format!("{p}{text}"),
            None => text.to_owned(),
        }
    }

    /// The option's value, also where the file has its label or another case. What fits nothing is left to the
    /// field's own check, which lists the options.
    fn option(&self, text: &str) -> Json {
        let exact = self.options.iter().find(|(value, _)| value == text);
        let close = || {
            self.options.iter().find(|(value, label)| {
                value.eq_ignore_ascii_case(text) || label.to_lowercase() == text.to_lowercase()
            })
        };
        exact.or_else(close).map_or(text, |(value, _)| value.as_str()).into()
    }

    fn number(&self, text: &str) -> Result<Decimal, Wrong> {
        let decimal = self.numbers.decimal.unwrap_or('.');
        let plain: String = text
            .chars()
            .filter(|c| Some(*c) != self.numbers.thousands)
            .map(|c| if c == decimal { '.' } else { c })
            .collect();
        let foreign = decimal != '.' && self.numbers.thousands != Some('.') && text.contains('.');
        let parsed = if foreign {
            None
        } else if plain.contains(['e', 'E']) {
            Decimal::from_scientific(&plain).ok()
        } else {
            Decimal::from_str_exact(&plain).ok()
        };
        let Some(number) = parsed else { return wrong(format!("`{text}` is not a number.")) };
        let number = match self.target.multiply {
            Some(by) => match number.checked_mul(by) {
                Some(product) => product,
                None => return wrong(format!("`{text}` is too large.")),
            },
            None => number,
        };
        Ok(match self.target.round {
            Some(digits) => number.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero),
            None => number,
        })
    }

    fn whole(&self, text: &str) -> Result<Json, Wrong> {
        let number = self.number(text)?.normalize();
        match i64::try_from(number) {
            Ok(whole) if number.scale() == 0 => Ok(whole.into()),
            _ => wrong(format!("`{text}` is not a whole number.")),
        }
    }

    fn degrees(&self, text: &str) -> Result<Json, Wrong> {
        let number = self.number(text)?.to_string();
        number
            .parse::<f64>()
            .map(Json::from)
            .or_else(|_| wrong(format!("`{text}` is not a number of degrees.")))
    }

    fn date(&self, text: &str) -> Result<Date, Wrong> {
        for format in &self.target.format.0 {
            if let Ok(date) = strtime::parse(format, text).and_then(|t| t.to_date()) {
                return Ok(date);
            }
        }
        if !self.target.format.0.is_empty() {
            return self.form("a date", text);
        }
        if let Some(date) = iso_date(text) {
            return Ok(date);
        }
        // Databases export days as midnights; any other time would be lost in a date.
        match text.parse::<DateTime>() {
            Ok(at) if at.time() == Time::midnight() => Ok(at.date()),
            Ok(_) => wrong(format!("`{text}` has a time, the field holds a day.")),
            Err(_) => {
                wrong(format!("`{text}` is not a date like 2026-11-21; give its `format` in the mapping."))
            }
        }
    }

    fn moment(&self, text: &str) -> Result<Timestamp, Wrong> {
        for format in &self.target.format.0 {
            let Ok(parts) = strtime::parse(format, text) else { continue };
            if let Ok(at) = parts.to_timestamp() {
                return Ok(at);
            }
            let civil = parts.to_datetime().or_else(|_| parts.to_date().map(|d| d.at(0, 0, 0, 0)));
            if let Ok(at) = civil {
                return self.in_zone(at, text);
            }
        }
        if !self.target.format.0.is_empty() {
            return self.form("a date and time", text);
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(at);
        }
        match text.parse::<DateTime>() {
            Ok(at) => self.in_zone(at, text),
            Err(_) => wrong(format!(
                "`{text}` is not a moment like 2026-11-21T09:30:00Z; give its `format` in the mapping."
            )),
        }
    }

    fn in_zone(&self, at: DateTime, text: &str) -> Result<Timestamp, Wrong> {
        match at.to_zoned(self.timezone.clone()) {
            Ok(at) => Ok(at.timestamp()),
            Err(_) => wrong(format!("`{text}` is out of range.")),
        }
    }

    fn form<T>(&self, what: &str, text: &str) -> Result<T, Wrong> {
        wrong(format!("`{text}` is not {what} in the form `{}`.", self.target.format.0.join("` or `")))
    }
}

/// jiff reads a date out of a whole moment too, and would drop its time.
fn iso_date(text: &str) -> Option<Date> {
    if text.len() > "2026-11-21".len() {
        return None;
    }
    text.parse().ok()
}

fn boolean(text: &str) -> Result<Json, Wrong> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" => Ok(true.into()),
        "false" | "f" | "no" | "n" | "0" => Ok(false.into()),
        _ => wrong(format!(
            "`{text}` is neither true nor false; list the words in the mapping: `true = [\"...\"]`, `false = [\"...\"]`."
        )),
    }
}
