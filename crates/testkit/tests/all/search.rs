//! The search over everything: found however typed, and only by who may see it.
use kernel::Uuid;
use serde_json::{Value as Json, json};
use store::doors::workspaces::{self, NewWorkspace};
use testkit::{Client, TestApp};

async fn search(client: &Client, q: &str) -> Json {
    let q: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
    client.get(&format!("/api/v1/search?q={q}")).await.expect_status(200).json
}

async fn titles(client: &Client, q: &str) -> Vec<String> {
    let found = search(client, q).await;
    let results = found["results"].as_array().expect("results").clone();
    results.iter().map(|r| r["title"].as_str().unwrap_or_default().to_string()).collect()
}

async fn a_shop() -> TestApp {
    let app = TestApp::new("sales").await;
    for client in [
        json!({ "name": "Müller & Söhne", "email": "buero@mueller.example", "phone": "+49 171 2345678" }),
        json!({ "name": "Anna" }),
        json!({ "name": "Annaberg Mining" }),
        json!({ "name": "Saint Anna Hospital" }),
        json!({ "name": "Hartmann Steel", "website": "https://anna.example" }),
        json!({ "name": "Nord Phone", "phone": "0171 998877" }),
        json!({ "name": "100% Wool_Ltd" }),
    ] {
        app.given("client", client).await;
    }
    app
}

#[tokio::test]
async fn names_are_found_with_and_without_accents_and_with_a_slip_of_the_fingers() {
    let app = a_shop().await;
    let admin = app.sign_in_as("admin").await;
    for typed in ["müller", "muller", "MÜLLER sohne", "söhne müll", "mü"] {
        assert_eq!(titles(&admin, typed).await, ["Müller & Söhne"], "{typed}");
    }
    for typed in ["hartmnan", "hratmann", "hartman steel", "artmann"] {
        let found = titles(&admin, typed).await;
        assert_eq!(found.first().map(String::as_str), Some("Hartmann Steel"), "{typed}: {found:?}");
    }
    assert_eq!(search(&admin, "hartmnan").await["mistyped"], true);
    assert_eq!(search(&admin, "hartmann").await["results"][0]["matched"], json!(["name"]));
    assert_eq!(titles(&admin, "zzzqqq").await, Vec::<String>::new());
    assert_eq!(titles(&admin, "wool_l").await, ["100% Wool_Ltd"], "wildcards are letters");
    assert_eq!(titles(&admin, "wool%ltd").await.len(), 0);
    let refused = admin.get("/api/v1/search?q=%25").await;
    assert_eq!(refused.refusal(), (400, "query.invalid"));
    let refused = admin.get("/api/v1/search?q=anna&sort=name").await;
    assert_eq!(refused.refusal(), (400, "query.invalid"));
}

#[tokio::test]
async fn exact_titles_stand_before_beginnings_and_these_before_words_and_other_fields() {
    let app = a_shop().await;
    let admin = app.sign_in_as("admin").await;
    let found = titles(&admin, "anna").await;
    assert_eq!(found, ["Anna", "Annaberg Mining", "Saint Anna Hospital", "Hartmann Steel"]);
    // Of equals, the one that changed last.
    let first = app.given("client", json!({ "name": "Twin One" })).await;
    app.given("client", json!({ "name": "Twin Two" })).await;
    admin.patch(&format!("/api/v1/clients/{first}"), json!({ "website": "https://one.example" })).await;
    assert_eq!(titles(&admin, "twin").await, ["Twin One", "Twin Two"]);
    // Who is referred to by much stands before a note about it.
    app.given("note", json!({ "subject": "Hartmann", "body": "called" })).await;
    let found = search(&admin, "hart").await;
    let objects: Vec<_> = found["results"].as_array().unwrap().iter().map(|r| r["object"].clone()).collect();
    assert_eq!(objects, ["client", "note"]);
    let only = admin.get("/api/v1/search?q=hart&objects=notes").await.expect_status(200).json;
    assert_eq!(only["results"].as_array().map(Vec::len), Some(1));
    assert_eq!(admin.get("/api/v1/search?q=hart&objects=nothing").await.status(), 404);
}

#[tokio::test]
async fn telephones_and_numbers_of_documents_are_found_however_typed() {
    let app = a_shop().await;
    let admin = app.sign_in_as("admin").await;
    for typed in ["0171 234", "+49 (171) 234", "0049171234", "+49 (0)171 2345678", "171-23456", "2345678"] {
        let found = titles(&admin, typed).await;
        assert_eq!(found.first().map(String::as_str), Some("Müller & Söhne"), "{typed}: {found:?}");
    }
    assert_eq!(titles(&admin, "+49 171 9988").await, ["Nord Phone"], "stored without its country");
    let client = app.given("client", json!({ "name": "Buyer" })).await;
    for subject in ["First", "Second"] {
        let quote = json!({ "client_id": client, "subject": subject, "currency": "EUR" });
        let id = app.given("quote", quote).await;
        admin.patch(&format!("/api/v1/quotes/{id}"), json!({ "status": "sent" })).await.expect_status(200);
    }
    let all = admin.get("/api/v1/quotes?order=subject").await.json;
    let number = all[1]["number"].as_str().expect("a number").to_string();
    let (prefix, year) = (number.split('-').next().unwrap(), number.split('-').nth(1).unwrap());
    let short = |seq: &str| format!("{year}-{seq}");
    for typed in [
        number.clone(),
        number.to_lowercase(),
        number.replace('-', ""),
        number.replace('-', " "),
        short("2"),
        format!("{prefix} 2"),
        number.split('-').skip(1).collect::<String>(),
    ] {
        let found = search(&admin, &typed).await;
        assert_eq!(found["results"][0]["title"], number, "{typed}: {found}");
    }
    let archived = app.given("client", json!({ "name": "Oldtimer" })).await;
    admin.put(&format!("/api/v1/clients/{archived}/archival"), json!({})).await.expect_status(204);
    assert_eq!(titles(&admin, "oldtimer").await.len(), 0);
    let asked = admin.get("/api/v1/search?q=oldtimer&archived=true").await.json;
    assert_eq!(asked["results"][0]["archived"], true);
}

