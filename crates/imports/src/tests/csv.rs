use super::shared;
use crate::read::{Dialect, Sheet, read};
use std::path::Path;

fn sheet(text: &str) -> Sheet {
    read("a.csv", text.as_bytes(), &Dialect::default()).expect("the text is a table")
}

fn cells(sheet: &Sheet) -> Vec<Vec<&str>> {
    sheet.rows.iter().map(|r| r.cells.iter().collect()).collect()
}

fn errors(sheet: &Sheet) -> Vec<(u64, &str)> {
    sheet.errors.iter().map(|e| (e.row, e.reason.as_str())).collect()
}

#[test]
fn a_row_with_too_many_or_too_few_fields_is_named_by_its_number() {
    let sheet = sheet("a,b\n1,2\n3\n\n4,5,6\n7,8\n");
    assert_eq!(cells(&sheet), [["1", "2"], ["7", "8"]]);
    let errors = errors(&sheet);
    assert_eq!(errors[0], (3, "The row has 1 field, the header has 2."));
    assert_eq!(errors[1].0, 5, "the empty row 4 counts, as in a spreadsheet");
    assert_eq!(sheet.rows[1].number, 6);
}

#[test]
fn a_missing_closing_quote_does_not_swallow_the_file_in_silence() {
    let sheet = sheet("a,b\n1,\"two\n3,4\n5,6\n");
    assert!(sheet.rows.is_empty());
    assert_eq!(errors(&sheet).len(), 1);
    assert_eq!(errors(&sheet)[0].0, 2);
}

#[test]
fn text_after_a_closing_quote_is_an_error_and_inches_are_not() {
    assert_eq!(errors(&sheet("a,b\n1,\"two\" three\n")).len(), 1);
    let inches = sheet("a,b\n1,27\" screen\n");
    assert_eq!(cells(&inches), [["1", "27\" screen"]]);
    assert_eq!(inches.notes.len(), 1);
}

#[test]
fn quotes_keep_delimiters_line_breaks_and_quotes() {
    let sheet = sheet("a,b\r\n\"1,5\",\"two\r\nlines\"\r\n\"say \"\"hi\"\"\",\r\n");
    assert_eq!(cells(&sheet), [["1,5", "two\r\nlines"], ["say \"hi\"", ""]]);
    assert_eq!(sheet.rows[1].number, 3);
    assert!(sheet.errors.is_empty() && sheet.notes.is_empty());
}

#[test]
fn the_delimiter_is_found_out() {
    for mark in [",", ";", "\t", "|"] {
        let text = format!("name{mark}note\nA{mark}\"x, y; z\"\nB{mark}1\n");
        assert_eq!(cells(&sheet(&text)), [["A", "x, y; z"], ["B", "1"]], "{mark:?}");
    }
    assert_eq!(cells(&sheet("sep=^\na^b\n1^2\n")), [["1", "2"]]);
    assert_eq!(cells(&sheet("only\none\n")), [["one"]]);
}

#[test]
fn encodings_are_told_by_their_marks() {
    let utf16: Vec<u8> = "\u{feff}a,b\nMüller,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin = b"a,b\nM\xfcller,1\n".to_vec();
    let marked = "\u{feff}a,b\nMüller,1\n".as_bytes().to_vec();
    for bytes in [utf16, latin, marked] {
        let sheet = read("a.csv", &bytes, &Dialect::default()).expect("readable");
        assert_eq!(sheet.header, ["a", "b"]);
        assert_eq!(cells(&sheet), [["Müller", "1"]]);
    }
}

#[test]
fn a_wrong_encoding_is_refused_and_not_written_as_question_marks() {
    let dialect = Dialect { encoding: Some("utf-8".into()), ..Default::default() };
    let problem = read("a.csv", b"a\nM\xfcller\n", &dialect).expect_err("not UTF-8");
    assert_eq!(problem.code, "import.file");
}

