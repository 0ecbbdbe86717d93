//! JSON bodies, and refusals when they are none.
use crate::problem::Refusal;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use kernel::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// As an argument: a body that was JSON of this shape. As a reply: JSON.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Refusal;
    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        accepts_json(&request)?;
        let bytes = read(request, state).await?;
        Ok(Self(parse(&bytes)?))
    }
}

/// The whole body, within the limit of the route.
pub async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refusal> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        let problem = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new("body.too_large", "The body is larger than this address takes (1 MB of JSON).")
            }
            _ => Problem::new("body.invalid_json", "The body broke off."),
        };
        problem.into()
    })
}

/// A page of another site can send a form to us without asking, but not JSON.
fn accepts_json(request: &Request) -> Result<(), Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|k| k.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let json = kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"));
    if json {
        return Ok(());
    }
    Err(Problem::new("body.unsupported_type", "The body must be JSON.")
        .hint("Send `Content-Type: application/json`."))
}

pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|e| match e.classify() {
        Category::Data => Problem::new("body.invalid_shape", format!("The body has the wrong shape: {e}.")),
        _ => Problem::new("body.invalid_json", format!("The body is not JSON: {e}.")),
    })
}
