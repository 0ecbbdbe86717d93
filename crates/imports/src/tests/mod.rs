mod any;
mod convert;
mod csv;
mod map;
mod mapping;
mod read;
mod sheets;
mod shipped;
mod suggest;

use std::path::PathBuf;

/// The folder of shared example data, when it is here.
fn shared() -> Option<PathBuf> {
    let told = std::env::var_os("KONTOR_SHARED").map(PathBuf::from);
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = told.unwrap_or_else(beside).join("data");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("passed without a look: {} is not there (set KONTOR_SHARED)", folder.display());
    None
}
