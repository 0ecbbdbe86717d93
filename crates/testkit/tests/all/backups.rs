//! The backups of an installation, as its administrators see them.
use serde_json::json;
use testkit::TestApp;

#[tokio::test]
async fn administrators_see_when_backups_were_taken_and_whether_they_can_be_restored() {
    let app = TestApp::new("sales").await;
    let (admin, rep) = (app.sign_in_as("admin").await, app.sign_in_as("member").await);
    assert_eq!(admin.get("/api/v1/admin/backups").await.expect_status(200).json, json!({ "backups": [] }));

    let written = json!({
        "name": "backup-20261121-020000", "at": "2026-11-21T02:00:00Z", "version": "0.1.0", "encrypted": true, "bytes": 4711,
        "sha256": "00", "owners": ["kontor"], "tables": { "kontor.users": { "rows": 12, "sum": "3" } },
        "drill": { "at": "2026-11-22T05:00:00Z", "green": false, "detail": "kontor.users has 11 rows instead of 12" },
    });
    let files = &app.node.files;
    files.put("backups/backup-20261121-020000.json", written.to_string().into()).await.expect("stored");
    files.put("backups/backup-20261120-020000.json", "{".into()).await.expect("stored");
    let seen = admin.get("/api/v1/admin/backups").await.expect_status(200).json;
    let one = json!({
        "name": "backup-20261121-020000", "taken_at": "2026-11-21T02:00:00Z", "version": "0.1.0", "bytes": 4711, "encrypted": true,
        "drill": { "at": "2026-11-22T05:00:00Z", "state": "red" },
    });
    assert_eq!(seen, json!({ "backups": [one] }), "one that cannot be read hides no other");
    assert_eq!(rep.get("/api/v1/admin/backups").await.refusal(), (403, "policy.denied"));
}
