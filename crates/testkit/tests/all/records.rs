//! The write path over HTTP: parts, totals, pipelines, gates, numbers, versions, undo.
use serde_json::{Value as Json, json};
use testkit::TestApp;

#[tokio::test]
async fn an_order_totals_its_lines_under_its_rounding_rule() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let lines = json!([
        { "description": "A", "quantity": "3", "unit_price": "0.335", "tax_rate": "19" },
        { "description": "B", "quantity": "3", "unit_price": "0.335", "tax_rate": "19" },
    ]);
    let order = json!({ "client_id": client, "currency": "EUR", "lines": lines });
    let made = owner.post("/api/v1/orders?select=*,lines(*)", order).await.expect_status(201).json;
    assert_eq!((&made["net"], &made["tax"], &made["gross"]), (&json!("2.02"), &json!("0.38"), &json!("2.40")));
    assert_eq!(made["lines"][1]["net"], "1.01");
    assert_eq!(made["number"], Json::Null, "a draft has no number yet");
    let at = format!("/api/v1/orders/{}", made["id"].as_str().unwrap());
    let whole = owner.patch(&at, json!({ "rounding": "document" })).await.expect_status(200).json;
    assert_eq!(whole["net"], "2.01");
    let issued = owner.patch(&at, json!({ "status": "confirmed" })).await.expect_status(200).json;
    assert!(issued["number"].as_str().unwrap().starts_with("SO-"), "{issued}");
    // One line goes, one changes, one comes; what is not named stays.
    let rows = json!([{ "id": made["lines"][0]["id"], "quantity": "4" }, { "description": "C", "quantity": "1", "unit_price": "10" }]);
    let at_lines = format!("{at}?select=net,lines(description,quantity,position)");
    let changed = owner.patch(&at_lines, json!({ "lines": rows })).await.expect_status(200).json;
    assert_eq!(changed["lines"][0], json!({ "description": "A", "quantity": "4", "position": 0 }));
    assert_eq!(changed["net"], "11.34");
}
