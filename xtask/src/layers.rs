//! The one-way import order: a crate imports only from its left. The order itself stands in docs/ARCHITECTURE.md,
//! so that the page and the check cannot disagree.
use anyhow::{Context, Result, bail};

use std::path::Path;
use toml::{Table, Value};

const PAGE: &str = "docs/ARCHITECTURE.md";

pub fn run(root: &Path) -> Result<()> {
    let refusals = check(root)?;
    if !refusals.is_empty() {
        bail!("{}", refusals.join("\n"));
    }
    println!("Every import goes from right to left of the order in {PAGE}.");
    Ok(())
}

/// Every import that goes the wrong way, each as a sentence.
fn check(root: &Path) -> Result<Vec<String>> {
    let order = order(&read(&root.join(PAGE))?)?;
    let workspace = manifest(&root.join("Cargo.toml"))?;
    let rooms = rooms(root)?;
    let mut refusals = Vec::new();
    for room in &rooms {
        let Some(place) = place(&order, room) else {
            refusals.push(format!(
                "`crates/{room}` has no place in the import order. Write it into \"Import order\" in {PAGE}."
            ));
            continue;
        };
        for import in imports(root, room, &workspace)? {
            refusals.extend(refusal(&order, room, place, &import));
        }
    }
    Ok(refusals)
}

/// The import of one workspace crate by another, as a manifest has it.
struct Import {
    room: String,
    section: String,
}

fn refusal(order: &[String], room: &str, place: usize, import: &Import) -> Option<String> {
    // What tests are written with knows the whole house, so every crate's tests may use it.
    if import.section == "dev-dependencies" && import.room == "testkit" {
        return None;
    }
    // An import without a place is told once, where its own folder is looked at.
    if self::place(order, &import.room)? < place {
        return None;
    }
    Some(format!(
        "`{room}` may not import `{}` ([{}] in crates/{room}/Cargo.toml): `{}` stands to its right in the import order of {PAGE}. \
         Move what is shared to the left, or change the order there and say why in docs/decisions/.",
        import.room, import.section, import.room
    ))
}

fn place(order: &[String], room: &str) -> Option<usize> {
    order.iter().position(|name| name == room)
}

/// The first line of arrows under "Import order": `kernel → meta → ... → testkit`.
fn order(page: &str) -> Result<Vec<String>> {
    let section =
        page.split("## Import order").nth(1).with_context(|| format!("{PAGE} has no \"Import order\""))?;
    let arrows = section
        .split('`')
        .find(|span| span.contains('→'))
        .with_context(|| format!("\"Import order\" in {PAGE} has no line of arrows"))?;
    Ok(arrows.split('→').map(|name| name.trim().to_string()).collect())
}

/// The folders under crates/, sorted.
fn rooms(root: &Path) -> Result<Vec<String>> {
    let mut rooms = Vec::new();
    for entry in std::fs::read_dir(root.join("crates")).context("reading crates/")? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").exists() {
            rooms.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    rooms.sort();
    Ok(rooms)
}

fn imports(root: &Path, room: &str, workspace: &Table) -> Result<Vec<Import>> {
    let manifest = manifest(&root.join("crates").join(room).join("Cargo.toml"))?;
    let mut imports = Vec::new();
    for (section, dependencies) in sections(&manifest) {
        for (name, dependency) in dependencies {
            if let Some(imported) = imported_room(name, dependency, workspace) {
                imports.push(Import { room: imported, section: section.clone() });
            }
        }
    }
    Ok(imports)
}

/// Every table of dependencies, those under `[target.'cfg(...)']` included.
fn sections(manifest: &Table) -> Vec<(String, &Table)> {
    let platforms = manifest.get("target").and_then(Value::as_table);
    let tables = std::iter::once(manifest)
        .chain(platforms.into_iter().flat_map(|t| t.values().filter_map(Value::as_table)));
    let mut found = Vec::new();
    for table in tables {
        for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
            if let Some(dependencies) = table.get(section).and_then(Value::as_table) {
                found.push((section.to_string(), dependencies));
            }
        }
    }
    found
}

