//! Generated documents are kept by tests that compare them with the code. Run with `KONTOR_BLESS=1`, the same tests
//! write what they would have expected; this finds those tests and runs them.
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn run(root: &Path) -> Result<()> {
    for folder in rooms(root)? {
        let targets = keepers(&folder)?;
        if !targets.is_empty() {
            bless(root, &package_name(&folder.join("Cargo.toml"))?, &targets)?;
        }
    }
    println!("Written. `git diff` shows what changed.");
    Ok(())
}

fn bless(root: &Path, package: &str, targets: &BTreeSet<String>) -> Result<()> {
    println!("{package}: {}", targets.iter().cloned().collect::<Vec<_>>().join(", "));
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    cargo.current_dir(root).args(["test", "--quiet", "--package", package]);
    for target in targets {
        cargo.args(target.split(' '));
    }
    // `INSTA_UPDATE` is for the snapshots that insta keeps.
    cargo.env("KONTOR_BLESS", "1").env("INSTA_UPDATE", "always");
    if !cargo.status().context("starting cargo")?.success() {
        bail!("Some tests failed for another reason than a document that is out of date; see above.");
    }
    Ok(())
}

/// The folders under crates/, sorted.
fn rooms(root: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(root.join("crates")).context("reading crates/")?;
    let mut rooms = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    rooms.retain(|room| room.join("Cargo.toml").exists());
    rooms.sort();
    Ok(rooms)
}

/// The test targets of a crate, as cargo is told of them, whose sources look at `KONTOR_BLESS` or keep snapshots.
fn keepers(room: &Path) -> Result<BTreeSet<String>> {
    let mut targets = BTreeSet::new();
    for path in files(room)? {
        if keeps_a_document(&path)? {
            targets.extend(target_of(room, path.strip_prefix(room)?));
        }
    }
    Ok(targets)
}

fn keeps_a_document(path: &Path) -> Result<bool> {
    Ok(match path.extension().and_then(|e| e.to_str()) {
        Some("snap") => true,
        Some("rs") => std::fs::read_to_string(path)?.contains("KONTOR_BLESS"),
        _ => false,
    })
}

/// `tests/sql.rs` and everything in `tests/sql/` are `--test sql`; the rest belongs to the library, or to the program
/// of a crate that has none.
fn target_of(room: &Path, path: &Path) -> Option<String> {
    let mut parts = path.iter().map(|part| part.to_string_lossy());
    match parts.next()?.as_ref() {
        "tests" => Some(format!("--test {}", parts.next()?.trim_end_matches(".rs"))),
        "src" if room.join("src/lib.rs").exists() => Some("--lib".to_string()),
        "src" => Some("--bins".to_string()),
        _ => None,
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "node_modules") {
            found.extend(files(&path)?);
        } else if path.is_file() {
            found.push(path);
        }
    }
    Ok(found)
}

fn package_name(manifest: &Path) -> Result<String> {
    let table: toml::Table = toml::from_str(&std::fs::read_to_string(manifest)?)?;
    let name = table.get("package").and_then(|p| p.get("name")).and_then(toml::Value::as_str);
    Ok(name.with_context(|| format!("{} has no name", manifest.display()))?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_written_by_the_tests_that_compare_it() {
        let room = tempfile::tempdir().expect("a folder for a made-up crate");
        let put = |path: &str, text: &str| {
            let path = room.path().join(path);
            std::fs::create_dir_all(path.parent().expect("inside the crate")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        };
        put("src/main.rs", "fn main() {}");
        put("src/pages/tests.rs", "std::env::var(\"KONTOR_BLESS\")");
        put("tests/sql.rs", "std::env::var(\"KONTOR_BLESS\")");
        put("tests/api/snapshots/one.snap", "");
        put("tests/other.rs", "");
        let targets: Vec<_> = keepers(room.path()).expect("a readable crate").into_iter().collect();
        assert_eq!(targets, ["--bins", "--test api", "--test sql"]);
    }
}
