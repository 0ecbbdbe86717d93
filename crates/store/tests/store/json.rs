//! Bytes to JSON, held against PostgreSQL's own text.
use crate::base::Base;
use kernel::Value;
use meta::Codec;
use policy::Actor;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use query::{Member, Plan, Shape, Statement};
use serde_json::{Value as Json, json};
use store::Store;

/// Each text cast to `ty`: as JSON by our codec, and as PostgreSQL prints it.
async fn both(store: &Store, actor: &Actor, ty: &str, codec: Codec, texts: &[String]) -> Vec<(Json, Json)> {
    let member =
        |name: &str, column, codec| Member::Column { prefix: format!("\"{name}\":").into(), column, codec };
    let plan = Plan {
        rows: Statement {
            text: format!(
                "select t::{ty}, t::{ty}::text from unnest($1::text[]) with ordinality u(t, n) order by n"
            ),
            params: vec![Value::Texts(texts.to_vec())],
        },
        shape: Shape { members: vec![member("ours", 0, codec), member("theirs", 1, Codec::Text)] },
        ..Plan::default()
    };
    let page = store.read(actor, |_| Ok(plan.clone())).await.expect("a page");
    let rows: Vec<Json> = serde_json::from_slice(&page.body)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&page.body)));
    assert_eq!(rows.len(), texts.len());
    rows.into_iter().map(|r| (r["ours"].clone(), r["theirs"].clone())).collect()
}

#[tokio::test]
async fn decimals_are_written_digit_for_digit() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let odd = [
        "0",
        "-0",
        "0.0",
        "0.000",
        "1",
        "-1",
        "10",
        "9999",
        "10000",
        "10001",
        "99999999",
        "100000000",
        "0.1",
        "0.0001",
        "0.00001",
        "-0.00000001",
        "1.10",
        "1.0000",
        "1.00000",
        "12345.6789",
        "123456789012345678901234567890.123456789",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e20",
        "1e-20",
        "1000000000000000000000000000000000000",
        "5e-1",
        "00012.340",
    ];
    let odd: Vec<String> = odd.map(String::from).to_vec();
    for (ours, theirs) in both(&base.store, &actor, "numeric", Codec::NumericText, &odd).await {
        assert_eq!(ours, theirs);
    }
    // Thousands at once, since each answer costs a round trip and not a row.
    let digits = r"-?[0-9]{1,40}(\.[0-9]{1,30})?";
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let numbers: Vec<String> = (0..3000)
        .map(|_| proptest::string::string_regex(digits).unwrap().new_tree(&mut runner).unwrap().current())
        .collect();
    for (ours, theirs) in both(&base.store, &actor, "numeric", Codec::NumericText, &numbers).await {
        assert_eq!(ours, theirs);
    }
}

#[tokio::test]
async fn a_number_that_json_has_no_word_for_is_null() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let texts = ["1.50", "-3", "NaN", "Infinity"].map(String::from);
    let ours: Vec<Json> =
        both(&base.store, &actor, "numeric", Codec::Number, &texts).await.into_iter().map(|b| b.0).collect();
    assert_eq!(json!(ours), json!([1.50, -3, null, null]));
    let texts = ["1.5", "-0.25", "NaN", "Infinity"].map(String::from);
    let ours: Vec<Json> =
        both(&base.store, &actor, "float8", Codec::Number, &texts).await.into_iter().map(|b| b.0).collect();
    assert_eq!(json!(ours), json!([1.5, -0.25, null, null]));
}

#[tokio::test]
async fn moments_are_rfc_3339_in_utc() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let cases = [
        ("2026-11-21 07:29:33.123456+00", "2026-11-21T07:29:33.123456Z"),
        ("2026-11-21 07:29:33.12+01", "2026-11-21T06:29:33.12Z"),
        ("2026-11-21 00:00:00+00", "2026-11-21T00:00:00Z"),
        ("1999-12-31 23:59:59.999999+00", "1999-12-31T23:59:59.999999Z"),
        ("1970-01-01 00:00:00+00", "1970-01-01T00:00:00Z"),
        ("1899-02-28 12:00:00+00", "1899-02-28T12:00:00Z"),
        ("2000-02-29 12:00:00.000001+00", "2000-02-29T12:00:00.000001Z"),
        ("0001-01-01 00:00:00+00", "0001-01-01T00:00:00Z"),
        ("10000-01-01 00:00:00+00", "+010000-01-01T00:00:00Z"),
        ("0044-03-15 12:00:00+00 BC", "-000043-03-15T12:00:00Z"),
        ("infinity", "infinity"),
        ("-infinity", "-infinity"),
    ];
    let texts = cases.map(|c| c.0.to_string());
    let found = both(&base.store, &actor, "timestamptz", Codec::Timestamptz, &texts).await;
    for ((ours, _), (_, expected)) in found.iter().zip(cases) {
        assert_eq!(ours, expected);
    }
    // Any moment that jiff knows too: both must print the same, because writes answer by `Value`.
    let moments: Vec<String> = (0..2000_i64)
        .map(|i| {
            jiff::Timestamp::from_microsecond(i * 86_399_123_457 - 62_000_000_000_000_000)
                .unwrap()
                .to_string()
        })
        .collect();
    for ((ours, _), moment) in
        both(&base.store, &actor, "timestamptz", Codec::Timestamptz, &moments).await.iter().zip(&moments)
    {
        assert_eq!(ours, moment);
    }
}

