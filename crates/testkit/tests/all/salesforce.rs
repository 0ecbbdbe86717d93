//! A Salesforce export becomes B2B sales.
use crate::shared::{count, data, decimal, facts, import_twice, rows, sum};
use kernel::Decimal;
use serde_json::{Value as Json, json};
use testkit::TestApp;

const ALL: [(&str, u64); 4] = [
    ("salesforce/accounts", 18),
    ("salesforce/contacts", 25),
    ("salesforce/opportunities", 36),
    ("salesforce/leads", 22),
];

#[tokio::test]
async fn a_salesforce_export_comes_in_with_its_pipeline() {
    let Some(folder) = data("salesforce-devorg") else { return };
    let facts = facts(&folder);
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    import_twice(&admin, &folder, &ALL).await;
    let deals = &facts["opportunity"];

    assert_eq!(sum(&admin, "deals?select=amount.sum()").await, decimal(&deals["amount_sum"]));
    assert_eq!(count(&admin, "deals?amount=is.null").await, deals["amount_empty"].as_u64().expect("a fact"));
    for (stage, name) in
        [("stage=eq.won", "won"), ("stage=eq.lost", "lost"), ("stage=not.in.(won,lost)", "open")]
    {
        assert_eq!(
            count(&admin, &format!("deals?{stage}")).await,
            deals[format!("{name}_count")].as_u64().expect("a fact")
        );
        let amount = sum(&admin, &format!("deals?{stage}&select=amount.sum()")).await;
        assert_eq!(amount, decimal(&deals[format!("{name}_sum")]), "{name}");
    }
    let weighted = sum(&admin, "deals?stage=not.in.(won,lost)&select=expected_revenue.sum()").await;
    assert_eq!(weighted, decimal(&deals["open_weighted (amount*probability/100)"]));

    // The stages that Kontor's pipeline lacks are kept as tags.
    for (stage, fact) in deals["by_stage"].as_object().expect("facts") {
        let quoted = format!("deals?tags=cs.{{\"{stage}\"}}&select=amount.sum(),count()");
        let found = rows(&admin, &quoted).await;
        let total = found[0]["sum"].as_str().map_or(Decimal::ZERO, |_| decimal(&found[0]["sum"]));
        assert_eq!((&found[0]["count"], total), (&fact["count"], decimal(&fact["sum"])), "{stage}");
    }

    let revenue = sum(&admin, "clients?select=annual_revenue.sum()").await;
    assert_eq!(revenue, decimal(&facts["accounts_annual_revenue_sum"]));
    let statuses = [
        ("contacted", "Working - Contacted"),
        ("converted", "Closed - Converted"),
        ("unqualified", "Closed - Not Converted"),
        ("new", "Open - Not Contacted"),
    ];
    for (status, fact) in statuses {
        let found = count(&admin, &format!("leads?status=eq.{status}")).await;
        assert_eq!(Some(found), facts["leads_by_status"][fact].as_u64(), "{status}");
    }
    assert_eq!(
        Some(count(&admin, "leads?converted_on=not.is.null").await),
        facts["leads_converted"].as_u64()
    );
    assert_eq!(
        count(&admin, "contacts?client_id=is.null").await,
        facts["dangling_contact_account"].as_u64().expect("a fact")
    );

    let best = rows(&admin, "deals?select=client(name),amount.sum()&order=sum.desc.nullslast&limit=3").await;
    let best: Vec<Json> =
        best.iter().map(|r| json!([r["client"]["name"], decimal(&r["sum"]).to_string()])).collect();
    assert_eq!(json!(best), facts["top_account_by_opportunity_amount"]);
}
