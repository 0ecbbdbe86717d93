//! Records that become one, and two again.
use kernel::Uuid;
use serde_json::{Value as Json, json};
use testkit::{Client, TestApp};

/// All rows of a collection, archived ones too, without what every write changes.
async fn all(client: &Client, plural: &str, archivable: bool) -> Json {
    let also = if archivable { "&or=(archived_at.is.null,archived_at.not.is.null)" } else { "" };
    let path = format!("/api/v1/{plural}?select=*&order=id{also}");
    let mut rows = client.get(&path).await.expect_status(200).json;
    for row in rows.as_array_mut().expect("rows") {
        for name in ["version", "updated_at", "updated_by"] {
            row.as_object_mut().expect("a row").remove(name);
        }
    }
    rows
}

async fn everything(client: &Client) -> Vec<Json> {
    let mut rows = vec![];
    for (plural, archivable) in [
        ("clients", true),
        ("contacts", true),
        ("deals", true),
        ("notes", true),
        ("client_relationships", true),
        ("deal_contacts", true),
    ] {
        rows.push(all(client, plural, archivable).await);
    }
    rows
}

fn errors(answer: &testkit::Answer) -> Vec<(String, String)> {
    let text = |e: &Json, name: &str| e[name].as_str().unwrap_or_default().to_string();
    let all = answer.json["errors"].as_array().cloned().unwrap_or_default();
    all.iter().map(|e| (text(e, "code"), text(e, "field"))).collect()
}

#[tokio::test]
async fn after_a_merge_a_note_and_an_unmerge_both_records_and_the_note_are_where_they_should_be() {
    let app = TestApp::new("sales").await;
    let seller = app.sign_in_as("admin").await;
    let survivor =
        app.given("client", json!({ "name": "Nordlicht", "phone": "+4940123456", "tags": ["a"] })).await;
    let other = app
        .given(
            "client",
            json!({ "name": "Nordlicht GmbH", "email": "info@nord.example", "external_id": "N-1",
            "tags": ["b", "a"], "industry": "energy" }),
        )
        .await;
    let contact = app.given("contact", json!({ "last_name": "Byron", "client_id": other })).await;
    let before = everything(&seller).await;

    let at = format!("/api/v1/clients/{survivor}/merge");
    let body = json!({ "others": [other], "choose": { "name": other }, "reason": "The same firm." });
    let merged = seller.post(&at, body).await.expect_status(200).json;
    assert_eq!((&merged["surviving_id"], &merged["merged_ids"]), (&json!(survivor), &json!([other])));
    let record = &merged["record"];
    assert_eq!(
        (&record["name"], &record["phone"], &record["email"], &record["external_id"], &record["tags"]),
        (
            &json!("Nordlicht GmbH"),
            &json!("+4940123456"),
            &json!("info@nord.example"),
            &json!("N-1"),
            &json!(["a", "b"])
        )
    );
    assert_eq!(merged["moved"], json!({ "contact.client_id": 1 }));
    let gone = seller.get(&format!("/api/v1/clients/{other}")).await;
    assert_eq!(gone.refusal(), (410, "record.merged"));
    assert_eq!(gone.json["merged_into"], json!(survivor));
    let moved = seller.get(&format!("/api/v1/contacts/{contact}?select=client_id")).await.json;
    assert_eq!(moved["client_id"], json!(survivor));
    let log = seller.get(&format!("/api/v1/changes/{}", merged["change_set"].as_str().unwrap())).await.json;
    assert_eq!(log["note"], "The same firm.");
    let actions: Vec<&Json> = log["entries"].as_array().unwrap().iter().map(|e| &e["action"]).collect();
    assert_eq!(actions, ["merge", "merge", "merge"]);

    let note = json!({ "body": "Called them.", "client_id": survivor });
    let note = seller.post("/api/v1/notes", note).await.expect_status(201).json;
    let merge = format!("/api/v1/merges/{}", merged["merge_id"].as_str().unwrap());
    let split = seller.delete(&merge).await.expect_status(200).json;
    assert_eq!((&split["conflicts"], &split["restored"]), (&json!([]), &json!(3)));
    let mut after = everything(&seller).await;
    assert_eq!(after[3][0]["client_id"], json!(survivor), "the note came to the survivor");
    assert_eq!(after[3][0]["id"], note["id"]);
    after[3] = before[3].clone();
    assert_eq!(after, before);
    assert_eq!(seller.delete(&merge).await.refusal(), (409, "change.nothing_to_undo"));
    let listed = seller.get(&format!("/api/v1/merges?record_id={other}")).await.expect_status(200).json;
    assert!(listed["merges"][0]["undone_at"].is_string(), "{listed}");
}

