use crate::mapping::{Empty, Mapping, Otherwise};

#[test]
fn a_mapping_says_where_every_column_goes() {
    let mapping = Mapping::from_toml(
        r#"
        object = "order"
        key = ["order_number"]
        defaults = { type = ["customer"] }
        [columns]
        order_id = ["external_id", { field = "order_number", prefix = "NW-" }]
        customer_id = { field = "client_id", by = "external_id" }
        status = { field = "status", values = { "Closed Won" = "won" }, otherwise = "keep", empty = "keep" }
        flag = { field = "is_active", true = ["True"], false = ["False", ""] }
        noise = false
        [fields]
        name = { template = "{first} {last}" }
        price = { lookup = { object = "berth_product", where = "min_width=lt.{width}", take = "price" } }
        [parts]
        field = "lines"
        group_by = ["order_id"]
        file = "order_details.csv"
        [parts.columns]
        product_id = { field = "product_id", by = "external_id" }
        "#,
    )
    .expect("a mapping");
    assert_eq!(mapping.columns["order_id"].0.len(), 2);
    assert_eq!(mapping.columns["order_id"].0[1].prefix.as_deref(), Some("NW-"));
    assert!(mapping.columns["noise"].0.is_empty());
    let status = &mapping.columns["status"].0[0];
    assert_eq!((&status.otherwise, &status.empty), (&Otherwise::Keep, &Empty::Keep));
    assert_eq!(mapping.parts.expect("parts").columns.len(), 1);
}

#[test]
fn a_wrong_word_in_a_mapping_is_named_with_its_line() {
    let wrong = |toml: &str| Mapping::from_toml(toml).expect_err("wrong").detail;
    let detail = wrong("object = \"order\"\n[columns]\na = { fiel = \"b\" }\n");
    assert!(detail.contains("`fiel`") && detail.contains("line 3"), "{detail}");
    assert!(wrong("object = \"order\"\n[columns]\na = true\n").contains("`false`, the name of a field"));
    assert!(wrong("object = \"order\"\n[colums]\n").contains("colums"));
}
