//! The formula of the score, and how it does on people with typing errors.
use crate::text::{containment, folded, one_slip, similarity, trigrams};
use crate::{Match, Profile, compare};
use kernel::{Row, Uuid, Value};
use meta::{Library, Model};
use serde_json::json;
use std::path::{Path, PathBuf};

fn model() -> Model {
    Library::shipped().model(&["sales"], None).expect("the blueprint is sound")
}

fn profile(model: &Model, object: &str, row: serde_json::Value) -> Profile {
    let object = &model.objects[object];
    let value = |(name, json): (&String, &serde_json::Value)| {
        (name.clone(), meta::parse(&object.fields[name], json).expect("a value of the field"))
    };
    let row: Row = row.as_object().expect("a record").iter().map(value).collect();
    Profile::of(object, object.duplicates.as_ref().expect("duplicates are looked for"), &row)
}

fn alike(object: &str, a: serde_json::Value, b: serde_json::Value) -> Match {
    let model = model();
    let (a, b) = (profile(&model, object, a), profile(&model, object, b));
    let weights = model.objects[object].duplicates.as_ref().expect("duplicates are looked for").weights;
    let (there, back) = (compare(&a, &b, &weights), compare(&b, &a, &weights));
    assert_eq!(there, back, "who comes first makes no difference");
    there
}

#[test]
fn each_match_has_the_strength_of_the_specification() {
    let mail = alike(
        "client",
        json!({ "name": "Nordlicht", "email": "Info@Nord.example" }),
        json!({ "name": "Zapp", "email": "info@nord.example" }),
    );
    assert_eq!((mail.score, mail.reason().as_str()), (0.9, "Same e-mail"));
    let phone = alike(
        "client",
        json!({ "name": "Nordlicht", "phone": "0049 40 123456" }),
        json!({ "name": "Zapp", "phone": "+49 (40) 123-456" }),
    );
    assert_eq!((phone.score, phone.reason().as_str()), (0.8, "Same phone"));
    let name = alike("client", json!({ "name": "Nordlicht Söhne" }), json!({ "name": "nordlicht SOHNE" }));
    assert_eq!((name.score, name.is_reported()), (0.6, false), "many share a name");
    let client = Uuid::from_u128(7);
    let colleagues = alike(
        "contact",
        json!({ "first_name": "Ada", "last_name": "Byron", "client_id": client }),
        json!({ "first_name": "Ada", "last_name": "Byron", "client_id": client }),
    );
    assert_eq!((colleagues.score, colleagues.reason().as_str()), (0.88, "Same company, same name"));
}

#[test]
fn matches_add_up_as_one_minus_the_product_of_what_is_left() {
    let both = alike(
        "client",
        json!({ "name": "Nordlicht", "email": "a@nord.example", "phone": "+4940123456" }),
        json!({ "name": "Zapp", "email": "a@nord.example", "phone": "+4940123456" }),
    );
    assert_eq!(both.score, 0.98);
    assert_eq!(both.reason(), "Same e-mail, same phone");
}

#[test]
fn colleagues_and_families_are_not_duplicates() {
    let client = Uuid::from_u128(7);
    let office = json!({ "street": "Kai 4", "city": "Hamburg", "postal_code": "20457" });
    let colleagues = alike(
        "contact",
        json!({ "first_name": "Ada", "last_name": "Byron", "client_id": client, "address": office }),
        json!({ "first_name": "Karl", "last_name": "Gauss", "client_id": client, "address": office }),
    );
    assert!(!colleagues.is_reported(), "{colleagues:?}");
    let family = alike(
        "contact",
        json!({ "first_name": "John", "last_name": "Smith", "address": office }),
        json!({ "first_name": "Mary", "last_name": "Smith", "address": office }),
    );
    assert!(!family.is_reported(), "{family:?}");
    let fax = alike(
        "contact",
        json!({ "last_name": "Byron", "fax": "+4940123456", "assistant_phone": "+4940123457" }),
        json!({ "last_name": "Gauss", "fax": "+4940123456", "assistant_phone": "+4940123457" }),
    );
    assert_eq!(fax, Match::default());
}

#[test]
fn what_is_missing_or_a_placeholder_tells_nothing() {
    assert_eq!(alike("client", json!({}), json!({})), Match::default());
    let placeholder = json!({ "name": "Nordlicht", "phone": "0000", "tax_id": "n/a" });
    let other = json!({ "name": "Zapp", "phone": "0000", "tax_id": "N/A" });
    assert_eq!(alike("client", placeholder, other), Match::default());
}

#[test]
fn the_same_number_in_another_field_is_another_number() {
    let a = json!({ "tax_id": "DE 123-456-789" });
    assert_eq!(alike("client", a.clone(), json!({ "tax_id": "de123456789" })).score, 0.9);
    assert_eq!(alike("client", a.clone(), json!({ "tax_id": "DE123465789" })).score, 0.54);
    assert_eq!(alike("client", a, json!({ "registration_number": "DE123456789" })), Match::default());
}

