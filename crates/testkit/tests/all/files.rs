//! Files on records: begun, sent to the storage, completed; read by whoever reads the record, in a folder as in S3.
use files::{Place, s3_server};
use kernel::Uuid;
use reqwest::{Client as Http, Method, Response};
use serde_json::{Value as Json, json};
use testkit::{Answer, Client, Setup, TestApp};

/// 1 × 1 pixels; a real one, as far as it goes.
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
const PROGRAM: &[u8] =
    b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0This program cannot be run in DOS mode.";

async fn begin(who: &Client, name: &str, mime: &str, size: usize, more: Json) -> Answer {
    let mut body = json!({ "name": name, "mime_type": mime, "size": size });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    who.post("/api/v1/files/uploads", body).await
}

/// As a browser would: by the address and the headers that were given, without a session.
async fn send(begun: &Answer, bytes: &[u8]) -> Response {
    let upload = &begun.json["upload"];
    let mut request = Http::new().put(upload["url"].as_str().expect("an address")).body(bytes.to_vec());
    for (name, value) in upload["headers"].as_object().expect("headers") {
        request = request.header(name, value.as_str().expect("a text"));
    }
    request.send().await.expect("an answer")
}

fn completion(begun: &Answer) -> String {
    format!("/api/v1/files/uploads/{}/completion", begun.json["id"].as_str().expect("an id"))
}

async fn complete(who: &Client, begun: &Answer) -> Answer {
    who.send(Method::POST, &completion(begun), None).await
}

/// All three steps.
async fn bring(who: &Client, name: &str, mime: &str, bytes: &[u8], more: Json) -> Json {
    let begun = begin(who, name, mime, bytes.len(), more).await.expect_status(201);
    let sent = send(&begun, bytes).await;
    assert!(sent.status().is_success(), "{}", sent.status());
    complete(who, &begun).await.expect_status(201).json
}

fn id_of(record: &Json) -> Uuid {
    record["id"].as_str().expect("an id").parse().expect("a UUID")
}

/// What a file's link leads to.
async fn fetched(who: &Client, file: &Json, how: &str) -> Response {
    let link =
        who.get(&format!("/api/v1/files/{}/content?as=link{how}", id_of(file))).await.expect_status(200);
    reqwest::get(link.json["url"].as_str().expect("an address")).await.expect("an answer")
}

fn header<'a>(reply: &'a Response, name: &str) -> &'a str {
    reply.headers().get(name).map_or("", |v| v.to_str().expect("plain"))
}

