//! One line a thing, on standard error: JSON for machines, readable for people. What is secret never gets into a
//! line, and every line within a request carries the request's ids, because they are fields of its span.
use crate::config::{Log, LogFormat};
use serde_json::{Map, Value};
use std::fmt::{Debug, Write as _};
use std::io::{IsTerminal, Write};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// Parts of a field's name that mark its value as secret, compared in lower case without `_` and `-`.
const SECRET_NAMES: &[&str] =
    &["password", "token", "secret", "accesskey", "creditcard", "apikey", "authorization", "cookie"];
const REDACTED: &str = "[REDACTED]";

pub fn start(log: Log) {
    let json = match log.format {
        LogFormat::Json => true,
        LogFormat::Pretty => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let lines = Lines { json, color: std::io::stderr().is_terminal(), write: write_to_stderr };
    tracing_subscriber::registry().with(lines.with_filter(levels(log.level))).init();
}

/// Libraries speak at their own debug level about every packet; below `debug` only their warnings are of use.
fn levels(level: LevelFilter) -> Targets {
    let libraries =
        if level >= LevelFilter::DEBUG { LevelFilter::INFO } else { level.min(LevelFilter::WARN) };
    const OURS: &[&str] = &[
        "kontor", "kernel", "meta", "policy", "query", "store", "records", "identity", "imports", "billing",
        "http_api",
    ];
    let ours = OURS.iter().map(|name| (*name, level));
    if level == LevelFilter::TRACE {
        Targets::new().with_default(level)
    } else {
        Targets::new().with_default(libraries).with_targets(ours)
    }
}

fn write_to_stderr(line: &str) {
    // A closed terminal must not end the server.
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

struct Lines<W> {
    json: bool,
    color: bool,
    write: W,
}

/// What a span said about itself, kept beside it for the lines within.
struct SpanFields(Map<String, Value>);

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&str) + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(SpanFields(fields.0));
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(SpanFields(known)) = span.extensions_mut().get_mut() {
            let mut fields = Fields(std::mem::take(known));
            record.record(&mut fields);
            *known = fields.0;
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(SpanFields(of_span)) = span.extensions().get() {
                fields.0.extend(of_span.clone());
            }
        }
        event.record(&mut fields);
        let message = fields.0.shift_remove("message").map(|m| text(&m)).unwrap_or_default();
        let line = Line {
            level: event.metadata().level(),
            target: event.metadata().target(),
            message,
            fields: fields.0,
        };
        (self.write)(&if self.json { line.json() } else { line.pretty(self.color) });
    }
}

struct Line<'a> {
    level: &'a Level,
    target: &'a str,
    message: String,
    fields: Map<String, Value>,
}

impl Line<'_> {
    fn json(self) -> String {
        let mut line = Map::new();
        line.insert("time".into(), now().into());
        line.insert("level".into(), self.level.as_str().to_lowercase().into());
        line.insert("target".into(), self.target.into());
        line.insert("message".into(), self.message.into());
        line.extend(self.fields);
        format!("{}\n", Value::Object(line))
    }

    fn pretty(self, color: bool) -> String {
        let time = &now()[11..19];
        let (on, off) = if color { (color_of(self.level), "\x1b[0m") } else { ("", "") };
        let mut line = format!("{time} {on}{:<5}{off} {}", self.level.as_str(), self.message);
        for (name, value) in &self.fields {
            let _ = write!(line, "  {name}={}", text(value));
        }
        line.push('\n');
        line
    }
}

fn color_of(level: &Level) -> &'static str {
    match *level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        _ => "\x1b[2m",
    }
}

fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Gathers fields, and is the one place through which a value gets into a line.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        // Libraries that log through the `log` crate bring their source place along.
        if field.name().starts_with("log.") {
            return;
        }
        let value = if is_secret(field.name()) { REDACTED.into() } else { redacted(value) };
        self.0.insert(field.name().to_string(), value);
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, format!("{value:?}").into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

/// `password`, `user.password`, `body.accessKey`, `session_token`
fn is_secret(name: &str) -> bool {
    let name: String = name.chars().filter(|c| !matches!(c, '_' | '-')).collect::<String>().to_lowercase();
    SECRET_NAMES.iter().any(|secret| name.contains(secret))
}

/// A text may be a whole JSON document (a body, a payload), and an address may carry a password.
fn redacted(value: Value) -> Value {
    match value {
        Value::String(text) => match serde_json::from_str::<Value>(&text) {
            Ok(document @ (Value::Object(_) | Value::Array(_))) => {
                redacted_document(document).to_string().into()
            }
            _ => without_passwords(&text).into(),
        },
        other => other,
    }
}

