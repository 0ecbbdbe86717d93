use http_api::limits::Rule;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use testkit::{Setup, TestApp};

#[tokio::test]
async fn every_answer_says_how_many_requests_are_left_and_the_last_one_when_to_come_back() {
    let mut setup = Setup::new(&["marina"]);
    setup.http.limits.api = Rule::new(3, Duration::from_secs(60));
    let app = TestApp::with(setup).await;
    let browser = app.sign_in_as("viewer").await;
    for left in ["2", "1", "0"] {
        let reply = browser.get("/api/v1/me").await.expect_status(200);
        assert_eq!(reply.header("x-ratelimit-limit"), "3");
        assert_eq!(reply.header("x-ratelimit-remaining"), left);
    }
    let reply = browser.get("/api/v1/me").await;
    assert_eq!(reply.refusal(), (429, "rate.limited"));
    assert_eq!(reply.json["detail"], "Too many requests");
    let wait = reply.json["retry_after"].as_u64().unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(reply.header("retry-after"), wait.to_string());
    assert_eq!(reply.header("x-ratelimit-reset"), wait.to_string());
    // Somebody else has a limit of their own.
    app.sign_in_as("viewer").await.get("/api/v1/me").await.expect_status(200);
}

#[tokio::test]
async fn failed_sign_ins_from_one_address_are_limited_and_successful_ones_are_not() {
    let mut setup = Setup::new(&["marina"]);
    setup.http.limits.auth = Rule::new(5, Duration::from_secs(900));
    let app = TestApp::with(setup).await;
    let person = app.person("viewer").await;
    for _ in 0..7 {
        let reply = app.stranger().sign_in(&person.email).await.expect_status(201);
        assert_eq!(reply.header("x-ratelimit-remaining"), "5");
    }
    for n in 0..5 {
        app.stranger().sign_in(&format!("nobody{n}@test.example")).await.expect_status(401);
    }
    assert_eq!(app.stranger().sign_in(&person.email).await.refusal(), (429, "rate.limited"));
    app.stranger().with("x-forwarded-for", "203.0.113.5").sign_in(&person.email).await.expect_status(201);
}

#[tokio::test]
async fn every_refusal_is_a_problem_document_with_the_id_of_its_request() {
    let app = TestApp::new("marina").await;
    let reply = app.stranger().with("x-request-id", "trace-7").get("/api/v1/me").await;
    assert_eq!(reply.status(), 401);
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert_eq!(reply.header("x-request-id"), "trace-7");
    assert_eq!(
        reply.json,
        json!({
            "type": "urn:kontor:problem:auth.required",
            "title": "Authentication required",
            "status": 401,
            "code": "auth.required",
            "detail": "Authentication required",
            "errors": [{
                "field": null, "code": "auth.required", "detail": "Authentication required", "hint": null
            }],
            "hint": null,
            "request_id": "trace-7",
            "message": "Authentication required",
            "details": null
        })
    );
    let reply = app.stranger().with("x-request-id", "no spaces, please").get("/api/v1/me").await;
    assert_eq!(reply.header("x-request-id"), reply.json["request_id"].as_str().unwrap());
    assert_eq!(reply.header("x-request-id").len(), 36, "an unfit id is replaced");
}

#[tokio::test]
async fn what_is_not_there_or_not_understood_is_told_in_the_same_form() {
    let app = TestApp::new("marina").await;
    let browser = app.sign_in_as("viewer").await;
    assert_eq!(browser.get("/nowhere").await.refusal(), (404, "route.not_found"));
    assert_eq!(browser.get("/api/v2/anything").await.refusal(), (404, "route.not_found"));
    assert_eq!(browser.put("/api/v1/me", json!({})).await.refusal(), (405, "route.method"));
    assert_eq!(browser.delete("/api/v1/me/sessions/not-an-id").await.status(), 400);

    let json = "application/json";
    let patch = |body: &str, kind: &'static str| {
        browser.send_raw(Method::PATCH, "/api/v1/me", Some(body.into()), kind)
    };
    assert_eq!(patch("{\"name\":", json).await.refusal(), (400, "body.invalid_json"));
    assert_eq!(patch("{\"name\": 7}", json).await.refusal(), (400, "body.invalid_shape"));
    assert_eq!(patch("{\"nick\": \"x\"}", json).await.refusal(), (400, "body.invalid_shape"));
    assert_eq!(
        patch("name=x", "application/x-www-form-urlencoded").await.refusal(),
        (415, "body.unsupported_type")
    );
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(1024 * 1024));
    assert_eq!(patch(&large, json).await.refusal(), (413, "body.too_large"));
}

