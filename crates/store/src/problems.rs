//! What the database refused, in words for people. The database holds the invariants; this file holds the wording.
use kernel::{Failure, Problem};
use meta::{IndexState, Model, Object};
use serde_json::json;
use tokio_postgres::error::{DbError, SqlState};

/// An error of a statement that ran for a workspace: constraint names become the fields of its model.
pub(crate) fn failure(error: tokio_postgres::Error, model: &Model) -> Failure {
    match error.as_db_error().and_then(|db| refusal(db, model)) {
        Some(problem) => problem.into(),
        None => plain(error),
    }
}

/// An error outside a model: a lost connection is temporary, everything else is a fault of ours.
pub(crate) fn plain(error: tokio_postgres::Error) -> Failure {
    if is_lost(&error) { unavailable() } else { Failure::Broken(error.into()) }
}

pub(crate) fn no_connection(error: deadpool_postgres::PoolError) -> Failure {
    tracing::warn!(error = %chain(&error), "No connection to the database");
    unavailable()
}

pub(crate) fn unavailable() -> Failure {
    Problem::new("service.unavailable", "The database cannot be reached at the moment.")
        .hint("Try again in a few seconds.")
        .into()
}

/// The connection went away, or the server is going or coming.
pub(crate) fn is_lost(error: &tokio_postgres::Error) -> bool {
    if error.is_closed() {
        return true;
    }
    match error.code() {
        Some(code) => code.code().starts_with("08") || code.code().starts_with("57P"),
        None => std::error::Error::source(error).is_some_and(|s| s.is::<std::io::Error>()),
    }
}

/// Two transactions met (serialization failure, deadlock): the caller may try once more.
pub fn is_retryable(failure: &Failure) -> bool {
    let Failure::Broken(error) = failure else { return false };
    let code = error.downcast_ref::<tokio_postgres::Error>().and_then(|e| e.code());
    code.is_some_and(|c| *c == SqlState::T_R_SERIALIZATION_FAILURE || *c == SqlState::T_R_DEADLOCK_DETECTED)
}

/// The statement was prepared for columns that a migration has changed since.
pub(crate) fn is_stale_statement(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED)
        && error.as_db_error().is_some_and(|e| e.message().contains("cached plan"))
}

fn refusal(db: &DbError, model: &Model) -> Option<Problem> {
    let object = db.table().and_then(|table| object_of(model, db.schema().unwrap_or("data"), table));
    let code = db.code();
    if db.schema() == Some("custom") {
        return of_own_field(db, model);
    }
    if *code == SqlState::UNIQUE_VIOLATION {
        Some(taken(db, object))
    } else if *code == SqlState::FOREIGN_KEY_VIOLATION || *code == SqlState::RESTRICT_VIOLATION {
        Some(dangling(db, object, model))
    } else if *code == SqlState::NOT_NULL_VIOLATION {
        Some(missing(db, object))
    } else if *code == SqlState::NUMERIC_VALUE_OUT_OF_RANGE {
        Some(Problem::new("field.out_of_range", "A number is larger than can be stored."))
    } else if *code == SqlState::CHARACTER_NOT_IN_REPERTOIRE || *code == SqlState::UNTRANSLATABLE_CHARACTER {
        Some(Problem::new("field.invalid", "A text holds a character that cannot be stored (NUL)."))
    } else if *code == SqlState::INVALID_REGULAR_EXPRESSION {
        Some(Problem::new("query.invalid", format!("The pattern cannot be read: {}.", db.message())))
    } else if is_unreadable(code) {
        Some(
            Problem::new("query.invalid", "A value cannot be read as the type that was asked for.")
                .hint("A cast in `select` (`::integer`, `::date`) needs values that fit in every row."),
        )
    } else if *code == SqlState::LOCK_NOT_AVAILABLE || *code == SqlState::QUERY_CANCELED {
        Some(
            Problem::new("service.unavailable", "The database took too long to answer.")
                .hint("Try again in a few seconds."),
        )
    } else {
        None
    }
}

/// Casts of a query string: whether the rows' values fit, only the database can tell.
fn is_unreadable(code: &SqlState) -> bool {
    [
        SqlState::INVALID_TEXT_REPRESENTATION,
        SqlState::INVALID_DATETIME_FORMAT,
        SqlState::DATETIME_FIELD_OVERFLOW,
    ]
    .contains(code)
}

