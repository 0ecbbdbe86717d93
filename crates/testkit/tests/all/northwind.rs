//! A trading firm's data, imported and asked over the API alone. What is right stands in the data's own facts.
use crate::shared::{count, data, decimal, facts, import_twice, order, rows, sum};
use kernel::Decimal;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use testkit::{Client, TestApp};

const ALL: [(&str, u64); 11] = [
    ("northwind/regions", 4),
    ("northwind/territories", 53),
    ("northwind/shippers", 6),
    ("northwind/employees", 9),
    ("northwind/employee_territories", 49),
    ("northwind/categories", 8),
    ("northwind/suppliers", 29),
    ("northwind/customers", 91),
    ("northwind/contacts", 91),
    ("northwind/products", 77),
    ("northwind/orders", 830),
];

#[tokio::test]
async fn northwind_comes_in_whole_and_its_figures_are_right() {
    let Some(folder) = data("northwind") else { return };
    let (csv, facts) = (folder.join("csv"), facts(&folder));
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    import_twice(&owner, &csv, &ALL).await;
    counts_are_right(&owner, &facts).await;
    the_tree_of_employees_is_there(&owner).await;
    net_is_right_under_every_rounding_rule(&owner, &facts).await;
    figures_are_right(&owner, &facts).await;
}

async fn counts_are_right(owner: &Client, facts: &Json) {
    let is = |name: &str| facts["rows"][name].as_u64().expect("a fact");
    assert_eq!(count(owner, "orders").await, is("orders"));
    assert_eq!(count(owner, "order_lines").await, is("order_details"));
    assert_eq!(count(owner, "products").await, is("products"));
    assert_eq!(count(owner, "clients?type=cs.{customer}").await, is("customers"));
    assert_eq!(count(owner, "clients?type=cs.{supplier}").await, is("suppliers"));
    assert_eq!(count(owner, "employee_territories").await, is("employee_territories"));
    let fact = |name: &str| facts[name].as_u64().expect("a fact");
    assert_eq!(count(owner, "orders?shipped_date=is.null").await, fact("orders_not_shipped"));
    assert_eq!(count(owner, "orders?status=eq.confirmed").await, fact("orders_not_shipped"));
    assert_eq!(count(owner, "products?discontinued=is.true").await, fact("products_discontinued"));
    assert_eq!(count(owner, "order_lines?discount=gt.0").await, fact("order_lines_with_discount"));
    assert_eq!(sum(owner, "orders?select=freight.sum()").await, decimal(&facts["freight_total"]));
    assert_eq!(sum(owner, "order_lines?select=quantity.sum()").await, decimal(&facts["quantity_total"]));
    let late: Vec<Json> =
        rows(owner, "orders?select=required_date,shipped_date&shipped_date=not.is.null&limit=1000").await;
    let late = late.iter().filter(|o| o["shipped_date"].as_str() > o["required_date"].as_str()).count();
    assert_eq!(late as u64, fact("orders_shipped_after_required_date"));
    let idle = rows(
        owner,
        "clients?select=external_id,orders()&type=cs.{customer}&orders=is.null&order=external_id",
    )
    .await;
    let idle: Vec<_> = idle.iter().map(|c| c["external_id"].clone()).collect();
    assert_eq!(json!(idle), facts["customers_without_orders"]);
}

/// `reports_to` points at a row further down the file.
async fn the_tree_of_employees_is_there(owner: &Client) {
    let nancy =
        rows(owner, "employees?select=name,reports_to(name,reports_to(name))&name=eq.Nancy Davolio").await;
    assert_eq!(nancy[0]["reports_to"], json!({ "name": "Andrew Fuller", "reports_to": null }));
    assert_eq!(count(owner, "employees?reports_to_id=is.null").await, 1);
}

async fn net_is_right_under_every_rounding_rule(owner: &Client, facts: &Json) {
    let rules = [
        ("line", "net_total_each_line_rounded_half_up_to_cent"),
        ("document", "net_total_each_order_rounded_half_up_to_cent"),
        ("none", "net_total_unrounded"),
    ];
    for (rounding, fact) in rules {
        let fact = fact_named(facts, fact);
        owner
            .with("prefer", "return=minimal")
            .patch(&format!("/api/v1/orders?rounding=neq.{rounding}"), json!({ "rounding": rounding }))
            .await
            .expect_status(204);
        assert_eq!(sum(owner, "orders?select=net.sum()").await, fact, "rounding {rounding}");
    }
    let discount = sum(owner, "orders?select=discount_total.sum()").await;
    let net = sum(owner, "orders?select=net.sum()").await;
    assert_eq!(net + discount, fact_named(facts, "gross_total"));
}

