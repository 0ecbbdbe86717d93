use super::*;
use crate::model::{Choice, DefaultValue};
use kernel::{Decimal, Uuid};
use serde_json::json;
use std::str::FromStr;

fn field(kind: Kind) -> Field {
    Field { name: "price".into(), label: "Price".into(), kind, ..Field::default() }
}

fn dec(text: &str) -> Decimal {
    Decimal::from_str(text).unwrap()
}

#[track_caller]
fn takes(field: &Field, json: Json, wanted: Value) {
    assert_eq!(parse(field, &json), Ok(wanted), "{json}");
}

#[track_caller]
fn refuses(field: &Field, json: Json, code: &str, sentence: &str) {
    let problem = parse(field, &json).unwrap_err();
    assert_eq!((problem.code, problem.detail.as_str()), (code, sentence), "{json}");
    assert!(problem.field.unwrap().starts_with("price"));
}

#[test]
fn null_is_null_for_every_kind() {
    for kind in Kind::WRITTEN {
        takes(&field(kind), Json::Null, Value::Null);
    }
}

#[test]
fn a_text_survives_byte_for_byte() {
    let odd = "  \u{feff}Zoë\r\n\t\u{202e}𝓯 'x'; drop table -- \u{1} ";
    for kind in [Kind::Text, Kind::LongText, Kind::RichText] {
        takes(&field(kind), json!(odd), odd.into());
        takes(&field(kind), json!(""), "".into());
        refuses(
            &field(kind),
            json!("a\0b"),
            "field.invalid",
            "Price contains the character U+0000, which cannot be stored.",
        );
        refuses(&field(kind), json!(1), "field.invalid", "Price must be a text, not a number.");
    }
}

#[test]
fn a_text_is_measured_in_letters() {
    let f = Field { min: Some(dec("2")), max: Some(dec("3")), ..field(Kind::Text) };
    takes(&f, json!("äöü"), "äöü".into());
    refuses(&f, json!("äöüß"), "field.too_long", "Price is too long: 4 characters, at most 3 are allowed.");
    refuses(&f, json!("ä"), "field.out_of_range", "Price is too short: 1 characters, at least 2 are needed.");
    takes(&f, json!(""), "".into());
    let unlimited = field(Kind::Text);
    assert!(parse(&unlimited, &json!("x".repeat(2_000))).is_ok());
    assert_eq!(parse(&unlimited, &json!("x".repeat(2_001))).unwrap_err().code, "field.too_long");
}

#[test]
fn a_pattern_means_the_whole_value() {
    let f = Field { pattern: Some("[A-Z]+|x".into()), ..field(Kind::Text) };
    takes(&f, json!("ABC"), "ABC".into());
    refuses(&f, json!("ABC1"), "field.pattern", "Price does not have the form that is asked for.");
    refuses(&f, json!("ABC\n"), "field.pattern", "Price does not have the form that is asked for.");
    let hint = parse(&f, &json!("1")).unwrap_err().hint.unwrap();
    assert_eq!(hint, "The form is `[A-Z]+|x`.");
}

#[test]
fn whole_numbers_stay_within_64_bits() {
    let f = field(Kind::Integer);
    takes(&f, json!(42), Value::Int(42));
    takes(&f, json!(i64::MIN), Value::Int(i64::MIN));
    takes(&f, json!("9223372036854775807"), Value::Int(i64::MAX));
    takes(&f, json!(3.0), Value::Int(3));
    let too_large = "Price is too large for a whole number of 64 bits.";
    refuses(&f, json!(9_223_372_036_854_775_808_u64), "field.out_of_range", too_large);
    refuses(&f, json!("9223372036854775808"), "field.out_of_range", too_large);
    refuses(&f, json!(1e300), "field.out_of_range", too_large);
    refuses(&f, json!(1.5), "field.invalid", "Price must be a whole number, not “1.5”.");
    refuses(&f, json!("12 pieces"), "field.invalid", "Price must be a whole number, not “12 pieces”.");
    refuses(&f, json!(true), "field.invalid", "Price must be a whole number, not a boolean.");
}

#[test]
fn decimals_are_exact_as_text_and_as_number() {
    let f = field(Kind::Decimal);
    takes(&f, json!("0.1"), Value::Decimal(dec("0.1")));
    takes(&f, json!(0.1), Value::Decimal(dec("0.1")));
    takes(&f, json!(19.99), Value::Decimal(dec("19.99")));
    takes(&f, json!("1e3"), Value::Decimal(dec("1000")));
    takes(&f, json!("-0"), Value::Decimal(dec("0")));
    takes(&f, json!("+5"), Value::Decimal(dec("5")));
    takes(&f, json!("1.50"), Value::Decimal(dec("1.50")));
    takes(&f, json!(123_456_789_012_345_678_i64), Value::Decimal(dec("123456789012345678")));
    takes(&f, json!("1234567890123456789.123456789"), Value::Decimal(dec("1234567890123456789.123456789")));
    assert_eq!(parse(&f, &json!("1.50")).unwrap().to_json(), json!("1.50"));
}

