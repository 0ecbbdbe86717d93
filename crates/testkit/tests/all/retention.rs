//! How long records are kept: the rules are records, what they reach is seen before it goes.
use kernel::Uuid;
use serde_json::{Value as Json, json};
use testkit::{Client, TestApp};

async fn rule(app: &TestApp, object: &str, months: u32, from: &str, what: &str) {
    let body = json!({ "object_name": object, "keep_months": months, "counted_from": from, "what_happens": what,
        "legal_basis": "Consent" });
    app.given("retention_rule", body).await;
}

/// As if nobody had touched these since.
async fn age(app: &TestApp, table: &str, ids: &[Uuid], months: u32) {
    let ids: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
    let then = format!("now() - interval '{months} months'");
    app.sql(&format!(
        "update data.{table} set created_at = {then}, updated_at = {then} where id in ({})",
        ids.join(", ")
    ))
    .await;
}

async fn due(client: &Client, object: &str) -> Vec<Json> {
    let told = client.get(&format!("/api/v1/admin/retention?object={object}")).await.expect_status(200).json;
    let rows = told["rules"][0]["due"].as_array().unwrap_or_else(|| panic!("no list: {told}"));
    rows.iter().map(|r| r["id"].clone()).collect()
}

/// What a sweep that somebody ordered did, by object.
async fn sweep(app: &TestApp, client: &Client) -> Vec<Json> {
    let ordered = client.post("/api/v1/admin/retention/sweeps", Json::Null).await.expect_status(202).json;
    app.work().await;
    let job = client.get(&format!("/api/v1/jobs/{}", ordered["job"].as_str().expect("an id"))).await.json;
    assert_eq!(job["state"], "done", "{job}");
    job["result"]["rules"].as_array().expect("rules").clone()
}

#[tokio::test]
async fn leads_that_nobody_touched_for_a_year_go_with_all_that_the_log_knew_of_them() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let lead = async |name: &str| {
        app.given("lead", json!({ "last_name": name, "email": format!("{name}@test.example") })).await
    };
    let [old, called, young] = [lead("Oldfield").await, lead("Calder").await, lead("Young").await];
    let note = app.given("note", json!({ "body": "Called them", "lead_id": called })).await;
    age(&app, "leads", &[old, called], 13).await;
    rule(&app, "lead", 12, "last_activity", "delete").await;

    assert_eq!(due(&admin, "lead").await, [json!(old)], "who was called lately is not forgotten");
    assert!(admin.get(&format!("/api/v1/leads/{old}")).await.status() == 200, "looking writes nothing");
    age(&app, "notes", &[note], 12).await;
    assert_eq!(due(&admin, "lead").await.len(), 2);
    let told = admin.get("/api/v1/admin/retention?limit=1").await.expect_status(200).json;
    assert_eq!(
        (&told["rules"][0]["due"][0]["title"], told["rules"][0]["after"].is_string()),
        (&json!("Oldfield"), true)
    );
    let manager = app.sign_in_as("manager").await;
    assert_eq!(manager.get("/api/v1/admin/retention").await.refusal(), (403, "policy.denied"));
    assert_eq!(
        manager.post("/api/v1/admin/retention/sweeps", Json::Null).await.refusal(),
        (403, "policy.denied")
    );
    let own = json!({ "object_name": "contact", "keep_months": 1, "what_happens": "delete" });
    assert_eq!(manager.post("/api/v1/retention_rules", own).await.refusal(), (403, "policy.denied"));

    let done = sweep(&app, &admin).await;
    assert_eq!((&done[0]["deleted"], &done[0]["refused"]), (&json!(2), &json!(0)), "{done:?}");
    for (id, status) in [(old, 404), (called, 404), (young, 200)] {
        assert_eq!(admin.get(&format!("/api/v1/leads/{id}")).await.status(), status);
    }
    let log = admin.get("/api/v1/changes?limit=200").await.expect_status(200).text;
    assert!(!log.contains("Oldfield") && !log.contains("Calder@") && log.contains("Young"), "{log}");
    assert!(log.contains("Retention of lead: 12 months since last activity (Consent)"), "{log}");
    assert_eq!(sweep(&app, &admin).await[0]["deleted"], 0);

    // Undo brings back that there was somebody, and not who.
    let sets = admin.get("/api/v1/changes?action=delete&limit=1").await.expect_status(200).json;
    let set = sets["changes"][0]["id"].as_str().expect("a change set").to_string();
    let undone = admin.post(&format!("/api/v1/changes/{set}/undo"), Json::Null).await;
    assert_eq!(undone.status(), 200, "{}", undone.text);
    let back =
        admin.get("/api/v1/leads?select=last_name,email&order=created_at").await.expect_status(200).text;
    assert!(!back.contains("Oldfield") && !back.contains("Calder"), "{back}");
}

