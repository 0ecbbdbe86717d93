//! The search over all objects.
use crate::{AppState, Caller, Json, Reply};
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::routing::get;
use kernel::Problem;
use records::{Finds, SearchAsk};

/// Finds that are given when nobody says how many, and at most.
const LIMIT: usize = 20;
const MOST: usize = 50;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/search", get(search))
}

async fn search(
    State(app): State<AppState>,
    Caller(actor): Caller,
    RawQuery(query): RawQuery,
) -> Reply<Json<Finds>> {
    let ask = asked(query.as_deref().unwrap_or_default())?;
    Ok(Json(app.engine.search(&actor, &ask).await?))
}

fn asked(query: &str) -> Result<SearchAsk, Problem> {
    let mut ask = SearchAsk { limit: LIMIT, ..SearchAsk::default() };
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "q" => ask.q = value.into_owned(),
            "objects" => {
                let names = value.split(',').map(str::trim).filter(|n| !n.is_empty());
                ask.objects = names.map(str::to_owned).collect();
            }
            "limit" => {
                let wrong =
                    || Problem::new("query.invalid", "`limit` must be a whole number from 1.").at("limit");
                ask.limit = value.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?;
            }
            "archived" => ask.archived = value == "true",
            other => {
                let detail = format!("`{other}` is not a parameter of the search.");
                return Err(Problem::new("query.invalid", detail)
                    .at(other)
                    .hint("It takes `q`, `objects`, `limit` and `archived`."));
            }
        }
    }
    ask.limit = ask.limit.min(MOST);
    Ok(ask)
}
