//! Generated documents are kept by tests that compare them with the code. Run with `KONTOR_BLESS=1`, the same tests
//! write what they would have expected; this finds those tests and runs them.
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn run(root: &Path) -> Result<()> {
    let packages = keepers(root)?;
    if packages.is_empty() {
        println!("No test keeps a document.");
        return Ok(());
    }
    let names: Vec<_> = packages.iter().map(String::as_str).collect();
    println!("Writing the documents that are kept by the tests of {}.", names.join(", "));
    bless(root, &packages)?;
    println!("Written. `git diff` shows what changed.");
    Ok(())
}

fn bless(root: &Path, packages: &BTreeSet<String>) -> Result<()> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    cargo.current_dir(root).args(["test", "--quiet"]);
    for package in packages {
        cargo.args(["--package", package]);
    }
    // `INSTA_UPDATE` is for the snapshots that insta keeps.
    cargo.env("KONTOR_BLESS", "1").env("INSTA_UPDATE", "always");
    if !cargo.status().context("starting cargo")?.success() {
        bail!("Some tests failed for another reason than a document that is out of date; see above.");
    }
    Ok(())
}

/// The packages whose sources look at `KONTOR_BLESS` or hold snapshots of insta.
fn keepers(root: &Path) -> Result<BTreeSet<String>> {
    let mut packages = BTreeSet::new();
    for entry in std::fs::read_dir(root.join("crates")).context("reading crates/")? {
        let folder = entry?.path();
        if keeps_a_document(&folder)? {
            packages.insert(package_name(&folder.join("Cargo.toml"))?);
        }
    }
    Ok(packages)
}

fn keeps_a_document(folder: &Path) -> Result<bool> {
    for path in files(folder)? {
        let snapshot = path.extension().is_some_and(|e| e == "snap");
        if snapshot || is_rust(&path) && std::fs::read_to_string(&path)?.contains("KONTOR_BLESS") {
            return Ok(true);
        }
    }
    Ok(false)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    Ok(found)
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "rs")
}

fn package_name(manifest: &Path) -> Result<String> {
    let table: toml::Table = toml::from_str(&std::fs::read_to_string(manifest)?)?;
    let name = table.get("package").and_then(|p| p.get("name")).and_then(toml::Value::as_str);
    Ok(name.with_context(|| format!("{} has no name", manifest.display()))?.to_string())
}
