//! Whatever is sent, nothing panics, and what was accepted is read back as the same.
use kernel::{Decimal, Value};
use meta::cel::Expression;
use meta::{Choice, Field, Kind, Model, Object};
use proptest::prelude::*;
use serde_json::Value as Json;

fn json() -> impl Strategy<Value = Json> {
    let odd_texts = prop_oneof![
        any::<String>(),
        "[0-9+()./ -]{0,20}",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]{0,12}(Z|[+-][0-9]{2}:[0-9]{2})?)?",
        "[+-]?[0-9]{0,32}[.]?[0-9]{0,32}(e[+-]?[0-9]{0,4})?",
        "[+-]?P[0-9YMWDTHS.]{0,20}",
        "[a-z:/@.]{0,30}",
        "[0-9a-f-]{32,36}",
        Just("open".to_string()),
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        odd_texts.prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        let keys = prop_oneof![any::<String>(), Just("lat".into()), Just("lon".into()), Just("city".into())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((keys, inner), 0..4).prop_map(|all| all.into_iter().collect()),
        ]
    })
}

fn field(kind: Kind, many: bool) -> Field {
    let options = vec![Choice { value: "open".into(), ..Choice::default() }];
    Field { name: "f".into(), label: "F".into(), kind, many, options, ..Field::default() }
}

fn object() -> (Object, Model) {
    let fields =
        [("a", Kind::Decimal), ("b", Kind::Decimal), ("t", Kind::Text), ("l", Kind::Tags), ("j", Kind::Json)];
    let fields =
        fields.map(|(name, kind)| (name.to_string(), Field { name: name.into(), ..field(kind, false) }));
    (Object { name: "o".into(), fields: fields.into_iter().collect(), ..Object::default() }, Model::default())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_value_that_is_taken_is_read_back_as_the_same(json in json(), kind in 0..Kind::WRITTEN.len(), many: bool) {
        let field = field(Kind::WRITTEN[kind], many);
        if let Ok(value) = meta::parse(&field, &json) {
            let again = meta::parse(&field, &value.to_json());
            prop_assert_eq!(again, Ok(value));
        }
    }

    #[test]
    fn arithmetic_is_that_of_exact_decimals(a in any::<i32>(), b in any::<i32>(), x in 0..6u32, y in 0..6u32) {
        let (object, model) = object();
        let (a, b) = (Decimal::new(a.into(), x), Decimal::new(b.into(), y));
        let lookup = |name: &str| Value::Decimal(if name == "a" { a } else { b });
        for (sign, wanted) in [("+", a + b), ("-", a - b), ("*", a * b)] {
            let given = Expression::compile(&format!("a {sign} b"), &object, &model).unwrap().evaluate(&lookup);
            prop_assert_eq!(given, Ok(Value::Decimal(wanted.normalize())));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_too_odd_to_be_read_as_cel(source in any::<String>()) {
        let (object, model) = object();
        let _ = Expression::compile(&source, &object, &model);
    }

    #[test]
    fn nothing_that_compiles_panics(
        source in r#"(a|b|t|l|j|1|0|2\.5|'x'|null|true|\(|\)|\[|\]|,| \+ | - | \* | / | % | < | == | && | \|\| |!| \? | : | in |size\(|round\(|sum\(|max\(|\.map\(x, |\.all\(x, |\.contains\(|x){1,14}"#,
        json in json(),
    ) {
        let (object, model) = object();
        if let Ok(expression) = Expression::compile(&source, &object, &model) {
            let _ = expression.evaluate(&|name| match name {
                "a" => Value::Decimal(Decimal::MAX),
                "b" => Value::Null,
                "t" => "x".into(),
                "l" => Value::Texts(vec!["x".into(), "y".into()]),
                _ => Value::Json(json.clone()),
            });
        }
    }
}