#[tokio::test]
async fn what_came_after_the_merge_goes_along_when_it_is_taken() {
    let app = TestApp::new("sales").await;
    let seller = app.sign_in_as("admin").await;
    let [one, two, three] = clients(&app).await;
    let early = app.given("note", json!({ "body": "Early", "client_id": two })).await;
    let merged = merge(&seller, one, json!({ "others": [two, three] })).await;
    let late = app.given("note", json!({ "body": "Late", "client_id": one })).await;
    let stays = app.given("note", json!({ "body": "Stays", "client_id": one })).await;
    let third = app.given("client", json!({ "name": "Somebody else" })).await;
    seller.patch(&format!("/api/v1/notes/{early}"), json!({ "client_id": third })).await.expect_status(200);
    seller
        .patch(&format!("/api/v1/clients/{one}"), json!({ "email": "new@one.example" }))
        .await
        .expect_status(200);

    let at = format!("/api/v1/merges/{merged}");
    let send = |body: Json| seller.send(reqwest::Method::DELETE, &at, Some(body));
    let refused = send(
        json!({ "take": [{ "object": "notes", "id": late }, { "object": "notes", "id": early, "to": two }] }),
    )
    .await;
    assert_eq!(
        errors(&refused),
        [("field.required".into(), "take.0.to".into()), ("reference.not_found".into(), "take.1.id".into())]
    );
    let split =
        send(json!({ "take": [{ "object": "notes", "id": late, "to": two }] })).await.expect_status(200).json;
    let fields: Vec<(&Json, &Json)> =
        split["conflicts"].as_array().unwrap().iter().map(|c| (&c["record_id"], &c["field"])).collect();
    assert_eq!(
        fields,
        [(&json!(early), &json!("client_id")), (&json!(one), &json!("email"))],
        "what somebody changed since is named and stays"
    );
    for (note, client) in [(early, third), (late, two), (stays, one)] {
        let now = seller.get(&format!("/api/v1/notes/{note}?select=client_id")).await.json;
        assert_eq!(now["client_id"], json!(client));
    }
    let two = seller.get(&format!("/api/v1/clients/{two}")).await.expect_status(200).json;
    assert_eq!((&two["archived_at"], &two["email"]), (&Json::Null, &json!("two@test.example")));
}

async fn clients(app: &TestApp) -> [Uuid; 3] {
    let one = app.given("client", json!({ "name": "One" })).await;
    let two = app.given("client", json!({ "name": "Two", "email": "two@test.example" })).await;
    let three = app
        .given("client", json!({ "name": "Three", "email": "three@test.example", "phone": "+4940333333" }))
        .await;
    [one, two, three]
}

async fn merge(client: &Client, survivor: Uuid, body: Json) -> String {
    let made = client.post(&format!("/api/v1/clients/{survivor}/merge"), body).await.expect_status(200).json;
    made["merge_id"].as_str().expect("an id").to_string()
}

#[tokio::test]
async fn links_that_both_had_stand_once_and_nobody_is_related_to_themselves() {
    let app = TestApp::new("sales").await;
    let seller = app.sign_in_as("admin").await;
    let [one, two, three] = clients(&app).await;
    let relation = |a: Uuid, b: Uuid| json!({ "client_id": a, "related_client_id": b, "type": "partner_of" });
    app.given("client_relationship", relation(one, three)).await;
    app.given("client_relationship", relation(two, three)).await;
    app.given("client_relationship", relation(two, one)).await;
    let child = app.given("client", json!({ "name": "Daughter", "parent_id": two })).await;
    let ada = app.given("contact", json!({ "last_name": "Byron" })).await;
    let ada_too = app
        .given("contact", json!({ "last_name": "Byron", "first_name": "Ada", "reports_to_id": ada }))
        .await;
    let [both, hers] = [
        app.given("deal", json!({ "name": "Both" })).await,
        app.given("deal", json!({ "name": "Hers" })).await,
    ];
    for (deal, contact) in [(both, ada), (both, ada_too), (hers, ada_too)] {
        app.given("deal_contact", json!({ "deal_id": deal, "contact_id": contact })).await;
    }
    let before = everything(&seller).await;

    let firms = merge(&seller, one, json!({ "others": [two] })).await;
    let rows = seller.get("/api/v1/client_relationships?select=client_id,related_client_id").await.json;
    assert_eq!(rows, json!([{ "client_id": one, "related_client_id": three }]));
    let parent = seller.get(&format!("/api/v1/clients/{child}?select=parent_id")).await.json;
    assert_eq!(parent["parent_id"], json!(one));
    let at = format!("/api/v1/contacts/{ada}/merge");
    let people = seller.post(&at, json!({ "others": [ada_too] })).await.expect_status(200).json;
    assert_eq!(people["record"]["name"], "Ada Byron", "formulas follow");
    assert_eq!(people["record"]["reports_to_id"], Json::Null);
    let links = seller.get("/api/v1/deal_contacts?select=deal_id,contact_id&order=created_at").await.json;
    assert_eq!(
        links,
        json!([{ "deal_id": both, "contact_id": ada }, { "deal_id": hers, "contact_id": ada }])
    );

    // Undo of the change set is the same as taking the merge back.
    let undo = format!("/api/v1/changes/{}/undo", people["change_set"].as_str().unwrap());
    seller.post(&undo, json!({})).await.expect_status(200);
    seller.delete(&format!("/api/v1/merges/{firms}")).await.expect_status(200);
    assert_eq!(everything(&seller).await, before);
}

