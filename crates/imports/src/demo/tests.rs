use super::dice::Dice;
use super::make::{Made, Workshop};
use indexmap::IndexMap;
use kernel::Uuid;
use meta::Maker;
use serde_json::{Value as Json, json};

fn bodies(seed: u64, fields: Json, count: u64) -> Vec<Json> {
    let fields: IndexMap<String, Maker> = serde_json::from_value(fields).expect("recipes");
    let id = |n: u128| Uuid::from_u128(n);
    let made = Made {
        members: [("".to_string(), vec![id(1), id(2)]), ("sales".to_string(), vec![id(2)])]
            .into_iter()
            .collect(),
        records: [("client".to_string(), vec![id(7)])].into_iter().collect(),
        ..Made::default()
    };
    let mut dice = Dice::new(seed);
    let mut workshop = Workshop {
        made: &made,
        dice: &mut dice,
        today: "2025-11-21".parse().expect("a date"),
        location: None,
    };
    (1..=count).map(|n| Json::Object(workshop.body(&fields, n).expect("a body"))).collect()
}

#[test]
fn the_same_seed_makes_the_same_data_for_ever() {
    let fields = json!({
        "name": { "fake": "company" },
        "amount": { "money": [1000, 50000] },
        "due": { "date": [-30, 30] },
        "iban": { "fake": "iban" },
    });
    assert_eq!(bodies(7, fields.clone(), 20), bodies(7, fields.clone(), 20));
    assert_ne!(bodies(7, fields.clone(), 20), bodies(8, fields.clone(), 20));
    // Written down: a change of generator or word list must be meant.
    let mut dice = Dice::new(7);
    assert_eq!([dice.below(1000), dice.below(1000), dice.below(1000)], FIRST_THREE);
}
const FIRST_THREE: [u64; 3] = [487, 804, 346];

#[test]
fn values_stay_within_their_recipes() {
    let fields = json!({
        "number": { "sequence": "A{n}" },
        "owner_id": { "member": ["sales"] },
        "anybody": {},
        "client_id": { "ref": "client" },
        "amount": { "money": [0.5, 1.25] },
        "length": { "decimal": [6, 30], "scale": 1 },
        "stage": { "pick": [["won", 1], ["open", 0]] },
        "tags": { "some": ["a", "b", "c"], "max": 2 },
        "end": { "after": "start", "days": [1, 3] },
        "start": { "date": [0, 0] },
        "never": { "chance": 0.0, "then": "x" },
        "always": { "chance": 1.0 },
        "lines": { "parts": [2, 2], "fields": { "quantity": { "integer": [1, 9] } } },
        "note": "fixed",
    });
    for (i, body) in bodies(3, fields, 200).into_iter().enumerate() {
        let text = |name: &str| body[name].as_str().expect("a text").to_owned();
        let number = |name: &str| text(name).parse::<f64>().expect("a number");
        assert_eq!(text("number"), format!("A{}", i + 1));
        assert_eq!(text("owner_id"), Uuid::from_u128(2).to_string());
        assert!(body["anybody"].is_string());
        assert_eq!(text("client_id"), Uuid::from_u128(7).to_string());
        assert!((0.5..=1.25).contains(&number("amount")), "{}", number("amount"));
        assert!((6.0..=30.0).contains(&number("length")));
        assert_eq!(text("stage"), "won");
        let tags = body["tags"].as_array().expect("tags");
        assert!(tags.len() <= 2 && (tags.len() < 2 || tags[0] != tags[1]));
        assert_eq!(text("start"), "2025-11-21");
        assert!(("2025-11-22".to_string()..="2025-11-24".to_string()).contains(&text("end")));
        assert_eq!((&body["never"], &body["always"]), (&Json::Null, &json!(true)));
        assert_eq!(body["lines"].as_array().map(Vec::len), Some(2));
        assert_eq!(text("note"), "fixed");
    }
}

#[test]
fn invented_bank_accounts_have_valid_check_digits() {
    for body in bodies(5, json!({ "iban": { "fake": "iban" } }), 50) {
        let iban = body["iban"].as_str().expect("a text").to_owned();
        let digits = format!("{}1314{}", &iban[4..], &iban[2..4]);
        let remainder = digits.bytes().fold(0_u64, |r, d| (r * 10 + u64::from(d - b'0')) % 97);
        assert_eq!((iban.len(), remainder), (22, 1), "{iban}");
    }
}