#[test]
fn a_weight_of_the_workspace_takes_the_place_of_the_usual_one() {
    let overlay =
        json!({ "objects": [{ "extend": "client", "duplicates": { "weights": { "email": 0.5 } } }] });
    let model = Library::shipped().model(&["sales"], Some(&overlay)).expect("a sound overlay");
    let weights = model.objects["client"].duplicates.as_ref().expect("on").weights;
    let same = profile(&model, "client", json!({ "email": "a@nord.example" }));
    assert_eq!(compare(&same, &same, &weights).score, 0.5);
}

#[test]
fn texts_are_compared_as_pg_trgm_does() {
    let likeness = |a: &str, b: &str| similarity(&trigrams(&folded(a)), &trigrams(&folded(b)));
    // select similarity('word', 'two words'), similarity('Jake Berry', 'berry jake') of PostgreSQL 16.
    assert!((likeness("word", "two words") - 0.363_636_36).abs() < 1e-6);
    assert_eq!(likeness("Jake Berry", "berry,  JAKE"), 1.0);
    assert_eq!(likeness("", ""), 0.0);
    assert_eq!(folded("  Åsa O'Brien-Müller "), "asa obrien muller");
    assert_eq!(containment(&trigrams("kilby"), &trigrams("josephine kilby")), 1.0);
    assert!(one_slip("9162672", "9126672") && one_slip("916267", "9162672"));
    assert!(!one_slip("9162672", "9162672") && !one_slip("9162672", "9126627"));
}

/// People with typing errors, swapped and lost fields; the truth is in `rec_id` (`rec-7-org`, `rec-7-dup-0`), which
/// nobody but this test looks at.
#[test]
fn people_with_typing_errors_are_recognised() {
    let Some(folder) = febrl() else { return };
    let overlay = json!({ "objects": [{ "extend": "contact",
        "fields": [{ "name": "insurance_number", "kind": "text", "personal": true }],
        "duplicates": { "birth_date": ["birth_date"], "identifier": ["insurance_number"] } }] });
    let model = Library::shipped().model(&["sales"], Some(&overlay)).expect("a sound overlay");
    for (numbered, least_found) in [(true, 0.99), (false, 0.95)] {
        let people = people(&model, &folder.join("dataset1.csv"), numbered);
        let (found, pairs, wrong) = judge(&model, &people);
        let recall = found as f64 / pairs as f64;
        eprintln!("numbered {numbered}: {found} of {pairs} found, {wrong} wrong");
        assert!(pairs >= 500 && recall >= least_found, "only {found} of {pairs} found");
        assert!(wrong <= pairs / 200, "{wrong} pairs are wrong");
    }
}

/// True pairs that are found, true pairs, and other pairs that are reported. To keep the test short, others are compared
/// when something easily seen is equal: the story over HTTP goes through the whole machinery.
fn judge(model: &Model, people: &[(String, Row)]) -> (usize, usize, usize) {
    let object = &model.objects["contact"];
    let spec = object.duplicates.as_ref().expect("duplicates are looked for");
    let profiles: Vec<_> =
        people.iter().map(|(who, row)| (who, row, Profile::of(object, spec, row))).collect();
    let (mut found, mut pairs, mut wrong) = (0, 0, 0);
    for (i, (who, row, a)) in profiles.iter().enumerate() {
        for (other, other_row, b) in &profiles[i + 1..] {
            let same = who == other;
            let near = |field: &str| row.get(field).is_some_and(|v| other_row.get(field) == Some(v));
            if !same && !["last_name", "first_name", "birth_date"].into_iter().any(near) {
                continue;
            }
            let reported = compare(a, b, &spec.weights).is_reported();
            pairs += usize::from(same);
            found += usize::from(same && reported);
            wrong += usize::from(!same && reported);
        }
    }
    (found, pairs, wrong)
}

fn people(model: &Model, file: &Path, numbered: bool) -> Vec<(String, Row)> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(file).expect("the file");
    let header = reader.headers().expect("a header").clone();
    let contact = &model.objects["contact"];
    let mut all = vec![];
    for record in reader.records() {
        let record = record.expect("a row");
        let get = |name: &str| {
            let at = header.iter().position(|h| h == name).expect("the column");
            record.get(at).unwrap_or_default()
        };
        let day = get("date_of_birth");
        let day = (day.len() == 8).then(|| format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]));
        let mut body = json!({
            "first_name": get("given_name"), "last_name": get("surname"), "birth_date": day,
            "address": {
                "street": format!("{} {}", get("street_number"), get("address_1")), "street2": get("address_2"),
                "city": get("suburb"), "postal_code": get("postcode"), "region": get("state"),
            },
        });
        if numbered {
            body["insurance_number"] = json!(get("soc_sec_id"));
        }
        let value = |(name, json): (&String, &serde_json::Value)| {
            let value =
                if json.is_null() { Ok(Value::Null) } else { meta::parse(&contact.fields[name], json) };
            (name.clone(), value.unwrap_or_default())
        };
        let row = body.as_object().expect("a record").iter().map(value).collect();
        let who = get("rec_id").split('-').nth(1).expect("rec-N-...").to_string();
        all.push((who, row));
    }
    all
}

fn febrl() -> Option<PathBuf> {
    let told = std::env::var_os("KONTOR_SHARED").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = told.unwrap_or_else(beside).join("data/dedupe-febrl");
    if !folder.is_dir() {
        eprintln!("passed without a look: {} is not there (set KONTOR_SHARED)", folder.display());
        return None;
    }
    Some(folder)
}