fn redacted_document(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let clean = |(name, value): (String, Value)| match is_secret(&name) {
                true => (name, REDACTED.into()),
                false => (name, redacted_document(value)),
            };
            Value::Object(map.into_iter().map(clean).collect())
        }
        Value::Array(items) => items.into_iter().map(redacted_document).collect(),
        Value::String(text) => without_passwords(&text).into(),
        other => other,
    }
}

/// `postgresql://kontor:hunter2@db/kontor` loses its password; everything else stays as it is.
pub fn without_passwords(text: &str) -> String {
    let mut parts = text.split("://");
    let mut clean = parts.next().unwrap_or_default().to_string();
    for part in parts {
        clean.push_str("://");
        let end =
            part.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '?')).unwrap_or(part.len());
        let (authority, rest) = part.split_at(end);
        match authority.rsplit_once('@').and_then(|(who, host)| Some((who.split_once(':')?.0, host))) {
            Some((user, host)) => _ = write!(clean, "{user}:{REDACTED}@{host}"),
            None => clean.push_str(authority),
        }
        clean.push_str(rest);
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// What is logged while `work` runs, one JSON object a line.
    fn logged(work: impl FnOnce()) -> Vec<Value> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = lines.clone();
        let write = move |line: &str| {
            let line = serde_json::from_str(line).expect("a line is an object");
            sink.lock().expect("one thread").push(line);
        };
        let subscriber = tracing_subscriber::registry().with(Lines { json: true, color: false, write });
        tracing::subscriber::with_default(subscriber, work);
        lines.lock().expect("one thread").clone()
    }

    #[test]
    fn a_line_is_an_object_with_time_level_and_message() {
        let line = &logged(|| tracing::info!(invoice.id = 7, "Issued invoice {}", "INV-2025-0001"))[0];
        assert_eq!(line["level"], "info");
        assert_eq!(line["message"], "Issued invoice INV-2025-0001");
        assert_eq!(line["invoice.id"], 7);
        assert!(line["time"].as_str().is_some_and(|t| t.ends_with('Z')));
    }

    #[test]
    fn every_line_within_a_request_carries_its_ids() {
        let lines = logged(|| {
            let span = tracing::info_span!("request", request_id = "r-1", user_id = tracing::field::Empty);
            let _inside = span.enter();
            tracing::info!("before sign-in");
            span.record("user_id", "u-1");
            tracing::info!("after");
        });
        assert_eq!((&lines[0]["request_id"], lines[0].get("user_id")), (&"r-1".into(), None));
        assert_eq!((&lines[1]["request_id"], &lines[1]["user_id"]), (&"r-1".into(), &"u-1".into()));
    }

    #[test]
    fn secrets_do_not_get_into_a_line() {
        let line = &logged(|| {
            tracing::info!(
                password = "hunter2",
                user.password = "hunter2",
                session.token = "hunter2",
                csrf_secret = "hunter2",
                accessKey = "hunter2",
                secretKey = "hunter2",
                creditCard = "hunter2",
                body = r#"{"name":"x","login":{"password":"hunter2","list":[{"apiToken":"hunter2"}]}}"#,
                database = "postgresql://kontor:hunter2@db:5432/kontor",
                "signed in"
            )
        })[0];
        assert!(!line.to_string().contains("hunter2"), "{line}");
        assert_eq!(line["user.password"], REDACTED);
        assert_eq!(
            line["body"],
            r#"{"name":"x","login":{"password":"[REDACTED]","list":[{"apiToken":"[REDACTED]"}]}}"#
        );
        assert_eq!(line["database"], "postgresql://kontor:[REDACTED]@db:5432/kontor");
    }

    #[test]
    fn an_address_without_a_password_stays_as_it_is() {
        for text in
            ["http://localhost:8080/a?b=c:d@e", "postgresql://kontor@db/x", "12:30 at noon", "a://b://c"]
        {
            assert_eq!(without_passwords(text), text);
        }
    }

    #[test]
    fn people_read_time_level_message_and_fields() {
        let fields = Map::from_iter([("port".to_string(), Value::from(8080))]);
        let line = Line { level: &Level::INFO, target: "kontor", message: "Ready".into(), fields };
        assert_eq!(&line.pretty(false)[8..], " INFO  Ready  port=8080\n");
    }
}
