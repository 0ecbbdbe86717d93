//! The blueprints of the repository, embedded in the binary (a debug build reads them from disk).
use crate::fault::Fault;
use crate::library::Library;
use rust_embed::RustEmbed;
use std::path::Path;
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "../../blueprints/"]
struct Files;

static SHIPPED: LazyLock<Result<Library, Vec<Fault>>> = LazyLock::new(read);

impl Library {
    /// The blueprints that come with Kontor, or those of the folder that `KONTOR_BLUEPRINTS` names.
    ///
    /// # Panics
    /// When they have faults. Programs that can be given a folder ask `try_shipped` first, at start-up.
    pub fn shipped() -> &'static Library {
        Self::try_shipped().unwrap_or_else(|faults| {
            let lines: Vec<String> = faults.iter().map(Fault::to_string).collect();
            panic!("the blueprints have faults:\n{}", lines.join("\n"))
        })
    }
    /// The same, with the faults in hand.
    pub fn try_shipped() -> Result<&'static Library, &'static [Fault]> {
        SHIPPED.as_ref().map_err(Vec::as_slice)
    }
}

fn read() -> Result<Library, Vec<Fault>> {
    match std::env::var_os("KONTOR_BLUEPRINTS") {
        Some(folder) => Library::read_folder(Path::new(&folder)),
        None => Library::parse(&shipped_files()),
    }
}

impl Library {
    /// All blueprints in a folder (each a folder in it).
    pub fn read_folder(folder: &Path) -> Result<Library, Vec<Fault>> {
        let files = files_of(folder).map_err(|e| {
            let file = folder.display().to_string();
            vec![Fault {
                file,
                line: 0,
                key: String::new(),
                detail: format!("It cannot be read: {e}."),
                hint: None,
            }]
        })?;
        Library::parse(&files)
    }
}

/// The embedded files as `Library::parse` takes them.
pub fn shipped_files() -> Vec<(String, String)> {
    Files::iter()
        .filter(|path| path.ends_with(".toml"))
        .filter_map(|path| {
            Some((path.to_string(), String::from_utf8_lossy(&Files::get(&path)?.data).into_owned()))
        })
        .collect()
}

/// The files of a folder of blueprints as `Library::parse` takes them.
pub fn files_of(folder: &Path) -> std::io::Result<Vec<(String, String)>> {
    let mut files = vec![];
    let mut open = vec![folder.to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "toml") {
                let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                files.push((name, std::fs::read_to_string(&path)?));
            }
        }
    }
    files.sort();
    Ok(files)
}