#[test]
fn a_number_that_cannot_be_kept_exactly_is_refused() {
    let f = field(Kind::Decimal);
    refuses(&f, json!("1,5"), "field.invalid", "Price must be a number, not “1,5”.");
    refuses(&f, json!(""), "field.invalid", "Price must be a number, not “”.");
    refuses(&f, json!("NaN"), "field.invalid", "Price must be a number, not “NaN”.");
    refuses(&f, json!(" 1"), "field.invalid", "Price must be a number, not “ 1”.");
    refuses(&f, json!("1_000"), "field.invalid", "Price must be a number, not “1_000”.");
    refuses(&f, json!("."), "field.invalid", "Price must be a number, not “.”.");
    refuses(&f, json!("1e"), "field.invalid", "Price must be a number, not “1e”.");
    let digits = "Price has more digits than can be kept exactly (28).";
    refuses(&f, json!("123456789012345678901234567890"), "field.out_of_range", digits);
    refuses(&f, json!("0.12345678901234567890123456789012"), "field.out_of_range", digits);
    refuses(&f, json!("1e40"), "field.out_of_range", digits);
    refuses(&f, json!(1e40), "field.out_of_range", digits);
    assert_eq!(parse(&f, &json!(0.1 + 0.2)).unwrap_err().code, "field.invalid");
}

#[test]
fn money_has_two_digits_after_the_point_unless_told() {
    let f = Field { scale: Some(2), ..field(Kind::Money) };
    takes(&f, json!("10.50"), Value::Decimal(dec("10.50")));
    takes(&f, json!("10.500"), Value::Decimal(dec("10.500")));
    refuses(&f, json!("10.505"), "field.invalid", "Price takes at most 2 digits after the point, not 3.");
    refuses(&f, json!(0.001), "field.invalid", "Price takes at most 2 digits after the point, not 3.");
    let none = Field { scale: Some(0), ..field(Kind::Money) };
    refuses(&none, json!("1.5"), "field.invalid", "Price must be a whole number.");
}

#[test]
fn ranges_name_their_unit() {
    let f =
        Field { min: Some(dec("0")), max: Some(dec("99.5")), unit: Some("m".into()), ..field(Kind::Decimal) };
    refuses(&f, json!(-1), "field.out_of_range", "Price must be at least 0 m.");
    refuses(&f, json!("99.51"), "field.out_of_range", "Price must be at most 99.5 m.");
    takes(&f, json!("99.5"), Value::Decimal(dec("99.5")));
}

#[test]
fn a_rating_has_five_stars() {
    takes(&field(Kind::Rating), json!(5), Value::Int(5));
    refuses(
        &field(Kind::Rating),
        json!(6),
        "field.out_of_range",
        "Price must be a whole number from 0 to 5.",
    );
}

#[test]
fn a_date_is_a_day_of_the_calendar() {
    let f = field(Kind::Date);
    takes(&f, json!("2024-02-29"), Value::Date("2024-02-29".parse().unwrap()));
    refuses(
        &f,
        json!("2025-02-29"),
        "field.invalid",
        "Price names a day that the calendar does not have: 2025-02-29.",
    );
    refuses(
        &f,
        json!("0000-01-01"),
        "field.invalid",
        "Price names a day that the calendar does not have: 0000-01-01.",
    );
    refuses(
        &f,
        json!("21.11.2026"),
        "field.invalid",
        "Price must be a date such as 2026-11-21, not “21.11.2026”.",
    );
    refuses(
        &f,
        json!("2026-11-21T10:00:00Z"),
        "field.invalid",
        "Price must be a date such as 2026-11-21, not “2026-11-21T10:00:00Z”.",
    );
    refuses(
        &f,
        json!("٢٠٢٦-11-2"),
        "field.invalid",
        "Price must be a date such as 2026-11-21, not “٢٠٢٦-11-2”.",
    );
}

#[test]
fn a_moment_says_its_offset() {
    let f = field(Kind::DateTime);
    takes(&f, json!("2026-11-21T10:00:00+01:00"), Value::Time("2026-11-21T09:00:00Z".parse().unwrap()));
    takes(
        &f,
        json!("2026-11-21T10:00:00.1234567Z"),
        Value::Time("2026-11-21T10:00:00.123457Z".parse().unwrap()),
    );
    refuses(
        &f,
        json!("2026-11-21T10:00:00"),
        "field.invalid",
        "Price needs to say its offset from UTC: 2026-11-21T10:00:00Z or 2026-11-21T10:00:00+01:00.",
    );
    refuses(
        &f,
        json!("2026-11-21"),
        "field.invalid",
        "Price must be a moment such as 2026-11-21T09:30:00Z, not “2026-11-21”.",
    );
    refuses(&f, json!("-005000-01-01T00:00:00Z"), "field.invalid", "Price lies before the year 1.");
}