/// The folder under crates/ that a dependency lies in; `None` for one from the registry.
fn imported_room(name: &str, dependency: &Value, workspace: &Table) -> Option<String> {
    let inherited = dependency.get("workspace").is_some_and(|w| w.as_bool() == Some(true));
    let shared = || workspace.get("workspace")?.get("dependencies")?.get(name);
    let dependency = if inherited { shared()? } else { dependency };
    let path = Path::new(dependency.get("path")?.as_str()?);
    Some(path.file_name()?.to_string_lossy().into_owned())
}

fn manifest(path: &Path) -> Result<Table> {
    toml::from_str(&read(path)?).with_context(|| format!("reading {}", path.display()))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const ORDER: &str =
        "# House\n\n## Import order\n\n`kernel → meta → server → testkit`. From its left only.\n";

    /// A made-up house: its order, and the dependency lines of each crate.
    fn house(manifests: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder for the made-up house");
        let shared: BTreeMap<&str, &str> =
            [("kernel", "kernel"), ("meta", "meta"), ("server_api", "server"), ("testkit", "testkit")].into();
        let lines: Vec<_> =
            shared.iter().map(|(n, p)| format!("{n} = {{ path = \"crates/{p}\" }}")).collect();
        put(&root, "Cargo.toml", &format!("[workspace.dependencies]\nserde = \"1\"\n{}\n", lines.join("\n")));
        put(&root, PAGE, ORDER);
        for (room, lines) in manifests {
            put(&root, &format!("crates/{room}/Cargo.toml"), lines);
        }
        root
    }

    fn put(root: &tempfile::TempDir, path: &str, text: &str) {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().expect("inside the house")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    #[test]
    fn importing_from_the_left_is_fine() {
        let house = house(&[
            ("kernel", "[dependencies]\nserde = { workspace = true }\n"),
            ("meta", "[dependencies]\nkernel = { workspace = true }\n"),
            ("server", "[dependencies]\nmeta = { workspace = true }\nkernel = { path = \"../kernel\" }\n"),
        ]);
        assert_eq!(check(house.path()).expect("a readable house"), Vec::<String>::new());
    }

    #[test]
    fn importing_from_the_right_is_refused_with_both_names_and_the_page() {
        let house = house(&[("kernel", ""), ("meta", "[dependencies]\nserver_api = { workspace = true }\n")]);
        let refusals = check(house.path()).expect("a readable house");
        assert_eq!(refusals.len(), 1);
        assert!(
            refusals[0]
                .starts_with("`meta` may not import `server` ([dependencies] in crates/meta/Cargo.toml)")
        );
        assert!(refusals[0].contains("docs/ARCHITECTURE.md"));
    }

    #[test]
    fn an_import_for_one_platform_or_for_the_build_is_an_import() {
        let house = house(&[(
            "kernel",
            "[target.'cfg(unix)'.dependencies]\nmeta = { workspace = true }\n[build-dependencies]\nmeta = { path = \"../meta\" }\n",
        )]);
        assert_eq!(check(house.path()).expect("a readable house").len(), 2);
    }

    #[test]
    fn tests_may_use_the_testkit_and_nothing_else_to_the_right() {
        let testkit = house(&[("meta", "[dev-dependencies]\ntestkit = { workspace = true }\n")]);
        assert_eq!(check(testkit.path()).expect("a readable house").len(), 0);
        let server = house(&[("meta", "[dev-dependencies]\nserver_api = { workspace = true }\n")]);
        assert_eq!(check(server.path()).expect("a readable house").len(), 1);
    }

    #[test]
    fn the_testkit_is_no_ordinary_dependency() {
        let house = house(&[("meta", "[dependencies]\ntestkit = { workspace = true }\n")]);
        assert_eq!(check(house.path()).expect("a readable house").len(), 1);
    }

    #[test]
    fn a_crate_that_the_page_does_not_name_is_refused() {
        let house = house(&[("attic", "")]);
        let refusals = check(house.path()).expect("a readable house");
        assert!(refusals[0].starts_with("`crates/attic` has no place in the import order."));
    }

    #[test]
    fn this_house_keeps_its_order() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
        assert_eq!(check(root).expect("a readable house"), Vec::<String>::new());
    }
}
