//! Refusals of the framework itself (a broken path, a body it could not read) become problems like ours.
use crate::problem::Refusal;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use kernel::Problem;

pub(crate) fn as_problem(reply: Response) -> Response {
    match foreign(&reply) {
        true => translate(reply.status()),
        false => reply,
    }
}

fn foreign(reply: &Response) -> bool {
    let plain = reply
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let status = reply.status();
    plain && (status.is_client_error() || status.is_server_error())
}

fn translate(status: StatusCode) -> Response {
    let problem = match status {
        StatusCode::NOT_FOUND => Problem::new("route.not_found", "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => {
            Problem::new("route.method", "This address does not take that method.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new("body.too_large", "The body is too large."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Problem::new("body.unsupported_type", "This address takes another type of body.")
        }
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
            Problem::new("query.invalid", "The address or its query string is not understood.")
        }
        _ => {
            tracing::error!("The framework answered {status}");
            Problem::new("internal", "Internal server error")
        }
    };
    Refusal::from(problem).into_response()
}
