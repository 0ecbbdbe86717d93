//! A workspace's own fields on shipped objects: made, changed, put away and deleted over the API, and used like any field.
use kernel::Uuid;
use serde_json::{Value as Json, json};
use testkit::{Answer, Client, TestApp};

async fn shop() -> (TestApp, Client) {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    (app, owner)
}

async fn field(of: &Client, object: &str, body: Json) -> Answer {
    let mut body = body;
    body["personal"] = json!(false);
    of.post(&format!("/api/v1/admin/objects/{object}/fields"), body).await
}

fn id(made: &Answer) -> String {
    made.json["id"].as_str().unwrap_or_else(|| panic!("no id in {}", made.text)).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_every_kind_is_made_written_filtered_and_sorted() {
    let (app, owner) = shop().await;
    let colours = json!(["red", { "value": "blue", "label": "Navy", "color": "blue" }]);
    // Kind, further keys, a smaller and a larger value, and one that is refused.
    let kinds = [
        ("text", json!({}), json!("alpha"), json!("beta"), json!(7)),
        ("long_text", json!({}), json!("alpha\nx"), json!("beta"), json!([])),
        ("rich_text", json!({}), json!("# a"), json!("# b"), json!({})),
        ("integer", json!({}), json!(9), json!(10), json!("nine")),
        ("decimal", json!({ "scale": 3 }), json!("9.125"), json!("10.5"), json!("x")),
        ("money", json!({}), json!("9.50"), json!("10.00"), json!("1.234")),
        ("percent", json!({}), json!("5"), json!("12.5"), json!("many")),
        ("boolean", json!({}), json!(false), json!(true), json!("perhaps")),
        ("date", json!({}), json!("2026-02-28"), json!("2026-03-01"), json!("2026-02-30")),
        ("date_time", json!({}), json!("2026-02-28T10:00:00Z"), json!("2026-03-01T09:00:00Z"), json!("noon")),
        ("duration", json!({}), json!(60), json!(600), json!("long")),
        ("rating", json!({}), json!(2), json!(4), json!(9)),
        ("select", json!({ "options": colours }), json!("blue"), json!("red"), json!("green")),
        ("email", json!({}), json!("a@x.example"), json!("b@x.example"), json!("nobody")),
        ("url", json!({}), json!("https://a.example/"), json!("https://b.example/"), json!("not a url")),
        ("phone", json!({}), json!("+49301234567"), json!("+49309999999"), json!(true)),
    ];
    for (kind, extra, _, _, _) in &kinds {
        let mut body = extra.clone();
        body["name"] = json!(format!("own_{kind}"));
        body["kind"] = json!(kind);
        field(&owner, "client", body).await.expect_status(201);
    }
    let more = [
        json!({ "name": "own_colours", "kind": "multi_select", "options": ["red", "blue"] }),
        json!({ "name": "own_tags", "kind": "tags" }),
        json!({ "name": "own_json", "kind": "json" }),
        json!({ "name": "own_address", "kind": "address" }),
        json!({ "name": "own_place", "kind": "geo_point" }),
        json!({ "name": "keeper_id", "kind": "user" }),
        json!({ "name": "helper_ids", "kind": "user", "many": true }),
        json!({ "name": "twin_id", "kind": "reference", "to": "client", "on_delete": "set_null" }),
        json!({ "name": "own_double", "kind": "formula", "result": "integer", "formula": "own_integer * 2" }),
        json!({ "name": "own_number", "kind": "auto_number", "format": "C-{seq:3}" }),
    ];
    for body in more {
        field(&owner, "client", body).await.expect_status(201);
    }
    let value = |pick: for<'a> fn(&'a (&'static str, Json, Json, Json, Json)) -> &'a Json| {
        let all = kinds.iter().map(|k| (format!("own_{}", k.0), pick(k).clone()));
        all.collect::<serde_json::Map<String, Json>>()
    };
    let (mut less, mut greater, mut wrong) = (value(|k| &k.2), value(|k| &k.3), value(|k| &k.4));
    for (body, name) in [(&mut less, "Less"), (&mut greater, "Greater"), (&mut wrong, "Wrong")] {
        body.insert("name".into(), json!(name));
    }
    let me = owner.get("/api/v1/me").await.json["member"]["id"].clone();
    let member = if me.is_null() {
        app.person("viewer").await.member
    } else {
        me.as_str().expect("an id").parse().expect("a UUID")
    };
    less.insert("own_colours".into(), json!(["red"]));
    less.insert("own_tags".into(), json!(["old"]));
    less.insert("own_json".into(), json!({ "deep": [1] }));
    less.insert("own_address".into(), json!({ "city": "Kiel" }));
    less.insert("own_place".into(), json!({ "lat": 54.3, "lon": 10.1 }));
    less.insert("keeper_id".into(), json!(member));
    less.insert("helper_ids".into(), json!([member]));
    let first = owner.post("/api/v1/clients", Json::Object(less.clone())).await.expect_status(201);
    assert_eq!(first.json["own_double"], json!(18));
    assert_eq!(first.json["own_number"], json!("C-001"));
    greater.insert("twin_id".into(), json!(id(&first)));
    owner.post("/api/v1/clients", Json::Object(greater.clone())).await.expect_status(201);
    for (name, sent) in &less {
        assert_eq!(first.json[name], *sent, "{name}");
    }
    // Everything that is wrong, at once.
    let refused = owner.post("/api/v1/clients", Json::Object(wrong)).await;
    let told: Vec<&str> = refused.json["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .filter_map(|e| e["field"].as_str())
        .collect();
    for (kind, ..) in &kinds {
        assert!(told.contains(&format!("own_{kind}").as_str()), "{kind}: {}", refused.text);
    }
    for (kind, _, small, ..) in &kinds {
        let plain = small.as_str().map_or_else(|| small.to_string(), str::to_owned);
        let found =
            owner.get(&format!("/api/v1/clients?own_{kind}=eq.{}&select=name", urlencode(&plain))).await;
        assert_eq!(found.json, json!([{ "name": "Less" }]), "{kind}: {}", found.text);
        let sorted = owner.get(&format!("/api/v1/clients?order=own_{kind}.desc.nullslast&select=name")).await;
        assert_eq!(
            sorted.json,
            json!([{ "name": "Greater" }, { "name": "Less" }]),
            "{kind}: {}",
            sorted.text
        );
    }
    for filter in [
        "own_colours=cs.{red}",
        "own_tags=ov.{old,new}",
        "own_json->deep=eq.[1]",
        "own_address->>city=eq.Kiel",
        "helper_ids=not.is.null",
        "own_integer=lt.10",
        "own_date=lte.2026-02-28",
    ] {
        let found = owner.get(&format!("/api/v1/clients?{filter}&select=name")).await;
        assert_eq!(found.json, json!([{ "name": "Less" }]), "{filter}: {}", found.text);
    }
    let embedded = owner.get("/api/v1/clients?name=eq.Greater&select=name,twin(name),helpers(name)").await;
    assert_eq!(embedded.json, json!([{ "name": "Greater", "twin": { "name": "Less" }, "helpers": [] }]));
    let back =
        owner.get("/api/v1/clients?name=eq.Less&select=name,keeper(id),clients(name),helpers(id)").await;
    assert_eq!(back.json[0]["clients"], json!([{ "name": "Greater" }]), "{}", back.text);
    assert_eq!(back.json[0]["keeper"]["id"], json!(member));
    assert_eq!(back.json[0]["helpers"], json!([{ "id": member }]));
    let sums = owner.get("/api/v1/clients?select=own_money.sum(),own_integer.max(),own_date.min()").await;
    assert_eq!(sums.json, json!([{ "sum": "19.50", "max": 10, "min": "2026-02-28" }]), "{}", sums.text);
}

fn urlencode(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsound_definition_is_refused_with_the_place_of_each_fault() {
    let (_app, owner) = shop().await;
    let told = |answer: Answer| -> Vec<(String, String)> {
        let text = |e: &Json, k: &str| e[k].as_str().unwrap_or_default().to_owned();
        let errors = answer.json["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|e| (text(e, "code"), text(e, "field"))).collect()
    };
    let at = "/api/v1/admin/objects/client/fields";
    let faults =
        told(owner.post(at, json!({ "name": "Big Boat", "kind": "integer", "options": ["a"] })).await);
    for wanted in ["name", "personal", "options"] {
        assert!(faults.contains(&("model.invalid".into(), wanted.into())), "{wanted}: {faults:?}");
    }
    let kind = told(field(&owner, "client", json!({ "name": "x", "kind": "colour" })).await);
    assert_eq!(kind, [("model.invalid".to_string(), "kind".to_string())]);
    let unknown = told(field(&owner, "client", json!({ "name": "x", "kind": "text", "lable": "X" })).await);
    assert_eq!(unknown, [("model.invalid".to_string(), "lable".to_string())]);
    let twice = field(&owner, "client", json!({ "name": "name", "kind": "text" })).await;
    assert_eq!(twice.refusal(), (409, "field.duplicate"));
    let parts =
        told(field(&owner, "client", json!({ "name": "x", "kind": "parts", "of": "order_line" })).await);
    assert!(parts.contains(&("model.invalid".into(), "kind".into())), "{parts:?}");
    assert_eq!(field(&owner, "boat", json!({ "name": "x", "kind": "text" })).await.status(), 404);
    // The same with a sound one.
    field(&owner, "client", json!({ "name": "x", "kind": "text" })).await.expect_status(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_manage_objects_is_refused_and_nothing_changes() {
    let (app, owner) = shop().await;
    let viewer = app.sign_in_as("viewer").await;
    let refused = field(&viewer, "client", json!({ "name": "x", "kind": "text" })).await;
    assert_eq!(refused.refusal(), (403, "policy.denied"));
    assert_eq!(refused.json["right"], "objects.manage");
    assert_eq!(viewer.get("/api/v1/admin/objects").await.status(), 403);
    let all = owner.get("/api/v1/admin/objects").await.expect_status(200);
    assert_eq!(all.json["version"], 0);
    let client = all.json["objects"]
        .as_array()
        .expect("objects")
        .iter()
        .find(|o| o["name"] == "client")
        .expect("clients");
    assert!(client["fields"].as_array().expect("fields").iter().all(|f| f["own"] == false));
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_who_want_the_same_unique_value_get_one() {
    let (_app, owner) = shop().await;
    field(
        &owner,
        "client",
        json!({ "name": "code", "kind": "text", "unique": "workspace", "required": true }),
    )
    .await
    .expect_status(201);
    let missing = owner.post("/api/v1/clients", json!({ "name": "No code" })).await;
    assert_eq!(missing.refusal(), (422, "field.required"));
    let tries = (0..20).map(|n| {
        let owner = owner.clone();
        async move { owner.post("/api/v1/clients", json!({ "name": format!("C{n}"), "code": "K-1" })).await }
    });
    let answers = futures_util::future::join_all(tries).await;
    let made = answers.iter().filter(|a| a.status() == 201).count();
    assert_eq!(made, 1);
    for answer in answers.iter().filter(|a| a.status() != 201) {
        assert_eq!(answer.refusal(), (409, "field.duplicate"), "{}", answer.text);
        assert_eq!(answer.json["errors"][0]["field"], "code");
    }
    // Archived, it gives its value up; restored, it wants it back.
    let first = owner.get("/api/v1/clients?code=eq.K-1&select=id").await.json[0]["id"]
        .as_str()
        .expect("one")
        .to_owned();
    owner.put(&format!("/api/v1/clients/{first}/archival"), Json::Null).await.expect_status(204);
    let second =
        owner.post("/api/v1/clients", json!({ "name": "Second", "code": "K-1" })).await.expect_status(201);
    let back = owner.delete(&format!("/api/v1/clients/{first}/archival")).await;
    assert_eq!(back.refusal(), (409, "field.duplicate"));
    owner
        .patch(&format!("/api/v1/clients/{}", id(&second)), json!({ "code": "K-2" }))
        .await
        .expect_status(200);
    owner.delete(&format!("/api/v1/clients/{first}/archival")).await.expect_status(204);
    let rows = json!([{ "name": "A", "code": "K-9" }, { "name": "B", "code": "K-9" }]);
    assert_eq!(owner.post("/api/v1/clients", rows).await.refusal(), (409, "field.duplicate"));
    let upsert = owner.with("prefer", "resolution=merge-duplicates");
    let changed =
        upsert.post("/api/v1/clients?on_conflict=code", json!([{ "code": "K-2", "name": "Renamed" }])).await;
    assert_eq!(changed.expect_status(200).json[0]["id"], json!(id(&second)));
    // A number is the same however many noughts are written behind it.
    let ratio = json!({ "name": "ratio", "kind": "decimal", "unique": "workspace" });
    field(&owner, "client", ratio).await.expect_status(201);
    let third =
        owner.post("/api/v1/clients", json!({ "name": "Third", "code": "K-3", "ratio": "1.50" })).await;
    for ratio in ["1.5", "1.500"] {
        let again = json!([{ "name": "Third", "code": "K-3", "ratio": ratio }]);
        let same = upsert.post("/api/v1/clients?on_conflict=ratio", again).await;
        assert_eq!(same.expect_status(200).json[0]["id"], json!(id(&third)));
        let other =
            owner.post("/api/v1/clients", json!({ "name": "X", "code": "K-4", "ratio": ratio })).await;
        assert_eq!(other.refusal(), (409, "field.duplicate"), "{}", other.text);
    }
    let twice = json!([{ "name": "X", "code": "K-5", "ratio": "2.5" }, { "name": "Y", "code": "K-6", "ratio": "2.50" }]);
    assert_eq!(
        upsert.post("/api/v1/clients?on_conflict=ratio", twice).await.refusal(),
        (409, "field.duplicate")
    );
    // What is double already cannot become unique.
    field(&owner, "client", json!({ "name": "plate", "kind": "integer" })).await.expect_status(201);
    let all = owner.patch("/api/v1/clients?id=not.is.null", json!({ "plate": 5 })).await;
    all.expect_status(204);
    let at = "/api/v1/admin/objects/client/fields/plate";
    let double = owner.patch(at, json!({ "unique": "workspace" })).await;
    assert_eq!(double.refusal(), (409, "field.duplicate"), "{}", double.text);
    assert!(double.text.contains("“5”"), "{}", double.text);
    for (n, record) in [&first, &id(&third)].into_iter().enumerate() {
        let other = owner.patch(&format!("/api/v1/clients/{record}"), json!({ "plate": 6 + n })).await;
        other.expect_status(200);
    }
    owner.patch(at, json!({ "unique": "workspace" })).await.expect_status(200);
    let taken = owner.patch(&format!("/api/v1/clients/{first}"), json!({ "plate": 5 })).await;
    assert_eq!(taken.refusal(), (409, "field.duplicate"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_referred_to_by_an_own_field_is_held_emptied_or_takes_along() {
    let (app, owner) = shop().await;
    for (name, on_delete) in [("holder_id", "restrict"), ("loose_id", "set_null"), ("whole_id", "cascade")] {
        let body = json!({ "name": name, "kind": "reference", "to": "product", "on_delete": on_delete });
        field(&owner, "client", body).await.expect_status(201);
    }
    let nobody = owner.post("/api/v1/clients", json!({ "name": "X", "holder_id": Uuid::now_v7() })).await;
    assert_eq!(nobody.refusal(), (422, "reference.not_found"));
    let [held, loose, whole] = [0, 1, 2].map(|n| format!("P{n}"));
    let mut ids = vec![];
    for name in [&held, &loose, &whole] {
        ids.push(app.given("product", json!({ "name": name })).await);
    }
    let body = json!({ "name": "Holds", "holder_id": ids[0], "loose_id": ids[1] });
    let holds = id(&owner.post("/api/v1/clients", body).await.expect_status(201));
    let goes =
        owner.post("/api/v1/clients", json!({ "name": "Goes", "whole_id": ids[2] })).await.expect_status(201);
    let refused = owner.delete(&format!("/api/v1/products/{}", ids[0])).await;
    assert_eq!(refused.refusal(), (409, "record.in_use"), "{}", refused.text);
    owner.delete(&format!("/api/v1/products/{}", ids[1])).await.expect_status(204);
    let read = owner.get(&format!("/api/v1/clients/{holds}?select=holder_id,loose_id")).await;
    assert_eq!(read.json, json!({ "holder_id": ids[0], "loose_id": null }));
    owner.delete(&format!("/api/v1/products/{}", ids[2])).await.expect_status(204);
    assert_eq!(owner.get(&format!("/api/v1/clients/{}", id(&goes))).await.status(), 404);
    // Referring and deleting at the same time: one of them comes too late.
    for _ in 0..5 {
        let product = app.given("product", json!({ "name": "Race" })).await;
        let path = format!("/api/v1/products/{product}");
        let (made, gone) = tokio::join!(
            owner.post("/api/v1/clients", json!({ "name": "Race", "holder_id": product })),
            owner.delete(&path)
        );
        assert!((made.status() == 201) != (gone.status() == 204), "{} {}", made.text, gone.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_is_put_away_brought_back_and_deleted() {
    let (app, owner) = shop().await;
    field(&owner, "client", json!({ "name": "berth", "kind": "text", "unique": "workspace" }))
        .await
        .expect_status(201);
    let made = owner.post("/api/v1/clients", json!({ "name": "A", "berth": "N-1" })).await.expect_status(201);
    let record = format!("/api/v1/clients/{}", id(&made));
    let at = "/api/v1/admin/objects/client/fields/berth";
    assert_eq!(owner.delete(at).await.refusal(), (409, "model.not_archived"));
    owner.put(&format!("{at}/archival"), Json::Null).await.expect_status(204);
    assert!(owner.get(&record).await.json.get("berth").is_none());
    assert_eq!(owner.patch(&record, json!({ "berth": "N-2" })).await.refusal(), (422, "field.unknown"));
    let again = field(&owner, "client", json!({ "name": "berth", "kind": "text" })).await;
    assert_eq!(again.refusal(), (409, "field.duplicate"));
    // A change of something else leaves the value that nobody sees.
    field(&owner, "client", json!({ "name": "pier", "kind": "text" })).await.expect_status(201);
    owner.patch(&record, json!({ "pier": "West", "name": "B" })).await.expect_status(200);
    owner.delete(&format!("{at}/archival")).await.expect_status(204);
    assert_eq!(
        owner.get(&format!("{record}?select=berth,pier")).await.json,
        json!({ "berth": "N-1", "pier": "West" })
    );
    let taken = owner.post("/api/v1/clients", json!({ "name": "C", "berth": "N-1" })).await;
    assert_eq!(taken.refusal(), (409, "field.duplicate"));
    owner.put(&format!("{at}/archival"), Json::Null).await.expect_status(204);
    let unsure = owner.delete(at).await;
    assert_eq!(unsure.refusal(), (409, "model.confirm"));
    assert_eq!(unsure.json["records"], 1);
    // It waits for a day, in which it can be brought back with everything that was in it.
    let leaving = owner.delete(&format!("{at}?confirm=berth")).await.expect_status(202);
    let at_time: kernel::Timestamp =
        leaving.json["leaving"].as_str().expect("a time").parse().expect("a time");
    let hours = (at_time.as_second() - kernel::Timestamp::now().as_second()) / 3600;
    assert!((23..=24).contains(&hours), "{}", leaving.text);
    app.work().await;
    let fields = owner.get("/api/v1/admin/objects/client").await.json["fields"].clone();
    let told = fields.as_array().expect("fields").iter().find(|f| f["name"] == "berth").expect("it is there");
    assert_eq!((&told["archived"], &told["leaving"]), (&json!(true), &leaving.json["leaving"]));
    owner.delete(&format!("{at}/archival")).await.expect_status(204);
    app.sql("update kontor.jobs set run_at = now() where kind = 'model.purge'").await;
    app.work().await;
    assert_eq!(owner.get(&record).await.json["berth"], "N-1", "an order that was taken back does nothing");
    owner.put(&format!("{at}/archival"), Json::Null).await.expect_status(204);
    // At once, there is no way back, and until the job is done the name is not free.
    owner.delete(&format!("{at}?confirm=berth&now=true")).await.expect_status(202);
    assert_eq!(owner.delete(&format!("{at}/archival")).await.refusal(), (409, "model.leaving"));
    let again = field(&owner, "client", json!({ "name": "berth", "kind": "integer" })).await;
    assert_eq!(again.refusal(), (409, "field.duplicate"));
    app.work().await;
    field(&owner, "client", json!({ "name": "berth", "kind": "integer" })).await.expect_status(201);
    assert_eq!(owner.get(&record).await.json["berth"], Json::Null);
    assert_eq!(owner.get(&record).await.json["pier"], "West", "nothing else went");
    assert_eq!(owner.post("/api/v1/clients", json!({ "name": "C", "berth": 1 })).await.status(), 201);
    let log = owner.get("/api/v1/changes?object=model&limit=50").await.expect_status(200);
    let actions: Vec<&str> = log.json["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .filter_map(|c| c["entries"][0]["action"].as_str())
        .collect();
    assert_eq!(
        actions,
        [
            "create", "delete", "delete", "archive", "restore", "delete", "archive", "restore", "create",
            "archive", "create"
        ],
        "{}",
        log.text
    );
    assert_eq!(log.json["changes"][0]["entries"][0]["after"]["definition"]["kind"], "integer");
    drop(app);
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_kinds_options_and_order_change_and_what_would_lose_values_does_not() {
    let (_app, owner) = shop().await;
    field(&owner, "client", json!({ "name": "size", "kind": "integer" })).await.expect_status(201);
    field(&owner, "client", json!({ "name": "hue", "kind": "select", "options": ["red", "blue"] }))
        .await
        .expect_status(201);
    let made = owner
        .post("/api/v1/clients", json!({ "name": "A", "size": 12, "hue": "red" }))
        .await
        .expect_status(201);
    let record = format!("/api/v1/clients/{}", id(&made));
    let (size, hue) = ("/api/v1/admin/objects/client/fields/size", "/api/v1/admin/objects/client/fields/hue");
    let seen = owner.get("/api/v1/admin/objects/client").await.header("etag").to_owned();
    let renamed = owner
        .with("if-match", seen.clone())
        .patch(size, json!({ "label": "Length" }))
        .await
        .expect_status(200);
    let shown =
        renamed.json["fields"].as_array().expect("fields").iter().find(|f| f["name"] == "size").expect("it");
    assert_eq!((&shown["label"], &shown["own"]), (&json!("Length"), &json!(true)));
    let late = owner.with("if-match", seen).patch(size, json!({ "label": "Breadth" })).await;
    assert_eq!(late.refusal(), (409, "model.version_conflict"));
    assert_eq!(owner.patch(size, json!({ "name": "length" })).await.refusal(), (422, "field.read_only"));
    assert_eq!(owner.patch(size, json!({ "kind": "date" })).await.refusal(), (422, "model.kind"));
    owner.patch(size, json!({ "kind": "decimal" })).await.expect_status(200);
    assert_eq!(owner.get(&record).await.json["size"], "12");
    assert_eq!(owner.patch(&record, json!({ "size": "12.5" })).await.expect_status(200).json["size"], "12.5");
    let used = owner.patch(hue, json!({ "options": ["blue", "green"] })).await;
    assert_eq!(used.refusal(), (409, "record.in_use"), "{}", used.text);
    owner.patch(hue, json!({ "options": ["red", "green"] })).await.expect_status(200);
    assert_eq!(owner.patch(&record, json!({ "hue": "blue" })).await.refusal(), (422, "field.unknown_option"));
    // A shipped field keeps what the blueprint says of it, its label apart.
    let shipped = "/api/v1/admin/objects/client/fields/name";
    assert_eq!(owner.patch(shipped, json!({ "kind": "long_text" })).await.refusal(), (409, "model.shipped"));
    owner.patch(shipped, json!({ "label": "Customer" })).await.expect_status(200);
    assert_eq!(owner.put(&format!("{shipped}/archival"), Json::Null).await.refusal(), (409, "model.shipped"));
    let order = json!({ "fields": ["hue", "name", "size"] });
    let ordered = owner.put("/api/v1/admin/objects/client/fields/order", order).await.expect_status(200);
    let names: Vec<&str> = ordered.json["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .filter_map(|f| f["name"].as_str())
        .collect();
    assert_eq!(names[..4], ["id", "hue", "name", "size"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_sees_a_new_field_with_its_next_request() {
    let (app, owner) = shop().await;
    let other = app.second_node().await;
    let there = owner.at(&other);
    assert_eq!(there.get("/api/v1/clients?select=name").await.status(), 200);
    assert_eq!(there.get("/api/v1/clients?select=draught").await.refusal(), (400, "query.no_such_field"));
    field(&owner, "client", json!({ "name": "draught", "kind": "decimal" })).await.expect_status(201);
    there.post("/api/v1/clients", json!({ "name": "Deep", "draught": "2.1" })).await.expect_status(201);
    assert_eq!(
        owner.get("/api/v1/clients?draught=gt.2&select=draught").await.json,
        json!([{ "draught": "2.1" }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_field_of_a_shipped_object_has_stages_of_its_own() {
    let (_app, owner) = shop().await;
    let body = json!({ "name": "wooing", "kind": "select", "options": ["cold", "warm", "won"] });
    field(&owner, "client", body).await.expect_status(201);
    let at = "/api/v1/admin/objects/client";
    let old =
        owner.post("/api/v1/clients", json!({ "name": "Old", "wooing": "warm" })).await.expect_status(201);
    let stages = |names: &[&str]| {
        let one = |n: &&str| match *n {
            "won" => json!({ "name": n, "to": [], "outcome": "won", "gates": [{ "filled": "email" }] }),
            "cold" => json!({ "name": n, "to": names.iter().filter(|n| **n == "warm").collect::<Vec<_>>() }),
            _ => json!({ "name": n }),
        };
        let stages: Vec<Json> = names.iter().map(one).collect();
        json!({ "pipelines": [{ "name": "wooing", "label": "Wooing", "field": "wooing", "stages": stages }] })
    };
    let lost = owner.patch(at, stages(&["cold", "won"])).await;
    assert_eq!(lost.refusal(), (409, "record.in_use"), "{}", lost.text);
    let told = owner.patch(at, stages(&["cold", "warm", "won"])).await.expect_status(200);
    let told =
        told.json["pipelines"].as_array().expect("pipelines").iter().find(|p| p["name"] == "wooing").cloned();
    assert_eq!(told.expect("it is described")["own"], true);
    let new = owner.post("/api/v1/clients", json!({ "name": "New" })).await.expect_status(201);
    assert_eq!(new.json["wooing"], "cold", "a new record enters the first stage");
    let record = format!("/api/v1/clients/{}", id(&new));
    assert_eq!(owner.patch(&record, json!({ "wooing": "won" })).await.refusal(), (422, "stage.not_allowed"));
    owner.patch(&record, json!({ "wooing": "warm" })).await.expect_status(200);
    assert_eq!(owner.patch(&record, json!({ "wooing": "won" })).await.refusal(), (422, "stage.gate"));
    let moves = owner.get(&format!("{record}/stage-history")).await.expect_status(200);
    assert_eq!(moves.json.as_array().map(Vec::len), Some(2), "{}", moves.text);
    // Of what the blueprint brought the stages stay.
    let shipped = json!({ "pipelines": [{ "name": "own", "label": "Own", "field": "status", "stages": [{ "name": "x" }] }] });
    let refused = owner.patch("/api/v1/admin/objects/order", shipped).await;
    assert_eq!(refused.refusal(), (422, "model.invalid"), "{}", refused.text);
    // Stages are put away with their field, and come back with it.
    let field_at = format!("{at}/fields/wooing");
    owner.put(&format!("{field_at}/archival"), Json::Null).await.expect_status(204);
    assert!(owner.get(&record).await.json.get("wooing").is_none());
    owner.delete(&format!("{field_at}/archival")).await.expect_status(204);
    assert_eq!(owner.patch(&record, json!({ "wooing": "won" })).await.refusal(), (422, "stage.gate"));
    assert_eq!(owner.get(&format!("/api/v1/clients/{}", id(&old))).await.json["wooing"], "warm");
}
