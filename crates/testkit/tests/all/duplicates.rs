//! Who looks like whom: asked while typing, of a stored record, over all of them.
use crate::shared;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use testkit::{Client, TestApp};

async fn told(client: &Client, path: &str, body: Option<Json>) -> Vec<Json> {
    let answer = match body {
        Some(body) => client.post(path, body).await,
        None => client.get(path).await,
    };
    answer.expect_status(200).json["duplicates"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn whoever_types_a_known_address_is_told_who_has_it() {
    let app = TestApp::new("sales").await;
    let seller = app.sign_in_as("admin").await;
    let known = app.given("client", json!({ "name": "Nordlicht GmbH", "email": "Info@nord.example" })).await;
    app.given("client", json!({ "name": "Nordlicht GmbH" })).await;
    let body =
        json!({ "name": "Nordlicht", "email": "info@NORD.example", "phone": "not yet", "nonsense": 1 });
    let found = told(&seller, "/api/v1/clients/duplicates", Some(body)).await;
    assert_eq!(found.len(), 1, "a name alone is no duplicate: {found:?}");
    assert_eq!((&found[0]["id"], &found[0]["title"]), (&json!(known), &json!("Nordlicht GmbH")));
    assert_eq!(found[0]["score"], 0.954);
    assert_eq!(found[0]["reason"], "Same e-mail, similar name (90 %)");
    let itself = json!({ "id": known, "name": "Nordlicht GmbH", "email": "info@nord.example" });
    assert_eq!(told(&seller, "/api/v1/clients/duplicates", Some(itself)).await, [] as [Json; 0]);
    assert_eq!(told(&seller, &format!("/api/v1/clients/{known}/duplicates"), None).await, [] as [Json; 0]);
    let twin = app.given("client", json!({ "name": "N.", "email": "info@nord.example" })).await;
    let of_known = told(&seller, &format!("/api/v1/clients/{known}/duplicates"), None).await;
    assert_eq!((of_known.len(), &of_known[0]["id"]), (1, &json!(twin)));
    seller.put(&format!("/api/v1/clients/{twin}/archival"), json!({})).await.expect_status(204);
    assert_eq!(told(&seller, &format!("/api/v1/clients/{known}/duplicates"), None).await, [] as [Json; 0]);
    let none = seller.post("/api/v1/deals/duplicates", json!({ "name": "x" })).await;
    assert_eq!(none.refusal(), (404, "route.not_found"));
}

#[tokio::test]
async fn a_duplicate_out_of_reach_is_not_told() {
    let app = TestApp::new("sales").await;
    app.given("client", json!({ "name": "Nordlicht", "email": "info@nord.example" })).await;
    let body = json!({ "email": "info@nord.example" });
    let member = app.sign_in_as("member").await;
    assert_eq!(told(&member, "/api/v1/clients/duplicates", Some(body.clone())).await, [] as [Json; 0]);
    let own = json!({ "name": "Nordlicht", "email": "info@nord.example" });
    let own = member.post("/api/v1/clients", own).await.expect_status(201).json;
    let found = told(&member, "/api/v1/clients/duplicates", Some(body)).await;
    assert_eq!((found.len(), &found[0]["id"]), (1, &own["id"]));
    compared(&app).await;
    assert_eq!(
        told(&member, "/api/v1/clients/duplicates", None).await,
        [] as [Json; 0],
        "both must be in reach"
    );
    let admin = app.sign_in_as("admin").await;
    assert_eq!(told(&admin, "/api/v1/clients/duplicates", None).await.len(), 1);
}

#[tokio::test]
async fn a_new_record_is_compared_and_a_dismissed_pair_stays_dismissed() {
    let app = TestApp::new("sales").await;
    let seller = app.sign_in_as("admin").await;
    let body = json!({ "first_name": "Ada", "last_name": "Byron", "mobile": "+49 40 123456" });
    let first = seller.post("/api/v1/contacts", body.clone()).await.expect_status(201).json;
    let second = seller.post("/api/v1/contacts", body).await.expect_status(201).json;
    compared(&app).await;
    let pairs = told(&seller, "/api/v1/contacts/duplicates", None).await;
    assert_eq!(pairs.len(), 1, "{pairs:?}");
    let ids: BTreeSet<&str> =
        [&pairs[0]["a_id"], &pairs[0]["b_id"]].into_iter().filter_map(Json::as_str).collect();
    assert_eq!(ids, [&first["id"], &second["id"]].into_iter().filter_map(Json::as_str).collect());
    assert_eq!((&pairs[0]["score"], &pairs[0]["reason"]), (&json!(0.92), &json!("Same phone, same name")));

    let pair = format!("/api/v1/contacts/duplicates/{}", pairs[0]["id"].as_str().expect("an id"));
    assert_eq!(seller.patch(&pair, json!({ "state": "merged" })).await.status(), 422);
    seller.patch(&pair, json!({ "state": "dismissed" })).await.expect_status(204);
    let scan = seller.post("/api/v1/contacts/duplicates/scans", json!({})).await.expect_status(202).json;
    assert!(scan["job_id"].is_string(), "{scan}");
    app.work().await;
    assert_eq!(told(&seller, "/api/v1/contacts/duplicates", None).await, [] as [Json; 0]);
    assert_eq!(told(&seller, "/api/v1/contacts/duplicates?state=dismissed", None).await.len(), 1);

    seller.patch(&pair, json!({ "state": "open" })).await.expect_status(204);
    let at = format!("/api/v1/contacts/{}/merge", first["id"].as_str().expect("an id"));
    seller.post(&at, json!({ "others": [second["id"]] })).await.expect_status(200);
    assert_eq!(told(&seller, "/api/v1/contacts/duplicates?state=merged", None).await.len(), 1);
}

/// Records that are made one by one wait a few seconds for each other.
async fn compared(app: &TestApp) {
    app.sql("update kontor.jobs set run_at = now() where kind = 'duplicates.check'").await;
    app.work().await;
    assert_eq!(app.sql_text("select count(*) from kontor.unchecked").await, "0", "nobody waits any more");
}

/// The people of FEBRL as contacts, through the whole machinery: keys, candidates, score, stored pairs. Who is whom is
/// known to this test only.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_people_with_typing_errors_nearly_all_pairs_are_found_and_no_wrong_ones() {
    let Some(folder) = shared::data("dedupe-febrl") else { return };
    let app = TestApp::new("sales").await;
    let seller = app.sign_in_as("admin").await;
    let (people, who) = people(&std::fs::read_to_string(folder.join("dataset1.csv")).expect("the people"));
    for some in people.chunks(500) {
        let made = seller.with("prefer", "return=minimal").post("/api/v1/contacts", json!(some)).await;
        assert_eq!(made.status(), 201, "{}", made.text);
    }
    seller.post("/api/v1/contacts/duplicates/scans", json!({})).await.expect_status(202);
    app.work().await;
    let mut found: BTreeSet<(String, String)> = BTreeSet::new();
    loop {
        let path = format!("/api/v1/contacts/duplicates?limit=200&offset={}", found.len());
        let page = told(&seller, &path, None).await;
        let id = |pair: &Json, name: &str| pair[name].as_str().expect("an id").to_string();
        found.extend(page.iter().map(|p| (id(p, "a_id"), id(p, "b_id"))));
        if page.len() < 200 {
            break;
        }
    }
    let right = found.iter().filter(|(a, b)| who[a] == who[b]).count();
    let entities: BTreeSet<&String> = who.values().collect();
    let pairs = who.len() - entities.len();
    let (precision, recall) = (right as f64 / found.len() as f64, right as f64 / pairs as f64);
    eprintln!("precision {precision:.4}, recall {recall:.4} of {pairs} pairs");
    assert!(precision > 0.99, "{} of {} reported pairs are wrong", found.len() - right, found.len());
    assert!(recall > 0.95, "only {right} of {pairs} pairs were found");
}

/// Bodies of contacts, and by id which person it is.
fn people(csv: &str) -> (Vec<Json>, std::collections::HashMap<String, String>) {
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next().expect("a header").split(',').map(str::trim).collect();
    let (mut people, mut who) = (vec![], std::collections::HashMap::new());
    for line in lines.filter(|l| !l.trim().is_empty()) {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let get = |name: &str| names.iter().position(|n| *n == name).map_or("", |at| cells[at]);
        let text = |name: &str| Some(get(name)).filter(|t| !t.is_empty());
        let id = kernel::new_id();
        // Typing errors made days that no calendar has; a record cannot hold them.
        let day = get("date_of_birth");
        let day = (day.len() == 8).then(|| format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]));
        let day = day.filter(|d| d.parse::<kernel::Date>().is_ok());
        people.push(json!({
            "id": id, "first_name": text("given_name"), "last_name": text("surname").unwrap_or("?"), "birth_date": day,
            "address": {
                "street": format!("{} {}", get("street_number"), get("address_1")), "street2": text("address_2"),
                "city": text("suburb"), "postal_code": text("postcode"), "region": text("state"),
            },
        }));
        who.insert(id.to_string(), get("rec_id").split('-').nth(1).expect("rec-N-...").to_string());
    }
    (people, who)
}
