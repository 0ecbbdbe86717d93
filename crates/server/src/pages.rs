//! The web application, from the binary: its files under their names, and its first page for every other address.
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use http_api::{AppState, Refusal};
use kernel::Problem;

mod files {
    include!(concat!(env!("OUT_DIR"), "/pages.rs"));
}

const INDEX: &str = "index.html";

/// `None`: this binary was built without the web application.
pub fn pages() -> Option<MethodRouter<AppState>> {
    find(INDEX).map(|_| any(page))
}

async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") || !matches!(method, Method::GET | Method::HEAD) {
        return nothing();
    }
    match find(path) {
        Some(_) => file(path, &headers),
        // A file that is gone is no page: the browser would take the page for a script.
        None if path.rsplit('/').next().is_some_and(|last| last.contains('.')) => nothing(),
        None => file(INDEX, &headers),
    }
}

fn nothing() -> Response {
    Refusal::from(Problem::new("route.not_found", "There is nothing at this address.")).into_response()
}

fn find(path: &str) -> Option<&'static [u8]> {
    files::FILES.binary_search_by(|(name, _)| (*name).cmp(path)).ok().map(|at| files::FILES[at].1)
}

/// As small as the browser takes it: the build has compressed what is worth it.
fn file(path: &str, headers: &HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let packed = [("br", ".br"), ("gzip", ".gz")].into_iter().find_map(|(encoding, suffix)| {
        let takes = accepted.split(',').any(|e| e.split(';').next().is_some_and(|e| e.trim() == encoding));
        takes.then(|| find(&format!("{path}{suffix}"))).flatten().map(|bytes| (encoding, bytes))
    });
    let Some(bytes) = packed.map(|(_, bytes)| bytes).or_else(|| find(path)) else { return nothing() };
    let mut reply = (StatusCode::OK, Body::from(bytes)).into_response();
    let said = reply.headers_mut();
    said.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    said.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep(path)));
    said.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some((encoding, _)) = packed {
        said.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    reply
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

/// What has a hash in its name never changes; everything else is asked for again.
fn keep(path: &str) -> &'static str {
    if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(path: &str) -> Response {
        page(Method::GET, path.parse().expect("an address"), HeaderMap::new()).await
    }

    #[tokio::test]
    async fn what_is_under_api_is_never_a_page() {
        assert_eq!(asked("/api/v2/nothing").await.status(), StatusCode::NOT_FOUND);
        assert_eq!(asked("/api").await.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_script_of_an_older_version_is_not_answered_with_a_page() {
        assert_eq!(asked("/assets/index-gone.js").await.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn every_other_address_is_the_application_where_there_is_one() {
        let reply = asked("/deals/0192e0a0-0000-7000-8000-000000000001").await;
        let expected = if pages().is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!(reply.status(), expected);
    }
}