/// Nothing is rounded from here on.
async fn figures_are_right(owner: &Client, facts: &Json) {
    let best = rows(owner, "orders?select=client(external_id,name),net.sum()&order=sum.desc&limit=5").await;
    let best: Vec<Json> = best
        .iter()
        .map(|r| json!([r["client"]["external_id"], r["client"]["name"], same(&r["sum"])]))
        .collect();
    let expected = facts["top5_customers_net_unrounded"].as_array().expect("facts").iter();
    let expected: Vec<Json> = expected.map(|r| json!([r[0], r[1], same(&r[2])])).collect();
    assert_eq!(best, expected);

    let employees = rows(owner, "orders?select=employee(name),net.sum()").await;
    let employees: Vec<_> = employees.iter().map(|r| (&r["employee"]["name"], &r["sum"])).collect();
    assert_eq!(sorted(employees), of(&facts["net_by_employee_unrounded"]));

    let categories = rows(owner, "order_lines?select=...product(...category(category:name)),net.sum()").await;
    let categories: Vec<_> = categories.iter().map(|r| (&r["category"], &r["sum"])).collect();
    assert_eq!(sorted(categories), of(&facts["net_by_category_unrounded"]));

    for (year, expected) in facts["net_by_order_year_unrounded"].as_object().expect("facts") {
        let within = format!("order_date=gte.{year}-01-01&order_date=lte.{year}-12-31");
        assert_eq!(
            sum(owner, &format!("orders?select=net.sum()&{within}")).await,
            decimal(expected),
            "{year}"
        );
    }
}

fn fact_named(facts: &Json, beginning: &str) -> Decimal {
    let named = facts.as_object().expect("facts").iter().find(|(name, _)| name.starts_with(beginning));
    decimal(named.unwrap_or_else(|| panic!("no fact {beginning}")).1)
}

fn same(number: &Json) -> String {
    decimal(number).to_string()
}

fn sorted(pairs: Vec<(&Json, &Json)>) -> Vec<(String, Decimal)> {
    let text = |j: &Json| j.as_str().unwrap_or_else(|| panic!("{j} is no name")).to_owned();
    let mut all: Vec<_> = pairs.into_iter().map(|(name, number)| (text(name), decimal(number))).collect();
    all.sort();
    all
}

fn of(fact: &Json) -> Vec<(String, Decimal)> {
    let mut all: Vec<_> = fact
        .as_object()
        .expect("facts")
        .iter()
        .map(|(name, number)| (name.clone(), decimal(number)))
        .collect();
    all.sort();
    all
}

async fn without_orders() -> Option<(TestApp, Client, PathBuf)> {
    let csv = data("northwind")?.join("csv");
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    for (mapping, _) in ALL.iter().filter(|(m, _)| *m != "northwind/orders") {
        crate::shared::import(&owner, mapping, &csv).await;
    }
    Some((app, owner, csv))
}

#[tokio::test]
async fn an_import_with_errors_names_them_all_and_writes_nothing() {
    let Some((_app, owner, csv)) = without_orders().await else { return };
    let spoilt = spoilt_orders(&csv);
    let dry = owner.post("/api/v1/imports?dry_run=true", spoilt.clone()).await.expect_status(200).json;
    let refused = owner.post("/api/v1/imports", spoilt).await;
    assert_eq!(refused.refusal(), (422, "import.invalid"));
    let rows = |errors: &Json| -> Vec<Json> {
        let row = |e: &Json| json!([e["file"], e["row"], e["column"], e["code"]]);
        errors.as_array().expect("errors").iter().map(row).collect()
    };
    let told = rows(&dry["errors"]);
    assert_eq!(rows(&refused.json["errors"]), told, "the dry run told the truth");
    assert_eq!(refused.json["report"]["errors_total"], dry["errors_total"]);
    let expected = [
        json!(["order_details.csv", 2, "product_id", "reference.not_found"]),
        json!(["order_details.csv", 3, "quantity", "field.invalid"]),
        json!(["order_details.csv", 5, "discount", "field.out_of_range"]),
        json!(["orders.csv", 4, "customer_id", "reference.not_found"]),
        json!(["orders.csv", 5, "order_date", "field.invalid"]),
        json!(["orders.csv", 6, null, "import.row"]),
    ];
    assert_eq!(json!(told), json!(expected));
    assert_eq!(count(&owner, "orders").await, 0);
}

