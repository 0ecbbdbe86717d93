use crate::convert::{Cell, Conversion};
use crate::mapping::{Numbers, Target};
use meta::{Choice, Field, Kind};
use serde_json::{Value as Json, json};

fn target(mut spec: Json) -> Target {
    spec["field"] = "f".into();
    serde_json::from_value(spec).expect("a target")
}

fn convert(kind: Kind, spec: Json, text: &str) -> Result<Json, String> {
    let option = |v: &str, l: &str| Choice { value: v.into(), label: l.into(), color: String::new() };
    let options = vec![option("closed_won", "Closed won"), option("open", "Open")];
    let field = Field { name: "f".into(), kind, options, ..Default::default() };
    let conversion =
        Conversion::new(&target(spec), &field, None, &Numbers::default(), Some("Europe/Helsinki"))
            .expect("fits");
    match conversion.cell(text) {
        Ok(Cell::Is(v)) => Ok(v),
        Ok(Cell::Absent) => Ok(json!("(absent)")),
        Ok(Cell::Refers(t)) => Ok(json!({ "refers": t })),
        Err(wrong) => Err(wrong.reason),
    }
}

#[test]
fn numbers_stay_exact() {
    let decimal = |spec, text| convert(Kind::Decimal, spec, text);
    assert_eq!(decimal(json!({}), "0.30"), Ok(json!("0.3")));
    assert_eq!(decimal(json!({}), " -12345678901234567890.05 "), Ok(json!("-12345678901234567890.05")));
    assert_eq!(decimal(json!({ "multiply": "100" }), "0.15"), Ok(json!("15")));
    assert_eq!(decimal(json!({ "multiply": 100 }), "0.15"), Ok(json!("15")));
    assert_eq!(decimal(json!({ "round": 2 }), "9.80000019"), Ok(json!("9.8")));
    assert_eq!(decimal(json!({ "round": 2 }), "2.345"), Ok(json!("2.35")));
    assert_eq!(
        decimal(json!({ "numbers": { "decimal": ",", "thousands": "." } }), "1.234,50"),
        Ok(json!("1234.5"))
    );
    assert_eq!(decimal(json!({}), "1.39E+08"), Ok(json!("139000000")));
    assert_eq!(convert(Kind::Integer, json!({}), "5600000000"), Ok(json!(5_600_000_000_i64)));
}

#[test]
fn what_is_no_number_is_said_and_not_guessed() {
    for text in ["12 EUR", "1,5", "abc", "1.2.3", "--1", "0x10", "NaN", "NULL"] {
        assert!(convert(Kind::Decimal, json!({}), text).is_err(), "{text}");
    }
    assert!(convert(Kind::Decimal, json!({ "numbers": { "decimal": "," } }), "1.5").is_err(), "not 15");
    assert!(convert(Kind::Integer, json!({}), "1.5").is_err());
    assert_eq!(convert(Kind::Integer, json!({}), "2.0"), Ok(json!(2)));
}

#[test]
fn days_are_read_by_their_form_and_lose_no_time_unseen() {
    let date = |spec, text| convert(Kind::Date, spec, text);
    assert_eq!(date(json!({}), "1996-07-04"), Ok(json!("1996-07-04")));
    assert_eq!(date(json!({}), "1996-07-04 00:00:00.000"), Ok(json!("1996-07-04")));
    assert!(date(json!({}), "1996-07-04 12:30:00").is_err());
    assert!(date(json!({}), "07/04/96").is_err());
    assert_eq!(date(json!({ "format": "%m/%d/%y" }), "07/04/96"), Ok(json!("1996-07-04")));
    assert_eq!(date(json!({ "format": ["%d.%m.%Y", "%m/%d/%y"] }), "02/24/26"), Ok(json!("2026-02-24")));
    assert!(date(json!({ "format": "%m/%d/%y" }), "13/01/24").is_err());
    assert!(date(json!({}), "2026-02-30").is_err());
}

#[test]
fn moments_without_a_zone_take_the_mappings() {
    let at = |spec, text| convert(Kind::DateTime, spec, text);
    assert_eq!(at(json!({}), "2026-02-23T20:55:00Z"), Ok(json!("2026-02-23T20:55:00Z")));
    assert_eq!(at(json!({}), "2026-02-23 20:55"), Ok(json!("2026-02-23T18:55:00Z")));
    let form = json!({ "format": "%m/%d/%y %I:%M %p", "timezone": "America/New_York" });
    assert_eq!(at(form, "02/23/26 08:55 PM"), Ok(json!("2026-02-24T01:55:00Z")));
}

#[test]
fn options_are_found_by_value_label_or_the_mappings_words() {
    let select = |spec, text| convert(Kind::Select, spec, text);
    assert_eq!(select(json!({}), "CLOSED WON"), Ok(json!("closed_won")));
    assert_eq!(
        select(json!({}), "elsewhere"),
        Ok(json!("elsewhere")),
        "the field's own check lists the options"
    );
    let values = json!({ "Closed Won": "closed_won", "Closed Lost": "open" });
    assert_eq!(select(json!({ "values": values }), "Closed Won"), Ok(json!("closed_won")));
    assert!(select(json!({ "values": values }), "Prospecting").is_err());
    assert_eq!(select(json!({ "values": values, "otherwise": "empty" }), "?"), Ok(Json::Null));
    assert_eq!(select(json!({ "values": values, "otherwise": "keep" }), "Open"), Ok(json!("open")));
    assert_eq!(select(json!({ "values": values, "otherwise": { "value": "open" } }), "?"), Ok(json!("open")));
}

#[test]
fn booleans_take_the_words_of_the_mapping_only() {
    let flag = |spec, text| convert(Kind::Boolean, spec, text);
    assert_eq!(flag(json!({}), "TRUE"), Ok(json!(true)));
    assert_eq!(flag(json!({}), "0"), Ok(json!(false)));
    assert!(flag(json!({}), "perhaps").is_err());
    let words = json!({ "true": ["Yes"], "false": ["No"] });
    assert_eq!(flag(words.clone(), "Yes"), Ok(json!(true)));
    assert!(flag(words, "1").is_err());
}

#[test]
fn empty_cells_empty_the_field_unless_told() {
    assert_eq!(convert(Kind::Text, json!({}), ""), Ok(Json::Null));
    assert_eq!(convert(Kind::Text, json!({ "empty": "keep" }), " "), Ok(json!("(absent)")));
    assert_eq!(convert(Kind::Decimal, json!({ "empty": { "value": "0" } }), ""), Ok(json!("0")));
    assert_eq!(convert(Kind::Tags, json!({ "split": ";" }), ""), Ok(json!([])));
}

#[test]
fn one_cell_may_hold_several_values_or_references() {
    assert_eq!(convert(Kind::Tags, json!({ "split": ";" }), "2; 3;;4"), Ok(json!(["2", "3", "4"])));
    let reference = json!({ "by": "external_id", "prefix": "supplier-" });
    assert_eq!(convert(Kind::Reference, reference, " 7 "), Ok(json!({ "refers": ["supplier-7"] })));
}
