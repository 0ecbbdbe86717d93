use serde_json::json;
use testkit::{PASSWORD, TestApp};

#[tokio::test]
async fn a_member_signs_in_and_out() {
    let app = TestApp::new("marina").await;
    let person = app.person("sales_agent").await;
    let browser = app.stranger();
    assert_eq!(browser.get("/api/v1/me").await.refusal(), (401, "auth.required"));

    let reply = browser.sign_in(&person.email).await.expect_status(201);
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("kontor.session_token="), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert!(!reply.text.contains(&browser.cookies().session.unwrap()), "the token is in its cookie only");

    let me = browser.get("/api/v1/me").await.expect_status(200).json;
    assert_eq!(me["email"], person.email.as_str());
    assert_eq!(me["workspace"]["slug"], "harbour");
    assert_eq!(me["roles"][0]["role"], "sales_agent");

    let before = browser.copy();
    browser.delete("/api/v1/auth/session").await.expect_status(204);
    assert_eq!(browser.cookies().session, None);
    assert_eq!(
        before.get("/api/v1/me").await.refusal(),
        (401, "auth.required"),
        "the token is dead, not only gone"
    );
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_one_answer() {
    let app = TestApp::new("marina").await;
    let person = app.person("viewer").await;
    let wrong = app.stranger().sign_in_with(&person.email, "Wrong-password-1").await;
    let unknown = app.stranger().sign_in_with("nobody@test.example", "Wrong-password-1").await;
    assert_eq!(wrong.refusal(), (401, "auth.bad_credentials"));
    let without_id = |mut body: serde_json::Value| {
        body["request_id"] = json!(null);
        body
    };
    assert_eq!(without_id(wrong.json), without_id(unknown.json));
}

#[tokio::test]
async fn five_failures_lock_an_address_out_on_every_node_even_with_the_right_password() {
    let app = TestApp::new("marina").await;
    let person = app.person("viewer").await;
    for _ in 0..5 {
        let reply = app.stranger().sign_in_with(&person.email, "Wrong-password-1").await;
        assert_eq!(reply.refusal(), (401, "auth.bad_credentials"));
    }
    let second = app.second_node().await;
    let reply = second.client().sign_in(&person.email).await;
    assert_eq!(reply.refusal(), (429, "auth.locked_out"));
    let wait = reply.json["retry_after"].as_u64().unwrap();
    assert!((800..=900).contains(&wait), "{wait}");
    assert_eq!(reply.header("retry-after"), wait.to_string());
    // Others are not locked out with it.
    let other = app.person("viewer").await;
    app.stranger().sign_in(&other.email).await.expect_status(201);
}

#[tokio::test]
async fn guesses_sent_at_once_do_not_slip_through_together() {
    let app = TestApp::new("marina").await;
    let person = app.person("viewer").await;
    let clients: Vec<_> = (0..12).map(|_| app.stranger()).collect();
    let guesses = clients.iter().map(|c| c.sign_in_with(&person.email, "Wrong-password-1"));
    let mut looked_at = 0;
    for reply in futures_util::future::join_all(guesses).await {
        looked_at += u32::from(reply.status() == 401);
    }
    assert_eq!(looked_at, 5);
}

#[tokio::test]
async fn a_success_clears_the_failures_before_it() {
    let app = TestApp::new("marina").await;
    let person = app.person("viewer").await;
    for _ in 0..3 {
        for _ in 0..4 {
            app.stranger().sign_in_with(&person.email, "Wrong-password-1").await.expect_status(401);
        }
        app.stranger().sign_in(&person.email).await.expect_status(201);
    }
}

#[tokio::test]
async fn one_network_cannot_try_many_addresses() {
    let app = TestApp::new("marina").await;
    let attacker = app.stranger().with("x-forwarded-for", "198.51.100.7");
    for n in 0..20 {
        attacker.sign_in_with(&format!("guess{n}@test.example"), PASSWORD).await.expect_status(401);
    }
    assert_eq!(
        attacker.sign_in_with("guess@test.example", PASSWORD).await.refusal(),
        (429, "auth.locked_out")
    );
    let person = app.person("viewer").await;
    app.stranger().with("x-forwarded-for", "198.51.100.8").sign_in(&person.email).await.expect_status(201);
}

#[tokio::test]
async fn the_form_of_a_sign_in_is_checked_all_at_once() {
    let app = TestApp::new("marina").await;
    let reply = app.stranger().sign_in_with("nonsense", "").await;
    assert_eq!(reply.status(), 422);
    assert_eq!(reply.json["errors"][0]["detail"], "Invalid email");
    assert_eq!(reply.json["errors"][1]["detail"], "Password is required");
    assert_eq!(reply.json["errors"][1]["field"], "password");
}

#[tokio::test]
async fn a_disabled_account_is_told_so_only_with_the_right_password() {
    let app = TestApp::new("marina").await;
    let person = app.person("viewer").await;
    app.node.identity.set_user_active(person.user, false).await.unwrap();
    let reply = app.stranger().sign_in(&person.email).await;
    assert_eq!(reply.refusal(), (403, "auth.account_disabled"));
    assert_eq!(reply.json["detail"], "Account disabled");
    let reply = app.stranger().sign_in_with(&person.email, "Wrong-password-1").await;
    assert_eq!(reply.refusal(), (401, "auth.bad_credentials"));
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_signs_other_devices_out() {
    let app = TestApp::new("marina").await;
    let person = app.person("viewer").await;
    let (desk, phone) = (app.stranger(), app.stranger());
    desk.sign_in(&person.email).await.expect_status(201);
    phone.sign_in(&person.email).await.expect_status(201);

    let weak = json!({ "current_password": PASSWORD, "password": "short", "confirmation": "other" });
    let reply = desk.post("/api/v1/me/password", weak).await;
    assert_eq!(reply.refusal(), (422, "auth.password_rule"));
    let details: Vec<_> =
        reply.json["errors"].as_array().unwrap().iter().map(|e| e["detail"].as_str().unwrap()).collect();
    assert_eq!(
        details,
        [
            "Minimum 12 characters",
            "Must contain uppercase letter",
            "Must contain digit",
            "Must contain special character",
            "Passwords must match"
        ]
    );

    let new = "Lighthouse-2027-sea";
    let wrong = json!({ "current_password": "Wrong-password-1", "password": new });
    let reply = desk.post("/api/v1/me/password", wrong).await;
    assert_eq!(reply.json["errors"][0]["field"], "current_password", "{}", reply.text);

    let right = json!({ "current_password": PASSWORD, "password": new, "confirmation": new });
    desk.post("/api/v1/me/password", right).await.expect_status(204);
    desk.get("/api/v1/me").await.expect_status(200);
    phone.get("/api/v1/me").await.expect_status(401);
    app.stranger().sign_in(&person.email).await.expect_status(401);
    app.stranger().sign_in_with(&person.email, new).await.expect_status(201);
}
