//! Files of every format, those of other programs among them.
use super::shared;
use crate::read::{Dialect, Sheet, read};
use serde_json::Value as Json;
use std::path::Path;

fn sheet(file: &str, text: &str) -> Sheet {
    read(file, text.as_bytes(), &Dialect::default()).expect("the text is a table")
}

fn refusal(file: &str, bytes: &[u8]) -> String {
    let problem = read(file, bytes, &Dialect::default()).expect_err("nothing that can be used");
    assert_eq!((problem.code, problem.field), ("import.file", Some(format!("files.{file}"))));
    problem.detail
}

fn cells(sheet: &Sheet) -> Vec<Vec<&str>> {
    sheet.rows.iter().map(|r| r.cells.iter().collect()).collect()
}

fn open(path: &Path) -> Result<Sheet, kernel::Problem> {
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    read(&name, &std::fs::read(path).expect("readable"), &Dialect::default())
}

#[test]
fn json_is_rows_whether_as_array_line_by_line_or_wrapped() {
    let array = sheet("a.json", r#"[{"a": 1.50, "b": {"c": "x", "d": null}}, {"a": 2, "e": ["p", "q"]}]"#);
    assert_eq!(array.header, ["a", "b.c", "b.d", "e"]);
    assert_eq!(cells(&array), [["1.50", "x", "", ""], ["2", "", "", "p;q"]], "digits stay as written");
    let lines = sheet("a.jsonl", "{\"a\": 1}\n{\"a\": true}\n\n{\"a\": \"t\\u00fcr\"}\n");
    assert_eq!(cells(&lines), [["1"], ["true"], ["tür"]]);
    assert_eq!(lines.rows[2].number, 3);
    let wrapped = sheet("a.json", r#"{"total": 2, "records": [{"a": "x"}, {"a": "y"}]}"#);
    assert_eq!(
        (wrapped.header.as_slice(), cells(&wrapped)),
        (&["a".to_string()][..], vec![vec!["x"], vec!["y"]])
    );
    let alone = sheet("a.json", r#"{"name": "Ann", "data": {"x": 1}, "value": "v"}"#);
    assert_eq!(
        (alone.header.as_slice(), alone.rows.len()),
        (&["name".into(), "data.x".into(), "value".into()][..], 1)
    );
    let odd = sheet("a.json", r#"[{"a": 1}, 7, {"a": 2}]"#);
    assert_eq!((odd.rows.len(), odd.errors[0].row), (2, 2));
    assert!(refusal("a.json", b"[{\"a\": 1}, {").contains("not JSON"));
    assert!(refusal("a.json", b"{}").contains("no record"));
    assert!(refusal("a.json", b"hello").contains("not JSON"));
}

#[test]
fn a_table_without_a_header_has_numbers_for_columns() {
    let dialect = Dialect { headless: true, ..Default::default() };
    let sheet = read("a.csv", b"Ann,1\nBob,2\n", &dialect).expect("a table");
    assert_eq!(sheet.header, ["1", "2"]);
    assert_eq!(cells(&sheet), [["Ann", "1"], ["Bob", "2"]]);
    assert_eq!(sheet.rows[0].number, 1);
}

#[test]
fn a_row_without_end_is_refused_before_it_fills_the_memory() {
    let mut text = String::from("a,b\n1,\"two\n");
    text.push_str(&"x,y\n".repeat(2_000_000));
    assert!(refusal("a.csv", text.as_bytes()).contains("row 2 is longer than 4 MB"));
}

#[test]
fn letters_are_told_by_the_company_they_keep() {
    for (encoding, text) in [
        (encoding_rs::SHIFT_JIS, "名前,都市\n山田太郎さんは東京に住んでいます,東京\n"),
        (encoding_rs::MACINTOSH, "name,city\nRéunion,Zürich\n"),
        (encoding_rs::WINDOWS_1252, "name,city\nRéunion,Zürich\n"),
        (encoding_rs::UTF_16LE, "name,city\nRéunion,Zürich\n"),
    ] {
        let bytes = match encoding {
            e if e == encoding_rs::UTF_16LE => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            e => e.encode(text).0.into_owned(),
        };
        let sheet =
            read("a.csv", &bytes, &Dialect::default()).unwrap_or_else(|_| panic!("{}", encoding.name()));
        assert_eq!(sheet.header.join(",") + "\n" + &cells(&sheet)[0].join(",") + "\n", text, "{encoding:?}");
    }
}

#[test]
fn separators_of_every_kind_are_found_out() {
    let Some(data) = shared() else { return };
    let folder = data.join("csv-torture/frictionless/csv/separators");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let sheet = open(&entry.expect("readable").path()).expect("a table");
        assert_eq!(sheet.header, ["number", "string", "boolean"], "{}", sheet.file);
        assert_eq!((sheet.rows.len(), cells(&sheet)[1][1]), (2, "two"), "{}", sheet.file);
        seen += 1;
    }
    assert_eq!(seen, 7);
}

#[test]
fn old_encodings_are_found_out() {
    let Some(data) = shared() else { return };
    let folder = data.join("csv-torture");
    for file in ["utf8", "iso8859", "western-macos-roman"] {
        let sheet = open(&folder.join(format!("frictionless/csv/encodings/{file}.csv"))).expect(file);
        assert_eq!(sheet.rows[0].cells.get(0), Some("Réunion"), "{file}");
    }
    let japanese = open(&folder.join("thunderbird-import/shiftjis_addressbook.csv")).expect("Shift-JIS");
    assert!(
        japanese.rows[0].cells.iter().any(|c| c.chars().any(|c| c > '\u{3000}')),
        "{:?}",
        japanese.rows[0]
    );
    let wide = open(&folder.join("thunderbird-import/utf16_addressbook.csv")).expect("UTF-16");
    assert_eq!((wide.header[0].as_str(), wide.errors.len()), ("First Name", 0));
}

/// Files named `bad-...` have no right reading: an error or a warning is due. The others come with theirs.
#[test]
fn the_small_facts_of_csv_are_read_as_expected() {
    let Some(data) = shared() else { return };
    let folder = data.join("csv-torture/csv-test-data");
    let Ok(files) = std::fs::read_dir(folder.join("csv")) else {
        eprintln!("passed without a look: {} is not there", folder.display());
        return;
    };
    for entry in files {
        let path = entry.expect("readable").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let read = open(&path);
        if name.starts_with("bad-") {
            assert!(!matches!(&read, Ok(s) if s.errors.is_empty() && s.notes.is_empty()), "{name}: {read:?}");
            continue;
        }
        let Ok(text) = std::fs::read_to_string(folder.join(format!("json/{name}.json"))) else { continue };
        let expected: Vec<Json> = serde_json::from_str(&text).expect("JSON");
        let sheet = read.expect(&name);
        let rows = expected.iter().filter(|r| r.as_array().is_none_or(|a| a.iter().any(|c| c != "")));
        let header = usize::from(expected.iter().all(Json::is_array));
        assert_eq!(sheet.rows.len() + header, rows.count(), "{name}");
    }
}

#[test]
fn files_are_what_is_in_them_and_not_what_they_are_called() {
    let Some(data) = shared() else { return };
    let folder = data.join("csv-torture/frictionless");
    for (file, first) in [("sample-1-sheet.txt", "two"), ("sample-1-sheet.pdf", "two"), ("comma.txt", "one")]
    {
        let sheet = open(&folder.join("wrong-extension-files").join(file)).expect(file);
        assert_eq!(sheet.header, ["number", "string", "boolean"], "{file}");
        assert_eq!((sheet.rows.len(), &cells(&sheet)[0]), (2, &vec!["1", first, "true"]), "{file}");
    }
    for (file, why) in [
        ("zero-files/zero", "empty"),
        ("zero-files/zero.csv", "empty"),
        ("zero-files/zero.json", "empty"),
        ("zero-files/zero.xls", "empty"),
        ("empty-files/empty.html", "web page"),
        ("empty-files/empty.json", "no record"),
        ("empty-files/empty.xls", "no"),
        ("empty-files/empty.txt", "empty"),
    ] {
        let problem = open(&folder.join(file)).expect_err(file);
        assert!(problem.detail.contains(why), "{file}: {}", problem.detail);
    }
}

#[test]
fn an_address_book_without_header_and_one_in_ldif() {
    let Some(data) = shared() else { return };
    let folder = data.join("csv-torture/thunderbird-import");
    let bytes = std::fs::read(folder.join("csv_no_header.csv")).expect("readable");
    let dialect = Dialect { headless: true, ..Default::default() };
    let sheet = read("csv_no_header.csv", &bytes, &dialect).expect("a table");
    assert_eq!(cells(&sheet)[1], ["Jane Doe", "Jane", "Doe", "jane@doe.invalid"]);
    assert!(open(&folder.join("basic_ldif_addressbook.ldif")).expect_err("LDIF").detail.contains("LDIF"));
    let mixed = open(&folder.join("tab_comma_mixed.csv")).expect("a table by its first line");
    assert!(!mixed.errors.is_empty(), "lines of another separator are told");
}

#[test]
fn every_card_of_every_program_is_a_row() {
    let Some(data) = shared() else { return };
    let folder = data.join("vcards");
    let facts = std::fs::read_to_string(folder.join("facts.json")).expect("facts");
    let facts: serde_json::Map<String, Json> = serde_json::from_str(&facts).expect("JSON");
    let mut cards = 0;
    for (file, fact) in facts.iter().filter(|(file, _)| file.ends_with(".vcf")) {
        let sheet = open(&folder.join(file)).expect(file);
        let list = fact["list"].as_array().expect("a list");
        assert_eq!((sheet.rows.len(), sheet.errors.len()), (list.len(), 0), "{file}");
        for (row, card) in sheet.rows.iter().zip(list) {
            let of = |name: &str| sheet.column(name).and_then(|i| row.cells.get(i)).unwrap_or_default();
            let all = |name: &str| -> Vec<&str> {
                let own = sheet.header.iter().filter(|h| h.starts_with(name));
                own.map(|h| of(h)).filter(|t| !t.is_empty()).collect()
            };
            if let Some(full) = card["fn"].as_str().filter(|f| !f.is_empty()) {
                assert_eq!(of("full_name"), full, "{file}");
            }
            for mail in card["email"].as_array().into_iter().flatten().filter_map(Json::as_str) {
                assert!(all("email").contains(&mail), "{file}: {mail} in {:?}", all("email"));
            }
            cards += 1;
        }
    }
    assert_eq!(cards, 30);
}
