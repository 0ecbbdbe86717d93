//! The same promises over a folder and over a real S3 server.
use super::*;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const KEY: &str = "0199a1b2-0000-7000-8000-000000000001/exports/42/clients.csv";

async fn in_a_folder() -> (Files, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let config = FilesConfig {
        place: Place::Folder(folder.path().join("files")),
        public_url: "https://crm.example.com/".into(),
    };
    (Files::open(&config).await.expect("it opens"), folder)
}

async fn in_s3() -> (Files, TempDir) {
    let server = s3_server::start().await;
    let config = FilesConfig { place: Place::S3(server.place), public_url: "https://crm.example.com".into() };
    (Files::open(&config).await.expect("it opens"), server.folder)
}

/// More than one part of a multipart upload (10 MiB), so that streams are really streamed.
fn large() -> Vec<u8> {
    (0..12_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

async fn keeps_what_is_put(files: &Files) {
    files.put(KEY, Bytes::from_static(b"a,b\r\n1,2\r\n")).await.expect("stored");
    assert_eq!(files.size(KEY).await.expect("there"), 10);
    let mut text = String::new();
    files.reader(KEY).await.expect("there").read_to_string(&mut text).await.expect("read");
    assert_eq!(text, "a,b\r\n1,2\r\n");
    let prefix = KEY.split('/').next().expect("a workspace");
    let listed: Vec<_> = files.list(prefix).expect("a prefix").map(|e| e.expect("an entry")).collect().await;
    assert_eq!(listed, [(KEY.to_owned(), 10)]);
    files.delete(KEY).await.expect("deleted");
    files.delete(KEY).await.expect("deleting again is no error");
    match files.reader(KEY).await {
        Err(Failure::Refused(problems)) => assert_eq!(problems[0].code, "file.not_found"),
        Err(broken) => panic!("{broken}"),
        Ok(_) => panic!("it was deleted"),
    }
    files.check().await.expect("the storage works");
}

async fn streams_what_is_large(files: &Files) {
    let (large, mut back) = (large(), vec![]);
    let mut writer = files.writer(KEY).await.expect("a writer");
    for piece in large.chunks(777_777) {
        writer.write_all(piece).await.expect("written");
    }
    assert!(files.size(KEY).await.is_err(), "nothing is there before the end");
    writer.shutdown().await.expect("stored");
    files.reader(KEY).await.expect("there").read_to_end(&mut back).await.expect("read");
    assert!(back == large, "{} of {} bytes came back", back.len(), large.len());
    files.delete(KEY).await.expect("deleted");
}

#[tokio::test]
async fn a_folder_keeps_and_streams_files() {
    let (files, _folder) = in_a_folder().await;
    keeps_what_is_put(&files).await;
    streams_what_is_large(&files).await;
}

#[tokio::test]
async fn s3_keeps_and_streams_files() {
    let (files, _folder) = in_s3().await;
    keeps_what_is_put(&files).await;
    streams_what_is_large(&files).await;
}

#[tokio::test]
async fn a_writer_that_is_given_up_leaves_nothing() {
    let (files, folder) = in_a_folder().await;
    let mut writer = files.writer(KEY).await.expect("a writer");
    writer.write_all(&large()).await.expect("written");
    drop(writer);
    assert!(files.size(KEY).await.is_err());
    drop((files, folder));
}

#[tokio::test]
async fn a_link_to_a_folder_is_sealed_and_ends() {
    let (files, _folder) = in_a_folder().await;
    let link = files.link(KEY, "Kunden März.csv", LINK_LIFE).await.expect("a link");
    let token = link.strip_prefix("https://crm.example.com/api/v1/downloads/").expect("ours");
    let linked = files.linked(token).expect("valid");
    assert_eq!((linked.key.as_str(), linked.name.as_str()), (KEY, "Kunden März.csv"));
    assert_eq!(
        linked.disposition(),
        "attachment; filename=\"Kunden M_rz.csv\"; filename*=UTF-8''Kunden%20M%C3%A4rz.csv"
    );
    let (said, seal) = token.split_once('.').expect("two parts");
    let other = files.link(&KEY.replace("42", "43"), "x", LINK_LIFE).await.expect("a link");
    let foreign = other.rsplit_once('.').expect("two parts").1;
    for wrong in
        [format!("{said}.{foreign}"), format!("{said}x.{seal}"), said.into(), String::new(), "..".into()]
    {
        assert!(files.linked(&wrong).is_err(), "{wrong}");
    }
    let over = files.link(KEY, "x", Duration::ZERO).await.expect("a link");
    assert!(files.linked(over.rsplit('/').next().expect("a token")).is_err(), "it has ended");
}

#[tokio::test]
async fn two_processes_over_one_folder_take_each_others_links() {
    let (files, folder) = in_a_folder().await;
    let config = FilesConfig {
        place: Place::Folder(folder.path().join("files")),
        public_url: "https://crm.example.com".into(),
    };
    let second = Files::open(&config).await.expect("it opens");
    let link = files.link(KEY, "x.csv", LINK_LIFE).await.expect("a link");
    assert!(second.linked(link.rsplit('/').next().expect("a token")).is_ok());
}

#[tokio::test]
async fn a_link_to_s3_is_presigned_as_a_download() {
    let (files, _folder) = in_s3().await;
    files.put(KEY, Bytes::from_static(b"rows")).await.expect("stored");
    let link = files.link(KEY, "Kunden März.csv", LINK_LIFE).await.expect("a link");
    assert!(link.contains("X-Amz-Expires=900"), "{link}");
    let reply = reqwest::get(&link).await.expect("an answer");
    assert_eq!(reply.status(), 200);
    let said = reply.headers()["content-disposition"].to_str().expect("plain").to_owned();
    assert!(said.starts_with("attachment; ") && said.ends_with("Kunden%20M%C3%A4rz.csv"), "{said}");
    assert_eq!(reply.text().await.expect("a body"), "rows");
    // Another object with the same signature, and the same object without.
    let elsewhere = link.replace("clients.csv", "others.csv");
    assert_eq!(reqwest::get(elsewhere).await.expect("an answer").status(), 403);
    let bare = link.split('?').next().expect("an address");
    assert_eq!(reqwest::get(bare).await.expect("an answer").status(), 403);
}

#[tokio::test]
async fn a_missing_bucket_is_made() {
    let (files, folder) = in_s3().await;
    std::fs::remove_dir_all(folder.path().join("kontor")).expect("an empty bucket");
    files.make_ready().await.expect("the bucket is made");
    assert!(folder.path().join("kontor").is_dir());
    files.put(KEY, Bytes::from_static(b"x")).await.expect("stored");
    files.make_ready().await.expect("it stays");
    assert_eq!(files.size(KEY).await.expect("still there"), 1);
}

#[tokio::test]
async fn a_key_cannot_leave_its_place() {
    let (files, folder) = in_a_folder().await;
    for wrong in
        ["../x", "a/../../x", "/etc/passwd", "a//b", "a/.hidden", "alone", "", "a/b c", "a/b%2f", "a/ü"]
    {
        assert!(files.put(wrong, Bytes::from_static(b"x")).await.is_err(), "{wrong}");
    }
    assert!(!folder.path().join("x").exists());
}