/// One telling of the whole way, the same wherever files lie.
async fn a_file_comes_and_is_read(app: &TestApp, in_s3: bool) {
    let owner = app.sign_in_as("owner").await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let more = json!({ "client_id": client, "category": "photo" });
    let begun = begin(&owner, "März.gif", "image/gif", GIF.len(), more).await.expect_status(201);
    assert_eq!(begun.json["upload"]["method"], "PUT");
    assert_eq!(complete(&owner, &begun).await.refusal(), (409, "file.incomplete"), "nothing has come");
    assert!(send(&begun, GIF).await.status().is_success());
    let made = complete(&owner, &begun).await.expect_status(201);
    let file = made.json.clone();
    assert_eq!((&file["mime_type"], &file["size"]), (&json!("image/gif"), &json!(GIF.len())));
    assert_eq!((&file["width"], &file["height"]), (&json!(1), &json!(1)));
    assert_eq!((&file["client_id"], &file["category"]), (&json!(client), &json!("photo")));
    assert_eq!(file["checksum"], "6c63cc5063ac82d8bbc925f9a31adf3a87f1510c021e0fde51854d60484b5019");
    assert_eq!(file["scan_status"], "skipped");
    // Said twice, it is done once.
    let again = complete(&owner, &begun).await.expect_status(200);
    assert_eq!((&again.json["id"], &again.json["version"]), (&file["id"], &json!(1)));
    assert_eq!(again.header("x-change-set"), "");
    let log = owner.get(&format!("/api/v1/files/{}/history", id_of(&file))).await.expect_status(200).json;
    assert_eq!(log["changes"].as_array().map(Vec::len), Some(1), "{log}");
    assert_eq!(log["changes"][0]["id"], made.header("x-change-set"));

    let reply = fetched(&owner, &file, "").await;
    assert!(header(&reply, "content-disposition").starts_with("attachment; "), "{:?}", reply.headers());
    assert!(header(&reply, "content-disposition").ends_with("M%C3%A4rz.gif"));
    assert_eq!(header(&reply, "content-type"), "application/octet-stream");
    assert_eq!(&reply.bytes().await.expect("a body")[..], GIF);
    let reply = fetched(&owner, &file, "&inline=true").await;
    assert!(header(&reply, "content-disposition").starts_with("inline; "));
    assert_eq!(header(&reply, "content-type"), "image/gif");
    // What was sent to the address afterwards does not become the file.
    send(&begun, &PROGRAM[..GIF.len()]).await;
    assert_eq!(&fetched(&owner, &file, "").await.bytes().await.expect("a body")[..], GIF);

    // Named like an image, and none.
    let begun = begin(&owner, "boat.png", "image/png", PROGRAM.len(), json!({})).await.expect_status(201);
    assert!(send(&begun, PROGRAM).await.status().is_success());
    assert_eq!(complete(&owner, &begun).await.refusal(), (415, "file.type"));
    assert_eq!(complete(&owner, &begun).await.refusal(), (409, "file.incomplete"), "it did not stay");
    // More and less than was announced.
    let begun = begin(&owner, "a.pdf", "application/pdf", PDF.len() - 1, json!({})).await.expect_status(201);
    let sent = send(&begun, PDF).await;
    assert_eq!(complete(&owner, &begun).await.refusal(), (409, "file.incomplete"));
    let begun = begin(&owner, "a.pdf", "application/pdf", PDF.len() + 1, json!({})).await.expect_status(201);
    let sent = [sent.status(), send(&begun, PDF).await.status()];
    // S3's addresses bind no length; ours do.
    assert!(in_s3 || sent.iter().all(|s| s.is_client_error()), "{sent:?}");
    assert_eq!(complete(&owner, &begun).await.refusal(), (409, "file.incomplete"));
    assert_eq!(owner.get("/api/v1/files?select=id").await.json.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_file_is_sent_into_the_folder_and_read_by_a_link() {
    let app = TestApp::new("orders").await;
    a_file_comes_and_is_read(&app, false).await;
}

#[tokio::test]
async fn a_file_is_sent_to_s3_and_read_from_there() {
    let server = s3_server::start().await;
    let origin = server.place.endpoint.clone().expect("an endpoint").origin().ascii_serialization();
    let setup = Setup { place: Some(Place::S3(server.place.clone())), ..Setup::new(&["orders"]) };
    let app = TestApp::with(setup).await;
    a_file_comes_and_is_read(&app, true).await;
    let owner = app.sign_in_as("owner").await;
    let begun = begin(&owner, "a.pdf", "application/pdf", PDF.len(), json!({})).await.expect_status(201);
    let url = begun.json["upload"]["url"].as_str().expect("an address");
    assert!(url.starts_with(&origin) && url.contains("X-Amz-Expires=900"), "{url}");
    let pages = app.stranger().get("/api/v1").await;
    assert!(pages.header("content-security-policy").contains(&format!("connect-src 'self' {origin}")));
}

#[tokio::test]
async fn what_cannot_become_a_file_is_refused_before_it_is_sent() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let nowhere = json!({ "client_id": Uuid::now_v7(), "colour": "red", "checksum": "00" });
    let refused = begin(&owner, "x.svg", "image/svg+xml", (50 << 20) + 1, nowhere).await.expect_status(413);
    let codes: Vec<_> = refused.json["errors"].as_array().expect("errors").iter().collect();
    let told: Vec<_> = codes.iter().map(|e| (e["code"].as_str(), e["field"].as_str())).collect();
    for due in [
        ("file.too_large", "size"),
        ("file.type", "mime_type"),
        ("field.unknown", "colour"),
        ("field.read_only", "checksum"),
        ("reference.not_found", "client_id"),
    ] {
        assert!(told.contains(&(Some(due.0), Some(due.1))), "{due:?} is not among {told:?}");
    }
    let empty = begin(&owner, "x.pdf", "application/pdf", 0, json!({})).await;
    assert_eq!(empty.refusal(), (422, "field.out_of_range"));
    begin(&owner, "x.pdf", "application/pdf", 50 << 20, json!({})).await.expect_status(201);
    assert_eq!(app.sql_text("select count(*) from data.files").await, "0", "nothing was made of it");
}

#[tokio::test]
async fn a_file_is_for_whoever_may_read_its_record() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let file = bring(&owner, "offer.pdf", "application/pdf", PDF, json!({})).await;
    let content = format!("/api/v1/files/{}/content", id_of(&file));
    let viewer = app.sign_in_as("viewer").await;
    assert_eq!(
        begin(&viewer, "a.pdf", "application/pdf", 9, json!({})).await.refusal(),
        (403, "policy.denied")
    );
    let sent_there = viewer.get(&content).await;
    // Our client follows; what it gets in the end is the file.
    assert_eq!((sent_there.status(), sent_there.text.as_bytes()), (200, PDF));
    assert_eq!(app.stranger().get(&content).await.refusal(), (401, "auth.required"));
    // Somebody else's upload is nobody's.
    let begun = begin(&owner, "b.pdf", "application/pdf", PDF.len(), json!({})).await.expect_status(201);
    let other = app.sign_in_as("admin").await;
    assert_eq!(complete(&other, &begun).await.refusal(), (404, "record.not_found"));
    // Another workspace sees neither.
    let intruder = crate::routes::intruder(&app).await;
    assert_eq!(intruder.get(&content).await.refusal(), (404, "record.not_found"));
    assert_eq!(complete(&intruder, &begun).await.refusal(), (404, "record.not_found"));
}

