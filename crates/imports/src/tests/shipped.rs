//! The mapping files of the repository against the blueprints and the headers of the data they are for.
use super::shared;
use crate::sheets::{Files, Maps, Sheets};
use crate::{Mapping, Report};
use std::path::{Path, PathBuf};

fn mappings(folder: &str) -> Vec<(String, Mapping)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../imports").join(folder);
    let files = std::fs::read_dir(&folder).expect("the mappings are there");
    let mut all: Vec<(String, Mapping)> = files
        .map(|f| f.expect("readable").path())
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("readable");
            let mapping = Mapping::from_toml(&text).unwrap_or_else(|p| panic!("{name}: {p}"));
            (name, mapping)
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// Every mapping of a folder fits the blueprint and the file; rows that could not be read, per mapping.
fn check(folder: &str, blueprint: &str, data: &Path) -> Vec<(String, u64, Vec<String>)> {
    let model = meta::Library::shipped().model(&[blueprint], None).expect("the blueprint is sound");
    let mut seen = vec![];
    for (name, mapping) in mappings(folder) {
        let main = mapping.file.clone().unwrap_or_else(|| format!("{name}.csv"));
        let of_parts = mapping.parts.as_ref().and_then(|p| p.file.clone());
        let read = |file: String| {
            let bytes = std::fs::read(data.join(&file)).unwrap_or_else(|e| panic!("{name}: {file}: {e}"));
            (file, bytes)
        };
        let files: Files = std::iter::once(main).chain(of_parts).map(read).collect();
        let sheets = Sheets::open(&files, &mapping).unwrap_or_else(|p| panic!("{name}: {p:?}"));
        let maps = Maps::new(&mapping, &model, &sheets).unwrap_or_else(|p| panic!("{name}: {p:#?}"));
        let mut report = Report::default();
        let drafts = crate::sheets::drafts(&maps, &sheets, &mut report);
        assert_eq!(report.errors, vec![], "{name}");
        seen.push((name, drafts.len() as u64, maps.notes(&sheets)));
    }
    seen
}

fn counts(seen: &[(String, u64, Vec<String>)]) -> Vec<(&str, u64)> {
    seen.iter().map(|(name, rows, _)| (name.as_str(), *rows)).collect()
}

fn data(folder: &str) -> Option<PathBuf> {
    shared().map(|s| s.join(folder))
}

#[test]
fn the_northwind_mappings_fit_order_management() {
    let Some(data) = data("northwind/csv") else { return };
    let seen = check("northwind", "orders", &data);
    let expected = [
        ("categories", 8),
        ("contacts", 91),
        ("customers", 91),
        ("employee_territories", 49),
        ("employees", 9),
        ("orders", 830),
        ("products", 77),
        ("regions", 4),
        ("shippers", 6),
        ("suppliers", 29),
        ("territories", 53),
    ];
    assert_eq!(counts(&complete(seen)), expected);
}

/// No column of the files is forgotten: each is mapped, or said not to be wanted.
fn complete(seen: Vec<(String, u64, Vec<String>)>) -> Vec<(String, u64, Vec<String>)> {
    assert!(seen.iter().all(|(_, _, notes)| notes.is_empty()), "{seen:#?}");
    seen
}

#[test]
fn the_salesforce_mappings_fit_b2b_sales() {
    let Some(data) = data("salesforce-devorg") else { return };
    let seen = check("salesforce", "sales", &data);
    assert_eq!(
        counts(&complete(seen)),
        [("accounts", 18), ("contacts", 25), ("leads", 22), ("opportunities", 36)]
    );
}

#[test]
fn the_helsinki_mappings_fit_the_marina() {
    let Some(data) = data("marina-helsinki") else { return };
    let seen = check("helsinki", "marina", &data);
    let expected = [
        ("berth_products", 13),
        ("berths", 1959),
        ("boat_type_names", 27),
        ("boat_types", 9),
        ("harbors", 21),
        ("piers", 39),
    ];
    assert_eq!(counts(&seen), expected);
}
