use crate::Mapping;
use crate::draft::Draft;
use crate::map::Map;
use crate::read::{Dialect, Sheet, read};
use crate::report::RowError;
use indexmap::IndexMap;
use meta::{Field, Kind, Model, Object, Reference};
use serde_json::json;

pub fn field(name: &str, kind: Kind) -> (String, Field) {
    (name.into(), Field { name: name.into(), kind, label: name.to_uppercase(), ..Default::default() })
}

fn reference(name: &str, to: &str) -> (String, Field) {
    let (key, mut made) = field(name, Kind::Reference);
    let embed = name.trim_end_matches("_id").to_string();
    made.reference =
        Some(Reference { to: to.into(), on_delete: Default::default(), embed, inverse: "xs".into() });
    (key, made)
}

pub fn object(name: &str, fields: Vec<(String, Field)>) -> (String, Object) {
    let fields: IndexMap<_, _> = fields.into_iter().collect();
    (name.into(), Object { name: name.into(), plural: format!("{name}s"), fields, ..Default::default() })
}

pub fn model() -> Model {
    let id = || {
        let (name, mut made) = field("id", Kind::Id);
        made.system = true;
        (name, made)
    };
    let pier = object("pier", vec![id(), field("code", Kind::Text), field("tier", Kind::Integer)]);
    let product = object("product", vec![id(), field("tier_1", Kind::Money), field("width", Kind::Decimal)]);
    let berth = object(
        "berth",
        vec![
            id(),
            field("number", Kind::Text),
            field("width", Kind::Decimal),
            field("place", Kind::Address),
            field("price", Kind::Money),
            reference("pier_id", "pier"),
        ],
    );
    let objects: IndexMap<_, _> = [pier, product, berth].into_iter().collect();
    let by_plural = objects.values().map(|o| (o.plural.clone(), o.name.clone())).collect();
    Model { objects, by_plural, ..Default::default() }
}

fn sheet(text: &str) -> Sheet {
    read("berths.csv", text.as_bytes(), &Dialect::default()).expect("a table")
}

fn drafts(mapping: &str, text: &str) -> (Vec<Draft>, Vec<RowError>) {
    let (model, sheet) = (model(), sheet(text));
    let mapping = Mapping::from_toml(mapping).expect("a mapping");
    let map = Map::of_wholes(&mapping, &model, &sheet).expect("the mapping fits");
    let (drafts, errors): (Vec<_>, Vec<_>) = sheet.rows.iter().map(|r| map.draft(&sheet, r)).unzip();
    (drafts, errors.into_iter().flatten().collect())
}

fn faults(mapping: &str, text: &str) -> Vec<String> {
    let (model, sheet) = (model(), sheet(text));
    let mapping = Mapping::from_toml(mapping).expect("a mapping");
    let problems = Map::of_wholes(&mapping, &model, &sheet).map(|_| ()).expect_err("it must not fit");
    problems.into_iter().map(|p| format!("{}: {}", p.field.unwrap_or_default(), p.detail)).collect()
}

#[test]
fn a_row_becomes_a_body_with_members_and_open_references() {
    let mapping = r#"
        object = "berth"
        [columns]
        no = "number"
        w = { field = "width", multiply = 2 }
        street = { field = "place.street" }
        city = { field = "place.city" }
        pier = { field = "pier_id", by = "code" }
    "#;
    let (drafts, errors) = drafts(mapping, "no,w,street,city,pier\n7,1.25,Kai 3,,B\n8,,,,\n");
    assert_eq!(errors, vec![]);
    assert_eq!(
        json!(drafts[0].body),
        json!({ "number": "7", "width": "2.5", "place": { "street": "Kai 3" } })
    );
    assert_eq!((drafts[0].refs[0].field.as_str(), drafts[0].refs[0].texts[0].as_str()), ("pier_id", "B"));
    assert_eq!(
        json!(drafts[1].body),
        json!({ "number": "8", "width": null, "place": null, "pier_id": null })
    );
}

#[test]
fn every_wrong_cell_of_every_row_is_told_at_once() {
    let mapping = "object = \"berth\"\n[columns]\nno = \"number\"\nw = \"width\"\np = \"price\"\n";
    let (_, errors) = drafts(mapping, "no,w,p\n1,wide,dear\n2,2.5,1\n3,x,1\n");
    let told: Vec<_> = errors
        .iter()
        .map(|e| (e.row, e.column.as_deref().unwrap_or(""), e.value.as_deref().unwrap_or("")))
        .collect();
    assert_eq!(told, [(2, "w", "wide"), (2, "p", "dear"), (4, "w", "x")]);
}

#[test]
fn every_fault_of_a_mapping_is_told_at_once() {
    let mapping = r#"
        object = "berth"
        key = ["number"]
        [columns]
        no = "nummer"
        gone = "width"
        w = { field = "width", by = "code" }
        id = "id"
        [fields]
        price = { lookup = { object = "product", where = "width=eq.{w}", take = "tier_{pier.tier}" } }
    "#;
    let faults = faults(mapping, "no,w,id\n1,2,3\n");
    assert_eq!(faults.len(), 5, "{faults:#?}");
    assert!(faults[0].starts_with("mapping.columns.no: ") && faults[0].contains("nummer"));
    assert!(faults[1].contains("refers to nothing"));
    assert!(faults[2].contains("cannot be written"));
    assert!(faults[3].contains("has no column `gone`"));
    assert!(faults[4].contains("needs a column that finds `pier`"));
}

#[test]
fn a_file_with_headers_named_like_fields_needs_no_mapping() {
    let (drafts, errors) = drafts("object = \"berths\"", "number,WIDTH,remark\n7,2.5,x\n");
    assert_eq!(errors, vec![]);
    assert_eq!(json!(drafts[0].body), json!({ "number": "7", "width": "2.5" }));
}