#[tokio::test]
async fn nobody_finds_what_lies_beyond_their_reach_or_in_another_workspace() {
    let app = a_shop().await;
    let person = app.person("member").await;
    let member = app.stranger();
    member.sign_in(&person.email).await.expect_status(201);
    app.given("client", json!({ "name": "Secretive Partners", "owner_id": person.member })).await;
    app.given("client", json!({ "name": "Secretive Others" })).await;
    assert_eq!(titles(&member, "secretive").await, ["Secretive Partners"]);
    assert_eq!(titles(&member, "se").await, ["Secretive Partners"], "beginnings of titles too");
    assert_eq!(titles(&member, "secertive").await, ["Secretive Partners"], "and guesses");
    let other = NewWorkspace {
        slug: "other".into(),
        name: "Other".into(),
        blueprints: vec!["sales".into()],
        timezone: "Europe/Berlin".into(),
        currency: "EUR".into(),
        settings: json!({}),
    };
    let other = workspaces::create(&app.node.store, &other).await.expect("a workspace");
    let system = policy::Actor::system(other.id, "Test");
    let source = records::Source::new(records::SourceKind::System);
    let mut batch = app.node.engine.batch(&system, source).await.expect("a batch");
    let body = json!({ "name": "Secretive Strangers" }).as_object().expect("an object").clone();
    batch.create("client", vec![body]).await.expect("a record");
    batch.commit().await.expect("committed");
    let admin = app.sign_in_as("admin").await;
    let mut found = titles(&admin, "secretive").await;
    found.sort();
    assert_eq!(found, ["Secretive Others", "Secretive Partners"]);
    assert_eq!(titles(&admin, "strangers").await.len(), 0);
    app.stranger().get("/api/v1/search?q=anna").await.expect_status(401);
}

#[tokio::test]
async fn a_hidden_field_finds_nothing_and_a_port_is_searched_alone() {
    let app = TestApp::new("marina").await;
    let admin = app.sign_in_as("super_admin").await;
    let north = app.given("location", json!({ "name": "North", "slug": "north" })).await;
    let south = app.given("location", json!({ "name": "South", "slug": "south" })).await;
    let berth = async |place: Uuid, boat: &str| {
        let client =
            app.given("client", json!({ "name": format!("{boat} owner"), "location_id": place })).await;
        let notes = "nearly bankrupt, 0171 5550";
        let wish = json!({ "client_id": client, "location_id": place, "boat_name": boat, "notes": notes });
        app.given("interest", wish).await
    };
    let ours = berth(north, "Aurora").await;
    let theirs = berth(south, "Aurora Borealis").await;
    let rights = json!({ "objects": { "interest": { "hidden": ["notes"] } } });
    admin.put(&format!("/api/v1/admin/role-overrides/{north}/director"), rights).await.expect_status(200);
    let person = app.person("viewer").await;
    let roles = format!("/api/v1/admin/members/{}/roles", person.member);
    let whole = admin.get(&roles).await.json[0]["id"].as_str().expect("a role").to_string();
    let here = json!({ "role": "director", "location_id": north });
    admin.post(&roles, here).await.expect_status(201);
    admin.delete(&format!("{roles}/{whole}")).await.expect_status(204);
    let director = app.stranger();
    director.sign_in(&person.email).await.expect_status(201);

    let ids = |found: &Json| -> Vec<String> {
        let interests = found["results"].as_array().unwrap().iter().filter(|r| r["object"] == "interest");
        interests.map(|r| r["id"].as_str().unwrap().to_string()).collect()
    };
    let found = search(&director, "aurora").await;
    assert_eq!(ids(&found), [ours.to_string()], "not {theirs}: {found}");
    for hidden in ["bankrupt", "bankrutp", "nearly", "0171 555", "aurora bankrupt"] {
        let found = search(&director, hidden).await;
        assert_eq!(ids(&found), Vec::<String>::new(), "{hidden}: {found}");
        assert!(!found.to_string().contains("nearly bankrupt"), "{found}");
    }
    let found = search(&admin, "bankrupt").await;
    assert_eq!(ids(&found).len(), 2, "who may see it finds it: {found}");
}
