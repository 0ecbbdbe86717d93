//! Harbours, piers and berths of a city, with a price list that prices the berths.
use crate::shared::{count, data, decimal, facts, import_twice, rows, sum};
use serde_json::{Value as Json, json};
use testkit::TestApp;

const ALL: [(&str, u64); 6] = [
    ("helsinki/boat_types", 9),
    ("helsinki/boat_type_names", 27),
    ("helsinki/harbors", 21),
    ("helsinki/piers", 39),
    ("helsinki/berth_products", 13),
    ("helsinki/berths", 1959),
];

#[tokio::test]
async fn the_berths_of_helsinki_come_in_with_their_list_prices() {
    let Some(folder) = data("marina-helsinki") else { return };
    let facts = facts(&folder);
    let app = TestApp::new("marina").await;
    app.given(
        "location",
        json!({ "name": "Helsinki", "slug": "helsinki", "type": "port", "timezone": "Europe/Helsinki" }),
    )
    .await;
    let director = app.sign_in_as("super_admin").await;
    import_twice(&director, &folder, &ALL).await;

    let price = facts.as_object().expect("facts").iter().find(|(name, _)| name.starts_with("list_price_sum"));
    assert_eq!(sum(&director, "berths?select=price.sum()").await, decimal(price.expect("a fact").1));
    assert_eq!(
        sum(&director, "berths?select=area.sum()").await,
        decimal(&facts["total_berth_area_m2 (width*length)"])
    );
    assert_eq!(Some(count(&director, "berths?is_active=is.true").await), facts["berths_active"].as_u64());
    assert_eq!(Some(count(&director, "berths?depth=is.null").await), facts["berths_without_depth"].as_u64());
    for (width, length) in [("3.00", "8.00"), ("4.00", "12.00"), ("2.50", "5.00")] {
        let fit =
            count(&director, &format!("berths?width=gte.{width}&length=gte.{length}&is_active=is.true"))
                .await;
        assert_eq!(Some(fit), facts[format!("active_berths_that_fit_boat_{width}x{length}")].as_u64());
    }
    let piers = rows(&director, "piers?select=berths(count())&electricity=is.true").await;
    let powered = piers.iter().filter_map(|p| p["berths"][0]["count"].as_u64()).sum();
    assert_eq!(Some(powered), facts["berths_on_piers_with_electricity"].as_u64());

    let harbours = rows(&director, "berths?select=...pier(...harbor(harbour:name)),count()").await;
    let expected = facts["berths_per_harbor"].as_object().expect("facts");
    assert_eq!(harbours.len(), expected.len());
    for row in harbours {
        let name = row["harbour"].as_str().expect("a name");
        assert_eq!(row["count"], expected[name], "{name}");
    }
    let moorings =
        ["no_stern_to", "single_slip", "side_slip", "stern_buoy", "stern_pole", "quayside", "dinghy"];
    for (number, mooring) in moorings.iter().enumerate() {
        let found = count(&director, &format!("berths?mooring_type=eq.{mooring}")).await;
        let fact = &facts["berths_by_mooring_type"][(number + 1).to_string()];
        assert_eq!(found, fact.as_u64().unwrap_or(0), "{mooring}");
    }
    for (tier, piers) in facts["piers_by_price_tier"].as_object().expect("facts") {
        assert_eq!(
            Json::from(count(&director, &format!("piers?price_tier=eq.{tier}")).await),
            *piers,
            "tier {tier}"
        );
    }
}

#[tokio::test]
async fn two_berths_of_one_number_on_a_pier_are_told_with_their_row() {
    let app = TestApp::new("marina").await;
    app.given("location", json!({ "name": "Kotka", "slug": "kotka", "type": "port" })).await;
    let director = app.sign_in_as("super_admin").await;
    app.given("pier", json!({ "identifier": "A", "external_id": "A" })).await;
    let mapping = json!({
        "object": "berth",
        "key": ["external_id"],
        "columns": { "id": "external_id", "no": "number", "pier": { "field": "pier_id", "by": "external_id" } },
    });
    let send = |text: &str| {
        director.post("/api/v1/imports", json!({ "mapping": mapping, "files": { "berths.csv": text } }))
    };
    send("id,no,pier\n1,7,A\n2,8,A\n").await.expect_status(200);
    // Row 3 takes a number of the file, row 4 one that is stored; row 2 is the same berth once more.
    let refused = send("id,no,pier\n1,7,A\n3,7,A\n4,8,A\n").await.expect_status(422).json;
    let told: Vec<Json> = refused["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| json!([e["row"], e["column"], e["code"]]))
        .collect();
    assert_eq!(json!(told), json!([[3, "no", "field.duplicate"], [4, "no", "field.duplicate"]]), "{refused}");
    assert_eq!(count(&director, "berths").await, 2);
}