#[tokio::test]
async fn nothing_that_a_browser_would_run_is_shown_by_it() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    // A PDF by its first bytes, a page by its name.
    let page = [PDF, b"<script>alert(1)</script>"].concat();
    let file = bring(&owner, "offer.html", "application/pdf", &page, json!({})).await;
    let reply = fetched(&owner, &file, "&inline=true").await;
    assert_eq!(header(&reply, "content-type"), "application/pdf");
    assert!(header(&reply, "content-disposition").contains("filename=\"offer.html.pdf\""));
    assert_eq!(header(&reply, "x-content-type-options"), "nosniff");
    assert!(header(&reply, "content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(header(&reply, "x-frame-options"), "SAMEORIGIN", "our own pages show it");
    let link = owner.get(&format!("/api/v1/files/{}/content?as=link", id_of(&file))).await;
    assert_eq!(link.header("cache-control"), "private, no-store");
    assert_eq!(owner.get("/api/v1/clients").await.header("x-frame-options"), "DENY");
    let asked = owner.get(&format!("/api/v1/files/{}/content?as=page", id_of(&file))).await;
    assert_eq!(asked.refusal(), (400, "query.invalid"));
    // A record without bytes.
    let bare = app.given("file", json!({ "name": "told.pdf" })).await;
    assert_eq!(owner.get(&format!("/api/v1/files/{bare}/content")).await.refusal(), (404, "file.not_found"));
}

#[tokio::test]
async fn an_address_of_an_upload_is_good_for_one_file_and_a_while() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let begun = begin(&owner, "a.gif", "image/gif", GIF.len(), json!({})).await.expect_status(201);
    let url = begun.json["upload"]["url"].as_str().expect("an address");
    let token = url.rsplit('/').next().expect("a token");
    // An address to send to is none to read from, and the other way round.
    assert_eq!(
        app.stranger().get(&format!("/api/v1/downloads/{token}")).await.refusal(),
        (404, "file.link_invalid")
    );
    let changed = format!("/api/v1/uploads/{}x", token);
    let refused = app.stranger().send_bytes(Method::PUT, &changed, GIF.to_vec(), "image/gif").await;
    assert_eq!(refused.refusal(), (404, "file.link_invalid"));
    let over =
        app.node.files.upload_link("x/uploads/y/bytes", 3, "image/gif", std::time::Duration::ZERO).await;
    let over = over.expect("an address").url;
    let sent = Http::new().put(over).body("abc").send().await.expect("an answer");
    assert_eq!(sent.status(), 404, "its time is over");
    // Half a day later nobody completes it, and at night it goes.
    assert!(send(&begun, GIF).await.status().is_success());
    app.sql("update kontor.stored_files set created_at = now() - interval '13 hours'").await;
    assert_eq!(complete(&owner, &begun).await.refusal(), (404, "record.not_found"));
    sweep(&app).await;
    assert_eq!(stored(&app).await, 1, "a day is not over");
    app.sql("update kontor.stored_files set created_at = now() - interval '25 hours'").await;
    sweep(&app).await;
    assert_eq!(stored(&app).await, 0);
}