#[tokio::test]
async fn a_merge_needs_its_right_its_reach_and_the_versions_that_were_seen() {
    let app = TestApp::new("marina").await;
    let port = json!({ "name": "Kiel", "slug": "kiel", "type": "port", "timezone": "Europe/Berlin" });
    let port = app.given("location", port).await;
    let [one, two] = [
        app.given("client", json!({ "name": "One", "location_id": port })).await,
        app.given("client", json!({ "name": "Two", "location_id": port })).await,
    ];
    let at = format!("/api/v1/clients/{one}/merge");
    let agent = app.sign_in_as("sales_agent").await;
    let denied = agent.post(&at, json!({ "others": [two] })).await;
    assert_eq!(denied.refusal(), (403, "policy.denied"), "{}", denied.text);
    let director = app.sign_in_as("director").await;
    let unknown = director.post(&at, json!({ "others": [Uuid::from_u128(9)] })).await;
    assert_eq!(unknown.refusal(), (404, "record.not_found"));
    let none = director.post(&at, json!({ "others": [one] })).await;
    assert_eq!(errors(&none), [("field.required".into(), "others".into())]);
    let wrong =
        json!({ "others": [two], "choose": { "nmae": two, "name": Uuid::from_u128(9), "version": two } });
    let wrong = director.post(&at, wrong).await;
    assert_eq!(
        errors(&wrong),
        [
            ("field.unknown".into(), "choose.nmae".into()),
            ("field.invalid".into(), "choose.name".into()),
            ("field.read_only".into(), "choose.version".into())
        ]
    );
    director
        .patch(&format!("/api/v1/clients/{two}"), json!({ "email": "a@two.example" }))
        .await
        .expect_status(200);
    let lost = director.with("if-match", "\"1\", \"1\"").post(&at, json!({ "others": [two] })).await;
    assert_eq!(lost.refusal(), (409, "record.version_conflict"));
    let seen = json!({ "others": [two], "versions": { two.to_string(): 2 } });
    let merged = director.post(&at, seen).await.expect_status(200).json;
    let back = format!("/api/v1/merges/{}", merged["merge_id"].as_str().unwrap());
    assert_eq!(agent.delete(&back).await.refusal(), (403, "policy.denied"));
    let restored = director.delete(&format!("/api/v1/clients/{two}/archival")).await;
    assert_eq!(restored.refusal(), (409, "record.archived"), "only the merge brings it back");
    director.delete(&back).await.expect_status(200);
    let invoices = director.post(&format!("/api/v1/invoices/{one}/merge"), json!({ "others": [two] })).await;
    assert_eq!(invoices.refusal(), (405, "route.method"));
}

#[tokio::test]
async fn of_two_merges_of_one_record_one_wins() {
    let app = TestApp::new("sales").await;
    let seller = app.sign_in_as("admin").await;
    let [one, two, three] = clients(&app).await;
    let into = |survivor: Uuid| {
        let (seller, at) = (seller.clone(), format!("/api/v1/clients/{survivor}/merge"));
        async move { seller.post(&at, json!({ "others": [three] })).await }
    };
    let (a, b) = tokio::join!(into(one), into(two));
    let mut all = [a.status(), b.status()];
    all.sort_unstable();
    assert_eq!(all, [200, 409], "{} {}", a.text, b.text);
    let (lost, won) = if a.status() == 409 { (a, one.min(two)) } else { (b, one) };
    assert_eq!(lost.refusal().1, "record.archived");
    assert!(lost.json["merged_into"].is_string() || won == one, "{}", lost.text);
}