#[test]
fn files_that_are_no_tables_are_refused_with_the_reason() {
    let refusal = |bytes: &[u8]| read("a.csv", bytes, &Dialect::default()).expect_err("not a table").detail;
    assert!(refusal(b"").contains("empty"));
    assert!(refusal(b"\n\n").contains("empty"));
    assert!(refusal(b"PK\x03\x04rest").contains("spreadsheet"));
    assert!(refusal(b"a,b\n\0,1\n").contains("NUL"));
    let header_only = sheet("a,b\n");
    assert!(header_only.rows.is_empty() && header_only.errors.is_empty());
}

/// The files' own expectations: a list of objects with one member per column.
fn expected(json: &Path) -> Option<Vec<Vec<(String, String)>>> {
    let text = std::fs::read_to_string(json).ok()?;
    let rows: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(&text).ok()?;
    let row = |r: serde_json::Map<String, serde_json::Value>| {
        r.into_iter().map(|(k, v)| (k, v.as_str().unwrap_or_default().to_owned())).collect()
    };
    Some(rows.into_iter().map(row).collect())
}

#[test]
fn csv_spectrum_reads_as_it_should() {
    let Some(data) = shared() else { return };
    let folder = data.join("csv-torture/csv-spectrum");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder.join("csvs")).expect("the folder is there") {
        let path = entry.expect("readable").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        // The README of the data names both as faults of the stored copy.
        if name == "location_coordinates" || name == "newlines_crlf" {
            continue;
        }
        let bytes = std::fs::read(&path).expect("readable");
        let sheet = read(&name, &bytes, &Dialect::default()).expect(&name);
        let got: Vec<Vec<(String, String)>> = cells(&sheet)
            .into_iter()
            .map(|r| sheet.header.iter().cloned().zip(r.into_iter().map(str::to_owned)).collect())
            .collect();
        assert_eq!(Some(got), expected(&folder.join(format!("json/{name}.json"))), "{name}");
        seen += 1;
    }
    assert_eq!(seen, 10);
}

#[test]
fn address_books_and_exports_of_other_programs_are_readable() {
    let Some(data) = shared() else { return };
    let torture = data.join("csv-torture");
    let open = |file: &str, encoding: Option<&str>| {
        let bytes = std::fs::read(torture.join(file)).expect(file);
        let dialect = Dialect { encoding: encoding.map(Into::into), ..Default::default() };
        read(file, &bytes, &dialect)
    };
    for (file, rows) in [
        ("frictionless/csv/separators/semicolon.csv", 2),
        ("frictionless/csv/separators/pipes.csv", 2),
        ("frictionless/csv/separators/tab.tsv", 2),
        ("frictionless/csv/separators/comma.csv", 2),
        ("thunderbird-import/utf16_addressbook.csv", 1),
        ("thunderbird-import/csv_semicolon.csv", 2),
    ] {
        let sheet = open(file, None).expect(file);
        assert!(sheet.header.len() > 1, "{file}: {:?}", sheet.header);
        assert_eq!((sheet.rows.len() >= rows, &sheet.errors), (true, &vec![]), "{file}");
    }
    let japanese = open("thunderbird-import/shiftjis_addressbook.csv", Some("shift_jis")).expect("Shift-JIS");
    assert!(japanese.rows[0].cells.iter().any(|c| c.chars().any(|c| c > '\u{3000}')));
    let latin = open("frictionless/csv/encodings/iso8859.csv", None).expect("windows-1252");
    assert_eq!(latin.rows[0].cells.get(0), Some("Réunion"));
    let mac = open("frictionless/csv/encodings/western-macos-roman.csv", Some("macintosh")).expect("Mac");
    assert_eq!(mac.rows[0].cells.get(0), Some("Réunion"));
    assert_eq!(open("frictionless/csv/inconsistent-column-number.csv", None).expect("rows").errors.len(), 1);
    assert!(open("frictionless/zero-files/zero.csv", None).is_err());
}
