//! Ordering and running.
use super::*;
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn a_change_orders_its_jobs_and_a_refused_one_orders_none() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    let ada = app.sign_in_as("admin").await;

    ada.post("/api/v1/clients", json!({ "name": "" })).await.expect_status(422);
    app.work().await;
    assert_eq!(probe.runs(), 0, "nothing was written, so nothing follows");

    ada.post("/api/v1/clients", json!({ "name": "Nordwind" })).await.expect_status(201);
    app.work().await;
    assert_eq!(probe.runs(), 1);
}

#[tokio::test]
async fn an_order_goes_with_its_transaction() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    let cx = app.node.store.begin(&app.actor()).await.expect("a transaction");
    jobs::enqueue(&cx, &order("succeed")).await.expect("it is ordered");
    cx.rollback().await.expect("it is taken back");
    app.work().await;
    assert_eq!(probe.runs(), 0);

    given(&app, &order("succeed")).await;
    app.work().await;
    assert_eq!(probe.runs(), 1);
}