#[tokio::test]
async fn a_chain_of_merges_comes_apart_from_its_end() {
    let app = TestApp::new("sales").await;
    let seller = app.sign_in_as("admin").await;
    let [one, two, three] = clients(&app).await;
    let first = merge(&seller, two, json!({ "others": [three] })).await;
    let second = merge(&seller, one, json!({ "others": [two] })).await;
    let gone = seller.get(&format!("/api/v1/clients/{three}")).await;
    assert_eq!(gone.json["merged_into"], json!(one), "the way is followed to its end");
    let early = seller.delete(&format!("/api/v1/merges/{first}")).await;
    assert_eq!(early.refusal(), (409, "record.archived"));
    seller.delete(&format!("/api/v1/merges/{second}")).await.expect_status(200);
    seller.delete(&format!("/api/v1/merges/{first}")).await.expect_status(200);
    let three = seller.get(&format!("/api/v1/clients/{three}")).await.expect_status(200).json;
    assert_eq!(three["phone"], "+4940333333");
}

/// Whatever refers to whatever: after a merge is taken back every row is as it was.
#[tokio::test]
async fn any_merge_taken_back_leaves_no_trace_in_any_row() {
    let app = TestApp::new("sales").await;
    let seller = app.sign_in_as("admin").await;
    let mut dice = Dice(0x5eed);
    let mut clients: Vec<Uuid> = vec![];
    for i in 0..12 {
        let mut body = json!({ "name": format!("Client {i}") });
        for (field, value) in [
            ("email", json!(format!("c{i}@test.example"))),
            ("phone", json!(format!("+49401000{i:02}"))),
            ("external_id", json!(format!("X-{i}"))),
            ("tags", json!([format!("t{}", i % 3)])),
            ("industry", json!("energy")),
            ("billing_address", json!({ "city": format!("City {i}") })),
        ] {
            if dice.throw(2) == 0 {
                body[field] = value;
            }
        }
        if dice.throw(2) == 0 && !clients.is_empty() {
            body["parent_id"] = json!(dice.of(&clients));
        }
        clients.push(app.given("client", body).await);
    }
    for i in 0..25 {
        let contact = app
            .given("contact", json!({ "last_name": format!("P{i}"), "client_id": dice.of(&clients) }))
            .await;
        let deal =
            app.given("deal", json!({ "name": format!("D{i}"), "client_id": dice.of(&clients) })).await;
        app.given("deal_contact", json!({ "deal_id": deal, "contact_id": contact })).await;
        app.given("note", json!({ "body": "x", "client_id": dice.of(&clients), "contact_id": contact }))
            .await;
        let (a, b) = (dice.of(&clients), dice.of(&clients));
        let relation = json!({ "client_id": a, "related_client_id": b, "type": "related" });
        // The same pair may be thrown twice; once is enough.
        seller.post("/api/v1/client_relationships", relation).await;
    }
    let before = everything(&seller).await;
    for round in 0..8 {
        let mut some = clients.clone();
        let survivor = some.swap_remove(dice.throw(some.len()));
        let others: Vec<Uuid> =
            (0..1 + dice.throw(4)).map(|_| some.swap_remove(dice.throw(some.len()))).collect();
        let choose = if dice.throw(2) == 0 { json!({ "email": others[0] }) } else { json!({}) };
        let id = merge(&seller, survivor, json!({ "others": others, "choose": choose })).await;
        let referring = seller
            .get(&format!("/api/v1/contacts?select=count()&client_id=in.({})", list(&others)))
            .await
            .json;
        assert_eq!(referring[0]["count"], 0, "round {round}: nothing refers to a merged record");
        seller.delete(&format!("/api/v1/merges/{id}")).await.expect_status(200);
        assert_eq!(everything(&seller).await, before, "round {round}");
    }
}

fn list(ids: &[Uuid]) -> String {
    ids.iter().map(Uuid::to_string).collect::<Vec<_>>().join(",")
}

/// The same throws every time.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
    fn of(&mut self, ids: &[Uuid]) -> Uuid {
        ids[self.throw(ids.len())]
    }
}
