//! Puts the built web application (`web/dist`) into the binary. Without one Kontor is the API alone.
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../web/dist");
    // Cargo looks at the times of everything below; the folder is always there, if only with its `.gitkeep`.
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = vec![];
    if root.is_dir() {
        collect(&root, &mut files)?;
    }
    // As they are looked for.
    files.sort_by_key(|file| name(&root, file));
    let mut table = String::from("pub static FILES: &[(&str, &[u8])] = &[\n");
    for file in files.iter().filter(|f| served(&root, f)) {
        let name = name(&root, file);
        writeln!(table, "    ({name:?}, include_bytes!({:?})),", file.canonicalize()?)
            .map_err(io::Error::other)?;
    }
    table.push_str("];\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("pages.rs"), table)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

fn name(root: &Path, file: &Path) -> String {
    file.strip_prefix(root).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

/// Not what only the build needs.
fn served(root: &Path, file: &Path) -> bool {
    !name(root, file).starts_with('.')
}
