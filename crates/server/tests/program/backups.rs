//! Backups: taken, tried out, found to be damaged, restored.
use crate::support::Site;
use age::secrecy::ExposeSecret;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use std::path::{Path, PathBuf};
use testkit::TestDb;
use tokio_postgres::NoTls;

/// A database whose owner is what an owner should be: no superuser, and so bound by row-level security itself.
async fn owned() -> (TestDb, String) {
    let db = TestDb::empty().await;
    let name = db.url.rsplit('/').next().expect("a name").to_owned();
    sql(
        &db.url,
        &format!(
            "do $$ begin create role kontor_plain_owner login createrole createdb;
             exception when duplicate_object or unique_violation then null; end $$;
             do $$ begin create role kontor_app nologin;
             exception when duplicate_object or unique_violation then null; end $$;
             grant kontor_app to kontor_plain_owner;
             alter database \"{name}\" owner to kontor_plain_owner"
        ),
    )
    .await;
    let mut url: url::Url = db.url.parse().expect("an address");
    url.set_username("kontor_plain_owner").expect("it takes a name");
    (db, url.into())
}

async fn sql(url: &str, statement: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the test server answers");
    tokio::spawn(connection);
    client.batch_execute(statement).await.expect("the statement is right");
}

fn create(site: &Site, slug: &str) {
    site.well(&["workspace", "create", slug, "--name", slug, "--blueprint", "sales"]);
}

fn damage(folder: &Path, ending: &str) -> String {
    let files = std::fs::read_dir(folder).expect("a folder").map(|f| f.expect("a file").path());
    let archives: Vec<PathBuf> = files.filter(|p| p.to_string_lossy().ends_with(ending)).collect();
    let [archive] = archives.as_slice() else { panic!("one archive in {}: {archives:?}", folder.display()) };
    let mut bytes = std::fs::read(archive).expect("it can be read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(archive, bytes).expect("it can be written");
    archive.file_name().expect("a name").to_string_lossy().into_owned()
}

fn new_key() -> String {
    age::x25519::Identity::generate().to_string().expose_secret().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_taken_tried_out_restored_and_found_to_be_damaged() {
    let (_db, url) = owned().await;
    let (_other, empty) = owned().await;
    let key = new_key();
    let site = Site::new(&url).with(&[("KONTOR_BACKUP_KEY", key.as_str())]);
    site.well(&["migrate"]);
    create(&site, "harbour");
    assert!(site.well(&["backup", "--list"]).contains("There is no backup yet."));
    assert!(site.well(&["doctor"]).contains("WARN  backups"), "a site without a backup is told");

    assert!(site.well(&["backup"]).contains("encrypted"));
    let tried = site.well(&["backup", "--drill", "latest"]);
    assert!(tried.contains("GREEN") && tried.contains("are as they were"), "{tried}");
    let doctor = site.well(&["doctor"]);
    assert!(doctor.contains("OK    backups") && doctor.contains("green"), "{doctor}");

    // Without its key, or with another one, it is noise.
    for (other, told) in [("", "KONTOR_BACKUP_KEY"), (new_key().as_str(), "does not open this backup")] {
        let (code, said) = site.run_with(&["backup", "--drill", "latest"], &[("KONTOR_BACKUP_KEY", other)]);
        assert!(code == Some(1) && said.contains("RED") && said.contains(told), "{said}");
    }
    assert!(site.refused(&["doctor"], "FAIL  backups").contains("RED"));

    // Into an empty database; a second time it is not empty any more.
    let told = site.well(&["restore", "latest", "--into", &empty]);
    assert!(told.contains("as they were"), "{told}");
    let told = site.refused(&["restore", "latest", "--into", &empty], "--replace");
    assert!(told.contains("not empty"), "{told}");

    // What was made since goes when the backup is put in its place.
    create(&site, "later");
    site.refused(&["restore", "latest"], "--replace");
    sql(&url, "create table data.made_since (id int)").await;
    site.well(&["restore", "latest", "--replace"]);
    let listed = site.well(&["workspace", "list"]);
    assert!(listed.contains("harbour") && !listed.contains("later"), "{listed}");
    let plan = site.well(&["migrate", "--plan"]);
    assert!(plan.contains("up to date"), "{plan}");

    let name = damage(&site.folder.path().join("data/files/objects/backups"), ".sql.gz.age");
    let told = site.refused(&["backup", "--drill", "latest"], "RED");
    assert!(told.contains("is damaged") && told.contains(&name), "{told}");
    let told = site.refused(&["restore", "latest", "--replace"], "is damaged");
    assert!(told.contains(&name), "{told}");
    assert!(site.well(&["workspace", "list"]).contains("harbour"), "nothing was lost by the attempt");
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_in_s3_are_sql_that_anybody_can_read() {
    let (db, empty) = (TestDb::empty().await, TestDb::empty().await);
    let storage = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(storage.path().join("kontor")).expect("a bucket");
    let endpoint = s3(storage.path()).await;
    let site = Site::new(&db.url).with(&[
        ("S3_BUCKET", "kontor"),
        ("S3_ENDPOINT", endpoint.as_str()),
        ("S3_ACCESS_KEY", "key"),
        ("S3_SECRET_KEY", "secret"),
    ]);
    site.well(&["migrate"]);
    create(&site, "harbour");
    let first = site.well(&["backup"]);
    assert!(!first.contains("encrypted"), "{first}");
    let second = site.well(&["backup"]);
    let name = |told: &str| told.split_whitespace().next().expect("a name").to_owned();
    assert_ne!(name(&first), name(&second), "none lies on top of another");
    assert!(site.well(&["backup", "--drill", &name(&first)]).contains("GREEN"));
    site.well(&["restore", &name(&second), "--into", &empty.url]);

    let folder = storage.path().join("kontor/backups");
    let archive = std::fs::read(folder.join(format!("{}.sql.gz", name(&second)))).expect("it is there");
    let mut text = String::new();
    let mut open = flate2::read::MultiGzDecoder::new(archive.as_slice());
    std::io::Read::read_to_string(&mut open, &mut text).expect("it is compressed text");
    assert!(text.contains("COPY kontor.workspaces") && text.contains("harbour"), "no SQL of the database");

    // A backup that somebody has broken is named, and the other one is still found.
    std::fs::remove_file(folder.join(format!("{}.sql.gz", name(&first)))).expect("it was there");
    let broken = damage(&folder, ".sql.gz");
    assert!(site.refused(&["backup", "--drill", &name(&second)], "is damaged").contains(&broken));
    site.refused(&["backup", "--drill", &name(&first)], "RED");
    assert!(site.well(&["backup", "--list"]).matches("RED").count() == 2);
    site.refused(&["restore", "backup-20200101-000000"], "There is no backup");
}

/// A server that speaks S3 and checks signatures.
async fn s3(folder: &Path) -> String {
    let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder).expect("a file system"));
    service.set_auth(SimpleAuth::from_single("key", "secret"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let service = service.build();
    let answer = move |request: axum::extract::Request| {
        let service = service.clone();
        async move {
            let reply = service.call(request.map(s3s::Body::http_body_unsync)).await;
            reply.expect("S3 answers").map(axum::body::Body::new)
        }
    };
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    format!("http://{address}")
}
