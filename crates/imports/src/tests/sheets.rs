use super::map::{field, model, object};
use crate::draft::Draft;
use crate::sheets::{Files, Maps, Sheets, drafts};
use crate::{Mapping, Report};
use meta::{Kind, Model};

/// The model of the map tests, and a harbour with piers as its parts.
fn harbours() -> Model {
    let mut model = model();
    let (name, mut piers) = field("piers", Kind::Parts);
    piers.parts = Some("pier".into());
    let (key, harbour) =
        object("harbour", vec![field("name", Kind::Text), field("city", Kind::Text), (name, piers)]);
    model.objects.insert(key, harbour);
    model
}

fn read(mapping: &str, files: &[(&str, &str)]) -> (Vec<Draft>, Report) {
    let model = harbours();
    let mapping = Mapping::from_toml(mapping).expect("a mapping");
    let files: Files = files.iter().map(|(n, t)| ((*n).to_owned(), t.as_bytes().to_vec())).collect();
    let sheets = Sheets::open(&files, &mapping).expect("readable");
    let maps = Maps::new(&mapping, &model, &sheets).expect("the mapping fits");
    let mut report = Report { notes: maps.notes(&sheets), ..Default::default() };
    let drafts = drafts(&maps, &sheets, &mut report);
    (drafts, report)
}

fn codes(drafts: &[Draft]) -> Vec<Vec<&str>> {
    let of = |d: &Draft| d.parts.iter().map(|p| p.row).collect::<Vec<_>>();
    assert!(drafts.iter().all(|d| of(d).is_sorted()));
    drafts.iter().map(|d| d.parts.iter().filter_map(|p| p.body["code"].as_str()).collect()).collect()
}

const ONE_FILE: &str = r#"
    object = "harbour"
    [columns]
    harbour = "name"
    city = "city"
    [parts]
    field = "piers"
    group_by = ["harbour"]
    [parts.columns]
    pier = "code"
    tier = "tier"
"#;

#[test]
fn rows_of_one_file_are_gathered_under_their_whole() {
    let text = "harbour,city,pier,tier\nN,X,a,1\nS,Y,b,2\nN,X,c,3\n";
    let (drafts, report) = read(ONE_FILE, &[("h.csv", text)]);
    assert_eq!((report.rows, report.errors_total, report.notes.len()), (2, 0, 0));
    assert_eq!(codes(&drafts), [vec!["a", "c"], vec!["b"]]);
}

#[test]
fn a_whole_that_says_two_things_about_itself_is_an_error() {
    let text = "harbour,city,pier,tier\nN,X,a,1\nN,Z,c,3\n";
    let (_, report) = read(ONE_FILE, &[("h.csv", text)]);
    let error = &report.errors[0];
    assert_eq!((error.row, error.column.as_deref(), error.value.as_deref()), (3, Some("city"), Some("Z")));
}

#[test]
fn parts_of_a_second_file_find_their_whole_by_its_key() {
    let mapping = ONE_FILE.replace(
        "group_by = [\"harbour\"]",
        "file = \"piers.csv\"\ngroup_by = [{ whole = \"harbour\", part = \"of\" }]",
    );
    let files = [
        ("h.csv", "harbour,city,phone\nN,X,1\nS,Y,2\n"),
        ("piers.csv", "of,pier,tier\nS,b,1\nQ,c,1\nN,a,2\n"),
    ];
    let (drafts, report) = read(&mapping, &files);
    assert_eq!(codes(&drafts), [vec!["a"], vec!["b"]]);
    let error = &report.errors[0];
    assert_eq!((error.file.as_str(), error.row, error.value.as_deref()), ("piers.csv", 3, Some("Q")));
    assert_eq!(report.notes, ["Columns of `h.csv` that the mapping does not use: phone."]);
}

#[test]
fn rows_can_be_chosen_by_the_text_of_a_column() {
    let mapping =
        "object = \"harbour\"\nonly = { city = [\"X\"] }\n[columns]\nharbour = \"name\"\ncity = \"city\"\n";
    let (drafts, report) = read(mapping, &[("h.csv", "harbour,city\nN,X\nS,Y\n")]);
    assert_eq!((drafts.len(), report.rows), (1, 1));
    assert_eq!(report.notes, ["1 rows of `h.csv` were left out, as `only` asks."]);
}