#[test]
fn a_duration_is_seconds_or_iso_8601() {
    let f = field(Kind::Duration);
    takes(&f, json!(90), Value::Int(90));
    takes(&f, json!("90"), Value::Int(90));
    takes(&f, json!("PT1H30M"), Value::Int(5_400));
    takes(&f, json!("P1DT1S"), Value::Int(86_401));
    takes(&f, json!("P2W"), Value::Int(1_209_600));
    refuses(
        &f,
        json!("P1M"),
        "field.invalid",
        "Price cannot count in months or years (P1M): they have no fixed length.",
    );
    refuses(&f, json!("PT0.5S"), "field.invalid", "Price counts whole seconds, not “PT0.5S”.");
    refuses(
        &f,
        json!("1 hour"),
        "field.invalid",
        "Price must be a number of seconds or a duration such as PT1H30M, not “1 hour”.",
    );
}

#[test]
fn an_option_is_one_of_those_that_exist() {
    let option = |value: &str| Choice { value: value.into(), ..Choice::default() };
    let options = vec![option("open"), option("paid")];
    let f = Field { options: options.clone(), ..field(Kind::Select) };
    takes(&f, json!("paid"), "paid".into());
    refuses(&f, json!("Paid"), "field.unknown_option", "Price has no option “Paid”.");
    assert_eq!(parse(&f, &json!("Paid")).unwrap_err().hint.unwrap(), "Did you mean `paid`?");
    assert_eq!(parse(&f, &json!("zzz")).unwrap_err().hint.unwrap(), "Options: `open`, `paid`.");
    let many = Field { options, ..field(Kind::MultiSelect) };
    takes(&many, json!(["paid", "open", "paid"]), Value::Texts(vec!["paid".into(), "open".into()]));
    refuses(&many, json!(["open", "x"]), "field.unknown_option", "Price has no option “x”.");
    refuses(&many, json!("open"), "field.invalid", "Price must be a list of options, not a text.");
}

#[test]
fn tags_are_free_and_stand_once() {
    let f = field(Kind::Tags);
    takes(&f, json!(["b", "a", "b", "B"]), Value::Texts(vec!["b".into(), "a".into(), "B".into()]));
    refuses(&f, json!(["a", " "]), "field.invalid", "Price has an entry without letters.");
    refuses(&f, json!(["a", 1]), "field.invalid", "Price must be a list of texts, not a number.");
    let long = "x".repeat(101);
    assert_eq!(parse(&f, &json!([long])).unwrap_err().code, "field.too_long");
}

#[test]
fn an_email_address_has_a_name_and_a_domain() {
    let f = field(Kind::Email);
    for good in ["ada@example.com", "a.b+c@sub.example.co.uk", "o'hara@example.ie", "zoë@exämple.de"] {
        takes(&f, json!(good), good.into());
    }
    takes(&f, json!(" Ada@Example.com "), "Ada@Example.com".into());
    for bad in [
        "ada",
        "ada@",
        "@example.com",
        "a b@example.com",
        "Ada <ada@example.com>",
        "ada@localhost",
        "a@b..de",
    ] {
        assert_eq!(parse(&f, &json!(bad)).unwrap_err().code, "field.invalid", "{bad}");
    }
}

#[test]
fn a_telephone_number_with_a_country_becomes_e164() {
    let f = field(Kind::Phone);
    takes(&f, json!("+49 (0)30 901820"), "+4930901820".into());
    takes(&f, json!("+1 264-497-2566"), "+12644972566".into());
    takes(&f, json!("0049 30 901820"), "+4930901820".into());
    takes(&f, json!(" 030 901820 "), "030 901820".into());
    takes(&f, json!("+1 212 555 0100 ext. 12"), "+1 212 555 0100 ext. 12".into());
    refuses(&f, json!("call me"), "field.invalid", "Price must be a telephone number, not “call me”.");
    for odd in ["+", "++1", "+999999999999999999999", "0", "+0", "(+)1", "00", "+ 1", "1+1"] {
        let _ = parse(&f, &json!(odd));
    }
}

