//! Headers that tell browsers what not to do, and which other sites may call.
use crate::AppState;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// `storage` is where files lie that are not ours to send: pages send there and show what lies there.
pub(crate) fn content_policy(storage: Option<&str>) -> HeaderValue {
    let there = storage.map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'self'; img-src 'self' data: blob:{there}; style-src 'self' 'unsafe-inline'; \
         connect-src 'self'{there}; frame-src 'self'{there}; \
         object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("an origin is plain")
}

const FIXED: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
    ),
];

pub(super) fn secure(state: &AppState, headers: &mut HeaderMap) {
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A file that was asked for may stand in a frame of our own pages.
    headers.entry(header::X_FRAME_OPTIONS).or_insert(HeaderValue::from_static("DENY"));
    // A page with a script of its own (the skeleton, API docs) brings a policy of its own, with hashes.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert_with(|| state.content_policy().clone());
    if state.config.is_https() {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
}

/// Sites that may call with the caller's cookies: those that were configured, and no others.
pub(crate) fn cors(state: &AppState) -> CorsLayer {
    let origins = state.config.cors_origins.iter().filter_map(|o| HeaderValue::from_str(o).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(exposed())
}

fn exposed() -> Vec<HeaderName> {
    [
        "x-request-id",
        "x-change-set",
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "retry-after",
        "content-range",
        "content-location",
        "preference-applied",
        "location",
        "etag",
        "x-next-cursor",
        "idempotency-replayed",
    ]
    .map(HeaderName::from_static)
    .into()
}
