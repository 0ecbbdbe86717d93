//! Imports as jobs: checked, written, resumed, taken back.
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;
use testkit::{Client, TestApp};

async fn upload(client: &Client, name: &str, bytes: impl Into<Vec<u8>>) -> Value {
    let path = format!("/api/v1/imports/uploads?name={name}");
    let answer = client.send_bytes(Method::POST, &path, bytes.into(), "application/octet-stream").await;
    answer.expect_status(201).json["id"].clone()
}

async fn start(client: &Client, order: Value) -> String {
    let answer = client.post("/api/v1/imports/jobs", order).await.expect_status(202);
    answer.json["id"].as_str().expect("an id").to_owned()
}

async fn show(client: &Client, id: &str) -> Value {
    client.get(&format!("/api/v1/imports/jobs/{id}")).await.expect_status(200).json
}

async fn run(app: &TestApp, client: &Client, order: Value) -> Value {
    let id = start(client, order).await;
    app.work().await;
    show(client, &id).await
}

/// How many there are, by a count that the database makes.
async fn count(client: &Client, path: &str) -> String {
    let answer = client.with("prefer", "count=exact").get(&format!("{path}&limit=1")).await;
    assert!(matches!(answer.status(), 200 | 206), "{}", answer.text);
    answer.header("content-range").rsplit('/').next().unwrap_or_default().to_owned()
}

const MAPPING: &str = r#"
object = "contact"
key = ["external_id"]
[columns]
id = "external_id"
first = "first_name"
last = "last_name"
mail = "email"
boss = { field = "reports_to_id", by = "external_id" }
"#;

/// `rows` contacts; those of `wrong` have no sound address.
fn contacts(rows: usize, wrong: &[usize]) -> String {
    let mut text = String::from("id,first,last,mail,boss\n");
    for n in 1..=rows {
        let mail = if wrong.contains(&n) { "nobody".into() } else { format!("p{n}@example.org") };
        writeln!(text, "c{n},Ann,Number {n},{mail},").expect("a text takes everything");
    }
    text
}

#[tokio::test]
async fn wrong_rows_stop_an_import_or_stand_in_its_error_file_and_the_rest_can_be_taken_back() {
    let app = TestApp::new("sales").await;
    let ada = app.sign_in_as("admin").await;
    let file = upload(&ada, "people.csv", contacts(2_300, &[7, 1_500])).await;
    let order = json!({ "upload": file, "mapping": MAPPING });

    let stopped = run(&app, &ada, order.clone()).await;
    assert_eq!(
        (&stopped["state"], &stopped["refused"], &stopped["total"]),
        (&json!("refused"), &json!(2), &json!(2_300))
    );
    assert_eq!(count(&ada, "/api/v1/contacts?select=id").await, "0", "one wrong row, and nothing is written");
    assert_eq!((&stopped["errors"][0]["row"], &stopped["errors"][0]["column"]), (&json!(8), &json!("mail")));

    let mut lenient = order.clone();
    lenient["on_error"] = json!("skip");
    let mut rehearsed = lenient.clone();
    rehearsed["dry_run"] = json!(true);
    let dry = run(&app, &ada, rehearsed).await;
    assert_eq!((&dry["state"], &dry["created"], &dry["refused"]), (&json!("done"), &json!(2_298), &json!(2)));
    assert_eq!(count(&ada, "/api/v1/contacts?select=id").await, "0");

    let done = run(&app, &ada, lenient).await;
    assert_eq!(
        (&done["state"], &done["created"], &done["done"]),
        (&json!("done"), &json!(2_298), &json!(2_300))
    );
    assert_eq!(count(&ada, "/api/v1/contacts?select=id").await, "2298");
    let id = done["id"].as_str().expect("an id");
    let errors = ada.get(&format!("/api/v1/imports/jobs/{id}/errors.csv")).await.expect_status(200).text;
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "id,first,last,mail,boss,import_row,import_errors"));
    assert!(
        lines[2].starts_with("c1500,Ann,Number 1500,nobody,,1501,") && lines[2].contains("mail"),
        "{}",
        lines[2]
    );

    let mended = errors.replace("nobody", "found@example.org").replacen("found@", "other@", 1);
    let again = upload(&ada, "errors.csv", mended).await;
    let second = run(&app, &ada, json!({ "upload": again, "mapping": MAPPING })).await;
    assert_eq!((&second["state"], &second["created"]), (&json!("done"), &json!(2)), "{second}");

    let bob = app.sign_in_as("admin").await;
    ada.delete(&format!("/api/v1/imports/jobs/{id}")).await.expect_status(202);
    app.work().await;
    assert_eq!(show(&ada, id).await["state"], "undone");
    assert_eq!(count(&bob, "/api/v1/contacts?select=id").await, "2", "those of the second import stay");
    let twice = ada.delete(&format!("/api/v1/imports/jobs/{id}")).await;
    assert_eq!(twice.refusal(), (409, "change.nothing_to_undo"));
}