/// The chore of every night.
async fn sweep(app: &TestApp) {
    let order = jobs::Order::new(jobs::Queue::Maintenance, "maintenance.files", json!({}));
    let cx = app.node.store.begin(&app.actor()).await.expect("a transaction");
    jobs::enqueue(&cx, &order).await.expect("ordered");
    cx.commit().await.expect("committed");
    app.work().await;
}

/// Objects of this workspace in the storage.
async fn stored(app: &TestApp) -> usize {
    app.node.files.keys(&app.workspace.id.to_string()).await.expect("the storage answers").len()
}

#[tokio::test]
async fn bytes_stay_until_a_deletion_is_a_month_old() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let file = bring(&owner, "offer.pdf", "application/pdf", PDF, json!({})).await;
    let record = format!("/api/v1/files/{}", id_of(&file));
    owner.put(&format!("{record}/archival"), json!({})).await.expect_status(204);
    sweep(&app).await;
    assert_eq!(fetched(&owner, &file, "").await.status(), 200, "put away, and still there");
    let gone = owner.delete(&record).await.expect_status(204);
    sweep(&app).await;
    app.sql("update kontor.stored_files set gone_at = now() - interval '29 days'").await;
    sweep(&app).await;
    let undo = format!("/api/v1/changes/{}/undo", gone.header("x-change-set"));
    owner.post(&undo, json!({})).await.expect_status(200);
    assert_eq!(fetched(&owner, &file, "").await.status(), 200, "taken back, and all there");
    sweep(&app).await;
    assert_eq!(app.sql_text("select count(gone_at) from kontor.stored_files").await, "0");
    owner.delete(&record).await.expect_status(204);
    sweep(&app).await;
    app.sql("update kontor.stored_files set gone_at = now() - interval '31 days'").await;
    sweep(&app).await;
    assert_eq!(stored(&app).await, 0);
    assert_eq!(app.sql_text("select count(*) from kontor.stored_files").await, "0");
}

#[tokio::test]
async fn whoever_is_forgotten_is_forgotten_with_their_files() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let contact = app.given("contact", json!({ "last_name": "Lovelace" })).await;
    let other = bring(&owner, "offer.pdf", "application/pdf", PDF, json!({})).await;
    let passport = bring(&owner, "passport.gif", "image/gif", GIF, json!({ "contact_id": contact })).await;
    owner.post(&format!("/api/v1/contacts/{contact}/erasure"), json!({})).await.expect_status(200);
    app.work().await;
    let content = |file: &Json| format!("/api/v1/files/{}/content?as=link", id_of(file));
    assert_eq!(owner.get(&content(&passport)).await.refusal(), (404, "file.not_found"));
    owner.get(&content(&other)).await.expect_status(200);
}