/// Raised by `kontor.claim` and `kontor.few`, which name the object and its field.
fn of_own_field(db: &DbError, model: &Model) -> Option<Problem> {
    let (object, name) = (model.objects.get(db.table()?)?, db.column()?);
    let label = label(object, name);
    if *db.code() == SqlState::UNIQUE_VIOLATION {
        return Some(
            Problem::new("field.duplicate", format!("{label}: this value is already taken.")).at(name),
        );
    }
    let state = object.fields.get(name).filter(|f| f.indexed).map(|f| f.index).unwrap_or_default();
    let hint = match state {
        IndexState::None => "An administrator can mark the field as sortable.",
        IndexState::Building | IndexState::Ready => "Its index is being built; try again in a few minutes.",
        IndexState::Failed => {
            "Its index could not be built; an administrator sees why in the description of the object."
        }
    };
    let detail =
        format!("There are too many {} to sort them by {label}.", object.label_plural.to_lowercase());
    Some(
        Problem::new("query.unindexed", detail)
            .at("order")
            .hint(hint)
            .with(json!({ "field": name, "index": state })),
    )
}

fn taken(db: &DbError, object: Option<&Object>) -> Problem {
    let fields = object.zip(db.constraint()).map(|(o, c)| crate::sync::names::unique_fields(o, c));
    match (object, fields.as_deref()) {
        (Some(object), Some([field])) => {
            let label = label(object, field);
            Problem::new("field.duplicate", format!("{label}: this value is already taken.")).at(field)
        }
        (Some(object), Some([first, ..])) => {
            let fields = fields.as_deref().unwrap_or_default();
            let labels: Vec<_> = fields.iter().map(|f| label(object, f)).collect();
            let detail = format!("There is already a record with the same {}.", labels.join(" and "));
            // The location is chosen, not typed: the form marks the field that people can change.
            let at = fields.iter().find(|f| *f != "location_id").unwrap_or(first);
            Problem::new("field.duplicate", detail).at(at)
        }
        _ if db.constraint() == Some("idempotency_pkey") => {
            let detail = "The first request with this Idempotency-Key is still running.";
            Problem::new("idempotency.in_progress", detail).at("Idempotency-Key")
        }
        _ if db.constraint().is_some_and(|c| c.ends_with("_pkey")) => {
            Problem::new("field.duplicate", "There is already a record with this id.").at("id")
        }
        _ => Problem::new("field.duplicate", "There is already a record like this."),
    }
}

/// Two sides: a reference to nothing (insert, update), or a record that others still refer to (delete).
fn dangling(db: &DbError, object: Option<&Object>, model: &Model) -> Problem {
    let holder = db.constraint().and_then(|c| crate::sync::names::reference_of(model, c));
    // PostgreSQL tells the sides apart only in words: "insert or update on table" against "update or delete on table".
    let deleting = db.message().starts_with("update or delete");
    match (holder, deleting) {
        (Some((held_by, _)), true) => {
            let detail = format!("It is still used by {}.", held_by.label_plural.to_lowercase());
            Problem::new("record.in_use", detail)
                .hint("Archive it, or change what refers to it first.")
                .with(serde_json::json!({ "object": held_by.name }))
        }
        (None, true) => Problem::new("record.in_use", "It is still used by other records."),
        (Some((object, field)), false) => {
            let detail = format!("{}: there is no such record.", label(object, field));
            Problem::new("reference.not_found", detail).at(field)
        }
        (None, false) => {
            let what = object.map_or(String::new(), |o| format!(" ({})", o.label.to_lowercase()));
            Problem::new("reference.not_found", format!("A referenced record does not exist{what}."))
        }
    }
}

fn missing(db: &DbError, object: Option<&Object>) -> Problem {
    let column = db.column().unwrap_or("");
    match object.and_then(|o| o.fields.get(column).map(|_| label(o, column))) {
        Some(label) => Problem::new("field.required", format!("{label} is required.")).at(column),
        None => Problem::new("field.required", format!("`{column}` is required.")).at(column),
    }
}

fn label(object: &Object, field: &str) -> String {
    match object.fields.get(field) {
        Some(f) if !f.label.is_empty() => f.label.clone(),
        _ => format!("`{field}`"),
    }
}

fn object_of<'a>(model: &'a Model, schema: &str, table: &str) -> Option<&'a Object> {
    model.objects.values().find(|o| o.table.split_once('.') == Some((schema, table)))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(e) = source {
        text.push_str(": ");
        text.push_str(&e.to_string());
        source = e.source();
    }
    text
}