#[tokio::test]
async fn persons_are_erased_where_they_were_put_away_or_merged_and_only_once() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let contact = async |first: &str| {
        app.given("contact", json!({ "first_name": first, "last_name": "Byron", "phone": "+4940555555" }))
            .await
    };
    let [ada, twin, away, young] =
        [contact("Ada").await, contact("Adda").await, contact("Allegra").await, contact("Annabella").await];
    let note = app.given("note", json!({ "body": "Ada asked for a machine", "contact_id": ada })).await;
    admin
        .post(&format!("/api/v1/contacts/{ada}/merge"), json!({ "others": [twin] }))
        .await
        .expect_status(200);
    admin.put(&format!("/api/v1/contacts/{away}/archival"), Json::Null).await.expect_status(204);
    age(&app, "contacts", &[ada, twin, away], 25).await;
    rule(&app, "contact", 24, "created", "erase_personal").await;
    assert_eq!(
        due(&admin, "contact").await,
        [json!(ada), json!(away)],
        "a merged one goes with the one it ended in"
    );

    // The night's round orders a sweep for every workspace.
    app.sql("insert into kontor.jobs (workspace_id, id, queue, kind, max_attempts) values \
             ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'maintenance', 'retention.sweep', 1)").await;
    app.work().await;
    let all = "/api/v1/contacts?select=id,first_name,last_name,phone&order=id&or=(archived_at.is.null,archived_at.not.is.null)";
    let rows = admin.get(all).await.expect_status(200).json;
    let erased = |id: Uuid| json!({ "id": id, "first_name": null, "last_name": "(erased)", "phone": null });
    assert_eq!(rows.as_array().map(|r| r[..3].to_vec()), Some(vec![erased(ada), erased(twin), erased(away)]));
    assert_eq!((&rows[3]["id"], &rows[3]["first_name"]), (&json!(young), &json!("Annabella")));
    assert!(!admin.get(&format!("/api/v1/notes/{note}")).await.text.contains("Ada asked"));
    let log = admin.get("/api/v1/changes?limit=200").await.expect_status(200).text;
    assert!(!log.contains("Allegra") && !log.contains("Adda") && !log.contains("Ada asked"), "{log}");
    assert_eq!(due(&admin, "contact").await, Vec::<Json>::new(), "what is erased is not due again");
    assert_eq!(sweep(&app, &admin).await[0]["erased"], 0);
}

#[tokio::test]
async fn what_others_need_stays_and_is_named_and_a_rule_that_means_nothing_says_so() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let line = json!({ "description": "Work", "quantity": "1", "unit_price": "10" });
    app.given("invoice", json!({ "client_id": client, "lines": [line] })).await;
    let free = app.given("client", json!({ "name": "Nobody" })).await;
    age(&app, "clients", &[client, free], 5).await;
    rule(&app, "client", 4, "created", "delete").await;
    let deal = app.given("deal", json!({ "name": "Won" })).await;
    age(&app, "deals", &[deal], 5).await;
    rule(&app, "deal", 3, "completed", "review").await;
    rule(&app, "unicorn", 3, "created", "delete").await;
    rule(&app, "tag", 3, "created", "erase_personal").await;

    assert_eq!(due(&admin, "deal").await, Vec::<Json>::new(), "an open deal has not ended");
    let faults = admin.get("/api/v1/admin/retention").await.expect_status(200).json;
    let faults: Vec<&Json> = faults["rules"].as_array().expect("rules").iter().map(|r| &r["fault"]).collect();
    assert_eq!(
        faults,
        [
            &Json::Null,
            &Json::Null,
            &json!("Tags hold no personal data."),
            &json!("There is no object `unicorn`.")
        ]
    );
    let done = sweep(&app, &admin).await;
    assert_eq!((&done[0]["deleted"], &done[0]["refused"]), (&json!(1), &json!(1)), "{done:?}");
    assert_eq!(done[0]["refusals"][0]["id"], json!(client));
    assert_eq!(done[3]["fault"], "There is no object `unicorn`.");
    assert_eq!(admin.get(&format!("/api/v1/clients/{client}")).await.status(), 200);
    assert_eq!(admin.get(&format!("/api/v1/clients/{free}")).await.status(), 404);
}