#[tokio::test]
async fn days_are_written_as_postgresql_writes_them() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let mut days: Vec<String> = (0..3000_i64)
        .map(|i| {
            jiff::civil::date(1, 1, 1).checked_add(jiff::Span::new().days(i * 1217)).unwrap().to_string()
        })
        .collect();
    days.extend(["infinity", "-infinity", "2000-02-29", "1900-02-28"].map(String::from));
    for (ours, theirs) in both(&base.store, &actor, "date", Codec::Date, &days).await {
        assert_eq!(ours, theirs);
    }
}

#[tokio::test]
async fn ids_and_integers_are_written_as_postgresql_writes_them() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let mut ids: Vec<String> = (0..200).map(|_| uuid::Uuid::new_v4().to_string()).collect();
    ids.push(uuid::Uuid::nil().to_string());
    ids.push(uuid::Uuid::max().to_string());
    for (ours, theirs) in both(&base.store, &actor, "uuid", Codec::Uuid, &ids).await {
        assert_eq!(ours, theirs);
    }
    for (ty, numbers) in [
        ("bigint", vec![i64::MIN, i64::MAX, 0, -1, 1, 10, 1_000_000_007]),
        ("integer", vec![i64::from(i32::MIN), i64::from(i32::MAX), 0]),
        ("smallint", vec![-32768, 32767, 0]),
    ] {
        let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
        for (ours, theirs) in both(&base.store, &actor, ty, Codec::Int8, &texts).await {
            assert_eq!(ours.to_string(), theirs.as_str().unwrap());
        }
    }
}

#[tokio::test]
async fn any_text_comes_back_as_it_is() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let mut texts: Vec<String> = (0..1500)
        .map(|_| any::<String>().new_tree(&mut runner).unwrap().current().replace('\0', ""))
        .collect();
    texts.extend((1..0x20_u8).map(|c| format!("a{}b", char::from(c))));
    texts.extend(
        ["", "\"", "\\", "\"\\\"", "ends\\", "\u{7f}", "ü — 漢字 🚤", "</script>", "{\"a\":1}"]
            .map(String::from),
    );
    let found = both(&base.store, &actor, "text", Codec::Text, &texts).await;
    for ((ours, theirs), text) in found.iter().zip(&texts) {
        assert_eq!(ours, text);
        assert_eq!(theirs, text);
    }
}

#[tokio::test]
async fn lists_and_documents_keep_their_elements() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let id = uuid::Uuid::new_v4();
    let cases = [
        ("text[]", Codec::TextArray, r#"{}"#.to_string(), json!([])),
        (
            "text[]",
            Codec::TextArray,
            r#"{a,"b c","","\"q\"",NULL,"NULL","ü\\"}"#.into(),
            json!(["a", "b c", "", "\"q\"", null, "NULL", "ü\\"]),
        ),
        ("uuid[]", Codec::UuidArray, format!("{{{id},NULL}}"), json!([id, null])),
        (
            "jsonb",
            Codec::Jsonb,
            r#"{"b":[1,2.50,"x\n"],"a":null}"#.into(),
            json!({ "a": null, "b": [1, 2.50, "x\n"] }),
        ),
        ("json", Codec::Jsonb, r#"[1, {"a" : "\u0041"}]"#.into(), json!([1, { "a": "A" }])),
        ("boolean", Codec::Bool, "true".into(), json!(true)),
        ("boolean", Codec::Bool, "false".into(), json!(false)),
    ];
    for (ty, codec, text, expected) in cases {
        let found = both(&base.store, &actor, ty, codec, &[text]).await;
        assert_eq!(found[0].0, expected, "{ty}");
    }
}

#[tokio::test]
async fn a_value_that_was_written_is_read_as_the_same_value() {
    let base = Base::new().await;
    let actor = base.workspace("ours").await;
    let id = kernel::new_id();
    let values = [
        ("boolean", Codec::Bool, Value::Bool(true)),
        ("bigint", Codec::Int8, Value::Int(i64::MIN)),
        ("integer", Codec::Int4, Value::Int(-7)),
        ("numeric", Codec::NumericText, Value::Decimal("-1234567.8900".parse().unwrap())),
        ("numeric", Codec::NumericText, Value::Decimal("79228162514264337593543950335".parse().unwrap())),
        ("numeric", Codec::NumericText, Value::Decimal("0.0000000000000000000000000001".parse().unwrap())),
        ("text", Codec::Text, Value::from("ü\"\\\n🚤")),
        ("date", Codec::Date, Value::Date("2024-02-29".parse().unwrap())),
        ("timestamptz", Codec::Timestamptz, Value::Time("2026-11-21T07:29:33.123456Z".parse().unwrap())),
        ("uuid", Codec::Uuid, Value::Id(id)),
        ("text[]", Codec::TextArray, Value::Texts(vec!["a".into(), String::new(), "ü".into()])),
        ("text[]", Codec::TextArray, Value::Texts(vec![])),
        ("uuid[]", Codec::UuidArray, Value::Ids(vec![id, kernel::Uuid::nil()])),
        ("jsonb", Codec::Jsonb, Value::Json(json!({ "street": "Am Hafen 1", "n": [1, 2] }))),
        ("jsonb", Codec::Jsonb, Value::Json(json!("plain"))),
        ("text", Codec::Text, Value::Null),
        ("inet", Codec::Other, Value::Null),
    ];
    let cx = base.store.begin_read(&actor).await.unwrap();
    for (ty, codec, value) in values {
        let statement = Statement { text: format!("select $1::{ty}"), params: vec![value.clone()] };
        assert_eq!(cx.query(&statement, &[codec]).await.unwrap()[0][0], value, "{ty}");
    }
}
