use serde_json::json;
use testkit::{PASSWORD, TestApp};

#[tokio::test]
async fn an_invited_person_chooses_a_password_and_is_in() {
    let app = TestApp::new("marina").await;
    let director = app.sign_in_as("director").await;
    let wish = json!({ "email": "Ada@Test.example", "role": "sales_agent" });
    let sent = director.post("/api/v1/admin/invitations", wish).await.expect_status(201).json;
    let token = sent["token"].as_str().unwrap();
    assert!(sent["link"].as_str().unwrap().ends_with(&format!("/set-password?token={token}")));
    let link = format!("/api/v1/auth/invitations/{token}");

    let guest = app.stranger();
    let look = guest.get(&link).await.expect_status(200).json;
    assert_eq!(
        (look["email"].as_str(), look["has_account"].as_bool()),
        (Some("ada@test.example"), Some(false))
    );

    let reply = guest.post(&link, json!({ "name": "", "password": "weak" })).await.expect_status(422);
    assert_eq!(reply.json["errors"][0]["field"], "name");
    assert_eq!(reply.json["errors"][1]["detail"], "Minimum 12 characters");

    let say = json!({ "name": "Ada", "password": PASSWORD, "confirmation": PASSWORD });
    guest.post(&link, say.clone()).await.expect_status(201);
    let me = guest.get("/api/v1/me").await.expect_status(200).json;
    assert_eq!((me["name"].as_str(), me["roles"][0]["role"].as_str()), (Some("Ada"), Some("sales_agent")));
    app.stranger().sign_in("ada@test.example").await.expect_status(201);

    let again = app.stranger().post(&link, say).await;
    assert_eq!(again.refusal(), (404, "auth.invitation_invalid"), "a link works once");
}

#[tokio::test]
async fn somebody_with_an_account_accepts_with_their_password() {
    let app = TestApp::new("marina").await;
    let user = app.node.identity.create_user("bo@test.example", "Bo", Some(PASSWORD), false).await.unwrap();
    let director = app.sign_in_as("director").await;
    let wish = json!({ "email": "bo@test.example", "role": "viewer" });
    let sent = director.post("/api/v1/admin/invitations", wish).await.expect_status(201).json;
    let link = format!("/api/v1/auth/invitations/{}", sent["token"].as_str().unwrap());
    let guest = app.stranger();
    assert_eq!(guest.get(&link).await.json["has_account"], true);
    let reply = guest.post(&link, json!({ "password": "Wrong-password-1" })).await;
    assert_eq!(reply.refusal(), (401, "auth.bad_credentials"), "the link alone takes no account over");
    let opened = guest.post(&link, json!({ "password": PASSWORD })).await.expect_status(201).json;
    assert_eq!(opened["user_id"], user.to_string());
}

#[tokio::test]
async fn a_withdrawn_or_replaced_invitation_is_no_longer_valid() {
    let app = TestApp::new("marina").await;
    let director = app.sign_in_as("director").await;
    let invite = || {
        director.post("/api/v1/admin/invitations", json!({ "email": "cy@test.example", "role": "viewer" }))
    };
    let first = invite().await.expect_status(201).json;
    let second = invite().await.expect_status(201).json;
    let look =
        |sent: &serde_json::Value| format!("/api/v1/auth/invitations/{}", sent["token"].as_str().unwrap());
    app.stranger().get(&look(&first)).await.expect_status(404);
    app.stranger().get(&look(&second)).await.expect_status(200);
    let path = format!("/api/v1/admin/invitations/{}", second["id"].as_str().unwrap());
    director.delete(&path).await.expect_status(204);
    app.stranger().get(&look(&second)).await.expect_status(404);
}

#[tokio::test]
async fn only_who_manages_members_invites_and_to_no_more_than_they_may() {
    let app = TestApp::new("marina").await;
    let agent = app.sign_in_as("sales_agent").await;
    let wish = json!({ "email": "di@test.example", "role": "viewer" });
    let reply = agent.post("/api/v1/admin/invitations", wish).await;
    assert_eq!(reply.refusal(), (403, "policy.denied"));
    assert!(reply.json["hint"].as_str().unwrap().contains("Director"), "{}", reply.text);

    let director = app.sign_in_as("director").await;
    let wish = json!({ "email": "di@test.example", "role": "super_admin" });
    assert_eq!(director.post("/api/v1/admin/invitations", wish).await.refusal(), (403, "policy.denied"));
    let wish = json!({ "email": "nonsense", "role": "viewer" });
    assert_eq!(director.post("/api/v1/admin/invitations", wish).await.json["detail"], "Invalid email");
    let wish = json!({ "email": "di@test.example", "role": "captain" });
    assert_eq!(
        director.post("/api/v1/admin/invitations", wish).await.refusal(),
        (422, "field.unknown_option")
    );
}