#[tokio::test]
async fn answers_carry_the_headers_that_protect_browsers() {
    let mut setup = Setup::new(&["marina"]);
    setup.http.public_url = "https://crm.example.com".into();
    setup.http.cors_origins = vec!["https://portal.example.com".into()];
    let app = TestApp::with(setup).await;
    let reply = app.stranger().with("origin", "https://portal.example.com").get("/api/v1/me").await;
    assert!(reply.header("content-security-policy").starts_with("default-src 'self'"));
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("x-frame-options"), "DENY");
    assert!(reply.header("strict-transport-security").starts_with("max-age="));
    assert_ne!(reply.header("referrer-policy"), "");
    assert_ne!(reply.header("permissions-policy"), "");
    assert_eq!(reply.header("access-control-allow-origin"), "https://portal.example.com");
    assert_eq!(reply.header("access-control-allow-credentials"), "true");
    let reply = app.stranger().with("origin", "https://evil.example.com").get("/api/v1/me").await;
    assert_eq!(reply.header("access-control-allow-origin"), "");
    let person = app.person("viewer").await;
    let cookie = app.stranger().sign_in(&person.email).await.header("set-cookie").to_owned();
    assert!(cookie.ends_with("; Secure"), "{cookie}");
}

#[tokio::test]
async fn health_is_told_at_three_addresses() {
    let app = TestApp::new("marina").await;
    for path in ["/health", "/api/health", "/api/healthz"] {
        let reply = app.stranger().get(path).await.expect_status(200);
        assert_eq!(reply.json["status"], "healthy");
        assert_eq!(reply.json["services"][0]["name"], "postgres");
        assert!(reply.json["services"][0]["latencyMs"].is_number());
        assert!(reply.json["timestamp"].is_string());
    }
    app.node.store.close();
    let reply = app.stranger().get("/health").await.expect_status(503);
    assert_eq!(reply.json["status"], "down");
}

/// A file is given to whoever has a link to it, as a download and never as a page.
#[tokio::test]
async fn a_link_gives_the_file_as_a_download() {
    let app = TestApp::new("marina").await;
    let key = format!("{}/exports/1/evil.html", app.workspace.id);
    app.node.files.put(&key, "<script>".into()).await.expect("stored");
    let life = std::time::Duration::from_secs(900);
    let link = app.node.files.link(&key, "evil.html", life).await.expect("a link");
    let path = link.strip_prefix(&format!("http://{}", app.node.address)).expect("on this server");
    let reply = app.stranger().get(path).await.expect_status(200);
    assert_eq!((reply.text.as_str(), reply.header("content-length")), ("<script>", "8"));
    assert!(reply.header("content-disposition").starts_with("attachment; filename=\"evil.html\""));
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("content-type"), "application/octet-stream");
    assert!(reply.header("cache-control").contains("no-store"));
    let forged = format!("{}x", path);
    assert_eq!(app.stranger().get(&forged).await.refusal(), (404, "file.link_invalid"));
    app.node.files.delete(&key).await.expect("deleted");
    assert_eq!(app.stranger().get(path).await.refusal(), (404, "file.not_found"));
}

#[tokio::test]
async fn the_api_introduces_itself() {
    let app = TestApp::new("marina").await;
    let reply = app.stranger().get("/api/v1").await.expect_status(200);
    assert_eq!(reply.json["name"], "Kontor");
}

/// A client that is still sending when it is refused reads the refusal, not a broken connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_reaches_whoever_is_still_sending() {
    let app = TestApp::new("marina").await;
    let unknown = (401, "auth.required");
    let refused = [
        ("/api/v1/imports/uploads", unknown),
        ("/api/v1/imports/suggestions", unknown),
        ("/api/v1/contacts", (413, "body.too_large")),
    ];
    for (path, refusal) in refused {
        for _ in 0..8 {
            let body = vec![b'x'; 6_000_000];
            let reply = app.stranger().send_bytes(Method::POST, path, body, "application/json").await;
            assert_eq!(reply.refusal(), refusal, "{path}");
        }
    }
}
