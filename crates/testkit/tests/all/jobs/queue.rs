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

#[tokio::test]
async fn while_a_job_with_its_key_waits_there_is_no_second_one() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    let first = given(&app, &order("succeed").once("total")).await;
    assert_eq!(given(&app, &order("succeed").once("total")).await, first);
    assert_ne!(given(&app, &order("succeed").once("another")).await, first);
    app.work().await;
    assert_eq!(probe.runs(), 2);
    assert_ne!(given(&app, &order("succeed").once("total")).await, first, "the first is over");
}

#[tokio::test]
async fn a_job_that_breaks_is_tried_again_later_and_fails_for_good_at_the_last_attempt() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    let admin = app.sign_in_as("admin").await;
    let at = format!("/api/v1/jobs/{}", given(&app, &order("break")).await);
    for attempt in 1..=2 {
        app.work().await;
        let job = admin.get(&at).await.expect_status(200).json;
        assert_eq!((&job["state"], &job["attempt"]), (&json!("waiting"), &json!(attempt)));
        let (run_at, started_at) = (time(&job["run_at"]), time(&job["started_at"]));
        let delay = run_at.duration_since(started_at).as_millis();
        let least = 1000 * 2_i128.pow(attempt - 1);
        assert!(delay >= least, "the delay before attempt {} was {delay} ms", attempt + 1);
        app.work().await;
        assert_eq!(probe.runs() as u32, attempt, "it is not due yet");
        make_due(&app).await;
    }
    app.work().await;
    let job = admin.get(&at).await.expect_status(200).json;
    assert_eq!((&job["state"], &job["attempt"]), (&json!("failed"), &json!(3)));
    let error = job["error"].as_str().expect("a reason");
    assert!(error.starts_with("internal: ") && !error.contains("disk"), "what broke is for the log: {error}");
}

#[tokio::test]
async fn a_refusal_is_final_and_a_panic_is_a_failure() {
    let probe = Arc::new(Probe::default());
    let app = app(&probe).await;
    let admin = app.sign_in_as("admin").await;
    let refused = given(&app, &order("refuse")).await;
    let panicked = given(&app, &order("panic")).await;
    app.work().await;
    let job = admin.get(&format!("/api/v1/jobs/{refused}")).await.json;
    assert_eq!((&job["state"], &job["attempt"]), (&json!("failed"), &json!(1)));
    assert_eq!(job["error"], "field.required: Name is required.");
    let job = admin.get(&format!("/api/v1/jobs/{panicked}")).await.json;
    assert_eq!((&job["state"], &job["attempt"]), (&json!("waiting"), &json!(1)), "it will be tried again");
}
