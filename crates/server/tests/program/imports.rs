//! Files into a workspace by the command.
use crate::support::{folder, kontor, said};
#[test]
fn a_file_is_imported_on_the_command_line_with_its_choices_and_its_errors() {
    let folder = folder();
    let run = |args: &[&str]| {
        let output = kontor(folder.path()).args(args).output().expect("it runs");
        (output.status.success(), said(&output))
    };
    let made = run(&["migrate"]);
    assert!(made.0, "{}", made.1);
    let made = run(&["workspace", "create", "acme", "--blueprint", "sales", "--name", "Acme"]);
    assert!(made.0, "{}", made.1);
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("map.toml", "object = \"contact\"\n[columns]\nname = \"last_name\"\nmail = \"email\"\n");
    write("people.csv", "name,mail\nLee,ann@example.org\nRay,bo@example.org\n");
    let import = ["import", "acme", "people.csv", "--map", "map.toml"];
    let with = |more: &[&'static str]| run(&[&import[..], more].concat());

    let (ok, told) = with(&["--dry-run"]);
    assert!(ok && told.contains("Without errors: 2 created"), "{told}");
    let (ok, told) = with(&[]);
    assert!(
        ok && told.contains("2 created, 0 updated") && told.contains("DELETE /api/v1/imports/jobs/"),
        "{told}"
    );

    write("people.csv", "name,mail\nLeigh,ann@example.org\nRay,bo@example.org\nNo,none\n");
    let (ok, told) = with(&["--dry-run"]);
    assert!(!ok && told.contains("people.csv:4 mail \"none\""), "{told}");
    assert!(told.contains("Row 2 (create) is like 90 % Lee"), "{told}");
    let choices =
        ["--duplicates", "skip", "--choose", "2=update", "--on-error", "skip", "--errors", "wrong.csv"];
    let (ok, told) = with(&choices);
    assert!(ok && told.contains("0 created, 1 updated, 0 unchanged, 1 skipped, 1 refused"), "{told}");
    let wrong = std::fs::read_to_string(folder.path().join("wrong.csv")).expect("the refused rows");
    assert!(wrong.starts_with("name,mail,import_row,import_errors\nNo,none,4,"), "{wrong}");
    let kept = std::fs::read_dir(folder.path().join("data/files")).map_or(0, |d| {
        let workspaces = d.flatten().filter(|e| e.path().join("imports").is_dir());
        workspaces.flat_map(|e| std::fs::read_dir(e.path().join("imports")).into_iter().flatten()).count()
    });
    assert_eq!(kept, 0, "what was read is not kept");
    let (ok, told) =
        run(&["import", "acme", "people.csv", "map.toml", "--map", "map.toml", "--duplicates", "skip"]);
    assert!(!ok && told.contains("for a single file"), "{told}");
}