/// The answer of a commit can get lost, or a second worker may believe that the job is its own.
#[tokio::test]
async fn an_import_that_stands_is_not_written_again_whatever_a_worker_reported() {
    let app = TestApp::new("sales").await;
    let ada = app.sign_in_as("admin").await;
    let file = upload(&ada, "people.csv", contacts(3, &[])).await;
    let mapping = "object = \"contact\"\n[columns]\nfirst = \"first_name\"\nlast = \"last_name\"\n";
    let id = start(&ada, json!({ "upload": file, "mapping": mapping })).await;
    app.work().await;
    assert_eq!(count(&ada, "/api/v1/contacts?select=id").await, "3");
    app.sql("update kontor.imports set state = 'failed'").await;
    ada.post(&format!("/api/v1/imports/jobs/{id}/resumption"), json!({})).await.expect_status(202);
    app.work().await;
    assert_eq!(count(&ada, "/api/v1/contacts?select=id").await, "3", "nobody is there twice");
    let shown = show(&ada, &id).await;
    assert_eq!(shown["problem"][0]["code"], "import.invalid", "{shown}");
    ada.delete(&format!("/api/v1/imports/jobs/{id}")).await.expect_status(202);
    app.work().await;
    assert_eq!(count(&ada, "/api/v1/contacts?select=id").await, "0");
}

