//! Sample data of every trade: it fits its own blueprint, and there is as much as was promised.
use crate::shared::count;
use imports::demo::{Filled, fill};
use std::time::{Duration, Instant};
use testkit::{PASSWORD, TestApp};

async fn filled(blueprint: &'static str) -> (TestApp, Filled) {
    let library = meta::Library::shipped();
    let demo = library.blueprint(blueprint).and_then(|b| b.demo.as_ref()).expect("the trade has sample data");
    // The stories ask for these days; two of the trades are made for today, as people get them.
    let day = "2025-11-21".parse().ok().filter(|_| !matches!(blueprint, "marina" | "showroom"));
    let demo = &meta::Demo { today: day, ..demo.clone() };
    let app = TestApp::new(blueprint).await;
    let since = Instant::now();
    let (engine, identity) = (&app.node.engine, &app.node.identity);
    let filled = fill(engine, identity, app.workspace.id, demo, PASSWORD, |_, _, _| {}).await;
    let filled = filled.unwrap_or_else(|failure| panic!("{blueprint}: {failure}"));
    // Optimised it takes a few seconds; this is the unoptimised build on a busy machine.
    assert!(since.elapsed() < Duration::from_secs(180), "{blueprint} took {:?}", since.elapsed());
    (app, filled)
}

/// Everybody whom the blueprint names can sign in.
async fn everybody_can_sign_in(app: &TestApp, filled: &Filled) {
    for member in filled.members.iter().filter(|m| m.has_password) {
        let client = app.stranger();
        assert!(client.sign_in(&member.email).await.status.is_success(), "{}", member.email);
    }
}

#[tokio::test]
async fn the_agency_has_the_sample_volumes_that_were_asked_for() {
    let (app, filled) = filled("agency").await;
    everybody_can_sign_in(&app, &filled).await;
    let with = |roles: &[&str]| filled.members.iter().filter(|m| roles.contains(&m.role.as_str())).count();
    assert_eq!((with(&["admin", "manager"]), with(&["team_member"])), (10, 50));
    let admin = filled.members.iter().find(|m| m.role == "admin").expect("an administrator");
    let client = app.stranger();
    client.sign_in(&admin.email).await;
    crate::exports::comes_back_the_same(&app).await;
    let volumes =
        [("clients", 100), ("campaigns", 300), ("tasks", 2000), ("invoices", 500), ("activities", 1000)];
    for (plural, expected) in volumes {
        assert_eq!(count(&client, plural).await, expected, "{plural}");
    }
}

#[tokio::test]
async fn every_other_trade_has_sample_data_that_its_rules_accept() {
    for blueprint in ["orders", "sales", "marina", "showroom"] {
        let (app, filled) = filled(blueprint).await;
        assert!(!filled.records.is_empty(), "{blueprint}");
        everybody_can_sign_in(&app, &filled).await;
        crate::exports::comes_back_the_same(&app).await;
    }
}