#[test]
fn a_link_is_one_that_a_reader_may_follow() {
    let f = field(Kind::Url);
    for good in
        ["https://example.com/a?b=c#d", "http://localhost:8080", "mailto:ada@example.com", "tel:+4930901820"]
    {
        takes(&f, json!(good), good.into());
    }
    refuses(
        &f,
        json!("javascript:alert(1)"),
        "field.invalid",
        "Price cannot be a link of the kind `javascript:`.",
    );
    refuses(&f, json!("data:text/html,x"), "field.invalid", "Price cannot be a link of the kind `data:`.");
    refuses(
        &f,
        json!("example.com"),
        "field.invalid",
        "Price must be a link such as https://example.com, not “example.com”.",
    );
    assert_eq!(parse(&f, &json!("https://")).unwrap_err().code, "field.invalid");
}

#[test]
fn an_address_has_known_parts() {
    let f = field(Kind::Address);
    takes(&f, json!({ "street": "Am Kai 1", "city": null }), Value::Json(json!({ "street": "Am Kai 1" })));
    let problem = parse(&f, &json!({ "zip": "18055" })).unwrap_err();
    assert_eq!(problem.field.as_deref(), Some("price.zip"));
    let near = parse(&f, &json!({ "postalcode": "18055" })).unwrap_err();
    assert_eq!(near.hint.as_deref(), Some("Did you mean `postal_code`?"));
    refuses(
        &f,
        json!("Am Kai 1"),
        "field.invalid",
        "Price must be an object with street, city, ..., not a text.",
    );
}

#[test]
fn a_point_lies_on_the_earth() {
    let f = field(Kind::GeoPoint);
    takes(&f, json!({ "lat": 54.09, "lon": 12.1 }), Value::Json(json!({ "lat": 54.09, "lon": 12.1 })));
    refuses(
        &f,
        json!({ "lat": 91, "lon": 0 }),
        "field.out_of_range",
        "Price has a `lat` outside of -90 to 90 degrees.",
    );
    refuses(&f, json!({ "lat": 1 }), "field.invalid", "Price needs `lon` as a number of degrees.");
    refuses(&f, json!({ "lat": 1, "lng": 1 }), "field.invalid", "Price has `lat` and `lon`, and no `lng`.");
}

#[test]
fn ids_are_uuids() {
    let id = Uuid::from_u128(7);
    for kind in [Kind::Reference, Kind::File, Kind::User] {
        takes(&field(kind), json!(id.to_string()), Value::Id(id));
        refuses(&field(kind), json!("17"), "field.invalid", "Price must be an id (UUID), not “17”.");
    }
    let many = Field { many: true, ..field(Kind::User) };
    takes(&many, json!([id.to_string(), id.to_string()]), Value::Ids(vec![id]));
    refuses(&many, json!(id.to_string()), "field.invalid", "Price must be a list of ids, not a text.");
}

#[test]
fn json_is_anything_that_can_be_stored() {
    let f = field(Kind::Json);
    takes(&f, json!({ "a": [1, null] }), Value::Json(json!({ "a": [1, null] })));
    let nul = "Price contains the character U+0000, which cannot be stored.";
    refuses(&f, json!({ "a": ["\0"] }), "field.invalid", nul);
    refuses(&f, json!({ "\0": 1 }), "field.invalid", nul);
}

#[test]
fn a_boolean_is_true_or_false() {
    takes(&field(Kind::Boolean), json!(true), Value::Bool(true));
    refuses(
        &field(Kind::Boolean),
        json!("true"),
        "field.invalid",
        "Price must be true or false, not a text.",
    );
}

#[test]
fn defaults_know_the_day_where_the_record_is() {
    let context = DefaultContext {
        now: "2026-11-21T23:30:00Z".parse().unwrap(),
        timezone: "Europe/Berlin".into(),
        member: Uuid::from_u128(5),
        currency: "USD".into(),
    };
    let of = |kind, default| default_of(&Field { default: Some(default), ..field(kind) }, &context);
    assert_eq!(of(Kind::Date, DefaultValue::Today), Some(Value::Date("2026-11-22".parse().unwrap())));
    assert_eq!(of(Kind::DateTime, DefaultValue::Now), Some(Value::Time(context.now)));
    assert_eq!(of(Kind::User, DefaultValue::Me), Some(Value::Id(context.member)));
    assert_eq!(of(Kind::Text, DefaultValue::Currency), Some("USD".into()));
    assert_eq!(of(Kind::Money, DefaultValue::Fixed(json!(12.5))), Some(Value::Decimal(dec("12.5"))));
    let system = DefaultContext { member: Uuid::nil(), ..context.clone() };
    assert_eq!(default_of(&Field { default: Some(DefaultValue::Me), ..field(Kind::User) }, &system), None);
    assert_eq!(default_of(&field(Kind::Text), &context), None);
}

fn default_of(field: &Field, context: &DefaultContext) -> Option<Value> {
    super::default(field, context)
}