#[tokio::test]
async fn an_import_whose_worker_dies_goes_on_behind_the_last_row() {
    let app = TestApp::new("sales").await;
    let ada = app.sign_in_as("admin").await;
    let file = upload(&ada, "people.csv", contacts(6_000, &[])).await;
    let id = start(&ada, json!({ "upload": file, "mapping": MAPPING, "on_error": "skip" })).await;

    let config = jobs::WorkerConfig { lease: Duration::from_secs(1), ..Default::default() };
    let worker = app.node.worker().config(config);
    let dying = tokio::spawn(async move { worker.run_due().await });
    let before = loop {
        let done = show(&ada, &id).await["done"].as_u64().expect("a number");
        if done >= 1_000 {
            break done;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    dying.abort();
    let _killed = dying.await;
    assert!(before < 6_000, "it died too late to tell anything");
    let under_way = ada.post(&format!("/api/v1/imports/jobs/{id}/resumption"), json!({})).await;
    assert_eq!(under_way.refusal(), (409, "import.running"), "its lease still holds");

    tokio::time::sleep(Duration::from_millis(1_200)).await;
    app.work().await;
    ada.post(&format!("/api/v1/imports/jobs/{id}/resumption"), json!({})).await.expect_status(202);
    app.work().await;
    let done = show(&ada, &id).await;
    assert_eq!(
        (&done["state"], &done["created"], &done["done"]),
        (&json!("done"), &json!(6_000), &json!(6_000))
    );
    assert_eq!(
        count(&ada, "/api/v1/contacts?select=id").await,
        "6000",
        "nothing is missing, nothing is there twice"
    );

    ada.delete(&format!("/api/v1/imports/jobs/{id}")).await.expect_status(202);
    app.work().await;
    assert_eq!(
        count(&ada, "/api/v1/contacts?select=id").await,
        "0",
        "what both workers wrote is taken back as one"
    );
}

#[tokio::test]
async fn keys_find_records_and_rows_again_however_far_apart() {
    let app = TestApp::new("sales").await;
    let ada = app.sign_in_as("admin").await;
    let mut text = contacts(1_200, &[]);
    text.push_str("c5,Bea,Late,late@example.org,\n");
    // Row 2 refers to a row of the second piece, the last one to one of the first.
    let text = text.replacen("p1@example.org,", "p1@example.org,c1100", 1);
    let text = text.replacen("p1200@example.org,", "p1200@example.org,c2", 1);
    let file = upload(&ada, "people.csv", text).await;
    let order = json!({ "upload": file, "mapping": MAPPING, "on_error": "skip" });
    let done = run(&app, &ada, order.clone()).await;
    assert_eq!((&done["created"], &done["refused"]), (&json!(1_200), &json!(1)), "{done}");
    assert_eq!(done["errors"][0]["reason"], "Row 6 has the same key.");
    let boss = "/api/v1/contacts?select=external_id,reports_to(external_id)&external_id=in.(c1,c1200)&order=external_id";
    let linked = ada.get(boss).await.expect_status(200).json;
    assert_eq!(linked[0]["reports_to"]["external_id"], "c1100");
    assert_eq!(linked[1]["reports_to"]["external_id"], "c2");

    let again = run(&app, &ada, order.clone()).await;
    assert_eq!(
        (&again["created"], &again["updated"], &again["unchanged"]),
        (&json!(0), &json!(0), &json!(1_200))
    );
    let with = |mode: &str| {
        let mut order = order.clone();
        order["mode"] = json!(mode);
        order
    };
    let created = run(&app, &ada, with("create")).await;
    assert_eq!((&created["created"], &created["refused"]), (&json!(0), &json!(1_201)), "all of them exist");
    let one = upload(
        &ada,
        "one.csv",
        "id,first,last,mail,boss\nc1,Zoe,Changed,p1@example.org,c1100\nnew,A,B,x@example.org,\n",
    )
    .await;
    let mut order = with("update");
    order["upload"] = one;
    let updated = run(&app, &ada, order).await;
    assert_eq!(
        (&updated["updated"], &updated["created"], &updated["refused"]),
        (&json!(1), &json!(0), &json!(1))
    );
    assert_eq!(updated["errors"][0]["row"], 3);
}

#[tokio::test]
async fn a_file_without_a_mapping_goes_where_its_columns_surely_belong() {
    let app = TestApp::new("sales").await;
    let ada = app.sign_in_as("admin").await;
    let cards = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Dartmouth;Greg;;;\r\nFN:Greg Dartmouth\r\nEMAIL:greg@example.org\r\n\
                 BDAY:1960-09-10\r\nADR;TYPE=WORK:;;321 Custom St;Custom City;TX;98765;USA\r\nEND:VCARD\r\n";
    let file = upload(&ada, "greg.vcf", cards).await;
    let suggested = ada
        .post("/api/v1/imports/suggestions", json!({ "upload": file, "object": "contact" }))
        .await
        .expect_status(200)
        .json;
    let mail = suggested["columns"].as_array().expect("columns").iter().find(|c| c["column"] == "email");
    assert_eq!(mail.map(|c| &c["field"]), Some(&json!("email")));
    let done = run(&app, &ada, json!({ "upload": file, "object": "contact" })).await;
    assert_eq!((&done["state"], &done["created"]), (&json!("done"), &json!(1)), "{done}");
    let greg =
        &ada.get("/api/v1/contacts?select=name,email,birth_date,address").await.expect_status(200).json[0];
    assert_eq!((&greg["name"], &greg["birth_date"]), (&json!("Greg Dartmouth"), &json!("1960-09-10")));
    assert_eq!(greg["address"]["city"], "Custom City");

    let eve = app.sign_in_as("admin").await;
    let foreign = eve.post("/api/v1/imports/jobs", json!({ "upload": file, "object": "contact" })).await;
    assert_eq!(foreign.refusal(), (404, "record.not_found"), "a file is its owner's");
    let lost = upload(&ada, "page.html", "<html><body>nothing</body></html>").await;
    let failed = run(&app, &ada, json!({ "upload": lost, "object": "contact" })).await;
    assert_eq!((&failed["state"], &failed["problem"][0]["code"]), (&json!("failed"), &json!("import.file")));
}

#[tokio::test]
async fn a_row_that_only_the_database_refuses_is_named_all_the_same() {
    let app = TestApp::new("sales").await;
    let ada = app.sign_in_as("admin").await;
    let mut text = String::from("base_currency,currency,valid_on,rate\n");
    for day in 1..=20 {
        writeln!(text, "EUR,USD,2026-01-{day:02},1.1").expect("a text takes everything");
    }
    text.push_str("EUR,USD,2026-01-13,1.2\n");
    let file = upload(&ada, "rates.csv", text).await;
    let order = json!({ "upload": file, "object": "currency_rate", "on_error": "skip" });
    let done = run(&app, &ada, order).await;
    assert_eq!((&done["created"], &done["refused"]), (&json!(20), &json!(1)), "{done}");
    assert_eq!(
        (&done["errors"][0]["row"], &done["errors"][0]["code"]),
        (&json!(22), &json!("field.duplicate"))
    );
}

#[tokio::test]
async fn rows_like_stored_records_are_asked_about_skipped_or_change_them() {
    let app = TestApp::new("sales").await;
    let ada = app.sign_in_as("admin").await;
    let known = app.given("contact", json!({ "last_name": "Lee", "email": "ann@example.org" })).await;
    let text = "last_name,email,department\nLeigh,Ann@example.org,Sales\nRay,bo@example.org,Legal\n";
    let file = upload(&ada, "people.csv", text).await;
    let order = |duplicates: &str, choices: Value| json!({ "upload": file, "object": "contact", "duplicates": duplicates, "choices": choices, "dry_run": false });
    let asked = run(&app, &ada, order("ask", json!({}))).await;
    assert_eq!((&asked["state"], &asked["refused"]), (&json!("refused"), &json!(1)), "{asked}");
    let error = &asked["errors"][0];
    assert_eq!(
        (&error["row"], &error["code"], &error["value"]),
        (&json!(2), &json!("import.duplicate"), &json!(known))
    );

    let skipped = run(&app, &ada, order("ask", json!({ "2": "skip" }))).await;
    assert_eq!(
        (&skipped["state"], &skipped["created"], &skipped["skipped"]),
        (&json!("done"), &json!(1), &json!(1))
    );

    let updated = run(&app, &ada, order("update", json!({ "3": "skip" }))).await;
    assert_eq!(
        (&updated["updated"], &updated["created"], &updated["skipped"]),
        (&json!(1), &json!(0), &json!(1)),
        "{updated}"
    );
    let ann = ada.get(&format!("/api/v1/contacts/{known}")).await.expect_status(200).json;
    assert_eq!((&ann["last_name"], &ann["department"]), (&json!("Leigh"), &json!("Sales")));
}

/// Stored people, and rows that are like them in different ways; the score is that of `decisions.md`.
#[tokio::test]
async fn a_rehearsal_names_whom_rows_are_like_and_each_row_has_its_own_choice() {
    let app = TestApp::new("sales").await;
    let ada = app.sign_in_as("admin").await;
    let firm = app.given("client", json!({ "name": "Nordlicht GmbH" })).await;
    let person = |first: &str, last: &str, email: Value, phone: Value| json!({ "first_name": first, "last_name": last, "email": email, "phone": phone, "client_id": firm });
    let [ann, bo, cy] = [
        app.given("contact", person("Ann", "Lee", json!("ann@example.org"), json!("+4940111111"))).await,
        app.given("contact", person("Bo", "Ray", json!("bo@example.org"), json!(null))).await,
        app.given("contact", person("Cynthia", "Fjordbakken", json!(null), json!(null))).await,
    ];
    let text = format!(
        "first_name,last_name,email,phone,client_id\n\
         Anne,Lee,ann@example.org,+4940111111,{firm}\n\
         Bob,Raye,bo@example.org,,{firm}\n\
         Cyntia,Fjordbakken,,,{firm}\n\
         Dee,Unknown,dee@example.org,,{firm}\n"
    );
    let file = upload(&ada, "people.csv", text).await;
    let columns = json!({ "first_name": "first_name", "last_name": "last_name", "email": "email", "phone": "phone",
        "client_id": "client_id" });
    let order = |dry_run: bool, all: &str, choices: Value| {
        json!({ "upload": file, "mapping": { "object": "contact", "columns": columns }, "dry_run": dry_run,
            "duplicates": all, "choices": choices })
    };
    let rehearsed = run(&app, &ada, order(true, "create", json!({}))).await;
    assert_eq!((&rehearsed["created"], &rehearsed["duplicates"]), (&json!(4), &json!(3)), "{rehearsed}");
    let told: Vec<_> = rehearsed["matches"].as_array().expect("matches").iter().collect();
    let best = |i: usize| &told[i]["candidates"][0];
    assert_eq!(told.iter().map(|m| &m["row"]).collect::<Vec<_>>(), [&json!(2), &json!(3), &json!(4)]);
    assert_eq!([&best(0)["id"], &best(1)["id"], &best(2)["id"]], [&json!(ann), &json!(bo), &json!(cy)]);
    assert_eq!((&best(0)["title"], &told[0]["choice"]), (&json!("Ann Lee"), &json!("create")));
    let score = |i: usize| best(i)["score"].as_f64().expect("a score");
    assert!(score(0) > score(1) && score(1) > score(2), "{told:?}");
    assert!(score(2) >= 0.75, "same company and similar name: {told:?}");
    assert!(
        best(2)["reason"].as_str().is_some_and(|r| r.contains("name") && r.contains("company")),
        "{told:?}"
    );
    let id = rehearsed["id"].as_str().expect("an id");
    let page =
        ada.get(&format!("/api/v1/imports/jobs/{id}/matches?after=2&limit=1")).await.expect_status(200).json;
    assert_eq!((&page["matches"][0], &page["after"]), (told[1], &json!(3)));

    // For all: skip. For each: another, and for one another record than the one it is most like.
    let choices = json!({ "2": "update", "4": { "update": bo } });
    let done = run(&app, &ada, order(false, "skip", choices)).await;
    assert_eq!(
        ["created", "updated", "skipped", "refused"].map(|n| done[n].as_u64()),
        [Some(1), Some(2), Some(1), Some(0)],
        "{done}"
    );
    let names = ada.get("/api/v1/contacts?select=id,name&order=created_at").await.expect_status(200).json;
    let name = |at: usize| (&names[at]["id"], names[at]["name"].as_str().expect("a name"));
    assert_eq!(
        [name(0), name(1), name(2)],
        [(&json!(ann), "Anne Lee"), (&json!(bo), "Cyntia Fjordbakken"), (&json!(cy), "Cynthia Fjordbakken")]
    );
    assert_eq!((names.as_array().map(Vec::len), name(3).1), (Some(4), "Dee Unknown"));
}

#[tokio::test]
async fn two_rows_do_not_change_one_record_and_nobody_changes_what_is_not_there() {
    let app = TestApp::new("sales").await;
    let ada = app.sign_in_as("admin").await;
    let ann = app.given("contact", json!({ "last_name": "Lee", "email": "ann@example.org" })).await;
    let text = "last_name,email\nLeigh,ann@example.org\nLey,ann@example.org\nRay,bo@example.org\n";
    let file = upload(&ada, "people.csv", text).await;
    let order = |choices: Value| json!({ "upload": file, "object": "contact", "duplicates": "update", "on_error": "skip", "choices": choices });
    let nobody = kernel::Uuid::from_u128(7);
    let done = run(&app, &ada, order(json!({ "4": { "update": nobody } }))).await;
    assert_eq!(
        (&done["updated"], &done["created"], &done["refused"]),
        (&json!(1), &json!(0), &json!(2)),
        "{done}"
    );
    let errors: Vec<_> =
        done["errors"].as_array().expect("errors").iter().map(|e| (&e["row"], &e["value"])).collect();
    assert_eq!(errors, [(&json!(3), &json!(ann)), (&json!(4), &json!(nobody))]);
    assert_eq!(ada.get(&format!("/api/v1/contacts/{ann}")).await.json["last_name"], "Leigh");

    let wrong = ada.post("/api/v1/imports/jobs", order(json!({ "2": "replace" }))).await;
    assert_eq!(wrong.refusal(), (400, "body.invalid_shape"));
    let rates = json!({ "upload": file, "object": "currency_rate", "duplicates": "skip" });
    let refused = ada.post("/api/v1/imports/jobs", rates).await;
    assert_eq!(refused.json["errors"][0]["field"], "duplicates", "{}", refused.text);
}

#[tokio::test]
async fn files_go_after_a_week_and_refused_rows_after_a_month() {
    let app = TestApp::new("sales").await;
    let ada = app.sign_in_as("admin").await;
    let file = upload(&ada, "people.csv", "last_name,email\nLee,none\n").await;
    let mapping = json!({ "object": "contact", "columns": { "last_name": "last_name", "email": "email" } });
    let order = json!({ "upload": file, "mapping": mapping });
    let id = start(&ada, order.clone()).await;
    app.work().await;
    let waiting = upload(&ada, "later.csv", "last_name\nRay\n").await;
    let sweep = "insert into kontor.jobs (workspace_id, id, queue, kind, max_attempts) \
                 values ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'maintenance', 'maintenance.imports', 1)";
    let age = |table: &str, days: u32| {
        format!("update kontor.{table} set created_at = now() - interval '{days} days'")
    };
    let errors = format!("/api/v1/imports/jobs/{id}/errors.csv");

    app.sql(&age("import_uploads", 8)).await;
    app.sql(&age("imports", 8)).await;
    let ordered = start(&ada, json!({ "upload": waiting, "object": "contact" })).await;
    // Behind the other queues: the import that waits is done first, so its file is held back by hand.
    app.sql("update kontor.jobs set run_at = now() + interval '1 hour' where kind = 'import.run' and state = 'waiting'").await;
    app.sql(sweep).await;
    app.work().await;
    assert!(
        ada.get(&errors).await.expect_status(200).text.contains("none"),
        "refused rows are kept for longer"
    );
    let gone = ada.post("/api/v1/imports/jobs", order).await;
    assert_eq!(gone.refusal(), (404, "record.not_found"), "the file is gone");
    app.sql("update kontor.jobs set run_at = now() where kind = 'import.run' and state = 'waiting'").await;
    app.work().await;
    assert_eq!(show(&ada, &ordered).await["created"], 1, "what an import waits for is kept");

    app.sql(&age("imports", 31)).await;
    app.sql(sweep).await;
    app.work().await;
    let shown = show(&ada, &id).await;
    assert_eq!(
        (&shown["refused"], &shown["errors"], &shown["error_file"]),
        (&json!(1), &json!([]), &Value::Null)
    );
    assert!(!ada.get(&errors).await.expect_status(200).text.contains("none"));
}