/// Seven orders with a fault of every kind: a lost product, half a word, a discount of 500 %, a lost customer, a day
/// that is none, a row that is too short.
fn spoilt_orders(csv: &Path) -> Json {
    let mut spoilt = order("northwind/orders", csv);
    let lines = |name: &str| -> Vec<String> {
        let text = std::fs::read_to_string(csv.join(name)).expect("readable");
        text.lines().map(str::to_owned).collect()
    };
    let mut orders = lines("orders.csv");
    orders.truncate(8);
    orders[3] = orders[3].replace("HANAR", "NOBODY");
    orders[4] = orders[4].replace("1996-07-08", "8 July");
    orders[5] = "10252,SUPRD,4".into();
    let known: Vec<String> =
        orders[1..].iter().map(|o| o.split(',').next().unwrap_or_default().to_owned()).collect();
    let details = lines("order_details.csv");
    let of_known = |line: &&String| known.iter().any(|k| line.starts_with(k.as_str()) && k != "10252");
    let mut details: Vec<String> =
        details[..1].iter().chain(details[1..].iter().filter(of_known)).cloned().collect();
    details[1] = details[1].replace("10248,11,", "10248,999,");
    details[2] = details[2].replace(",10,", ",ten,");
    details[4] = "10249,14,18.60,9,5.00".into();
    spoilt["files"]["orders.csv"] = orders.join("\n").into();
    spoilt["files"]["order_details.csv"] = details.join("\n").into();
    spoilt
}

#[tokio::test]
async fn a_dry_run_counts_and_writes_nothing_and_an_import_is_undone_at_once() {
    let Some((_app, owner, csv)) = without_orders().await else { return };
    let orders = order("northwind/orders", &csv);
    let dry = owner.post("/api/v1/imports?dry_run=true", orders.clone()).await.expect_status(200).json;
    assert_eq!((&dry["created"], &dry["change_set"]), (&json!(830), &Json::Null));
    assert_eq!(count(&owner, "orders").await, 0);
    let report = owner.post("/api/v1/imports", orders).await.expect_status(200).json;
    assert_eq!(count(&owner, "orders").await, 830);
    let change_set = report["change_set"].as_str().expect("a change set");
    owner.post(&format!("/api/v1/changes/{change_set}/undo"), json!({})).await.expect_status(200);
    assert_eq!((count(&owner, "orders").await, count(&owner, "order_lines").await), (0, 0));
}

#[tokio::test]
async fn one_changed_line_changes_one_order() {
    let Some((_app, owner, csv)) = without_orders().await else { return };
    let mut orders = order("northwind/orders", &csv);
    owner.post("/api/v1/imports", orders.clone()).await.expect_status(200);
    let lines = orders["files"]["order_details.csv"].as_str().expect("text");
    orders["files"]["order_details.csv"] =
        lines.replace("10248,42,9.80,10,0.00", "10248,42,9.80,11,0.00").into();
    let report = owner.post("/api/v1/imports", orders).await.expect_status(200).json;
    assert_eq!(
        (&report["created"], &report["updated"], &report["unchanged"]),
        (&json!(0), &json!(1), &json!(829))
    );
    let change_set = report["change_set"].as_str().expect("a change set");
    let changes = owner.get(&format!("/api/v1/changes/{change_set}")).await.expect_status(200).json;
    let quantities = changes.to_string().matches("quantity").count();
    assert!(quantities > 0, "{changes}");
}

#[tokio::test]
async fn importing_needs_its_right_and_the_rights_on_what_is_written() {
    let app = TestApp::new("orders").await;
    let viewer = app.sign_in_as("viewer").await;
    let body = json!({ "object": "clients", "files": { "a.csv": "name\nHanse\n" } });
    assert_eq!(viewer.post("/api/v1/imports", body.clone()).await.refusal(), (403, "policy.denied"));
    assert_eq!(app.stranger().post("/api/v1/imports", body.clone()).await.refusal(), (401, "auth.required"));
    let owner = app.sign_in_as("owner").await;
    let report = owner.post("/api/v1/imports", body).await.expect_status(200).json;
    assert_eq!(report["created"], 1);
}

#[tokio::test]
async fn a_csv_file_alone_is_imported_by_its_headers() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let path = "/api/v1/imports?object=clients&key=external_id";
    let send = |text: &str| owner.send_raw(reqwest::Method::POST, path, Some(text.to_owned()), "text/csv");
    let report =
        send("external_id;name;Types\nA;Hanse;customer\nB;Kogge;supplier\n").await.expect_status(200).json;
    assert_eq!(report["created"], 2, "{report}");
    let report = send("external_id;name\nA;Hanse\nB;Kogge & Co\n").await.expect_status(200).json;
    assert_eq!((&report["updated"], &report["unchanged"]), (&json!(1), &json!(1)));
}
