//! `cargo run -q -p meta --example check -- blueprints`: every fault of every blueprint in a folder.
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "blueprints".into());
    let files = match meta::files_of(Path::new(&folder)) {
        Ok(files) => files,
        Err(e) => {
            eprintln!("{folder}: {e}");
            return ExitCode::FAILURE;
        }
    };
    match meta::Library::parse(&files) {
        Ok(library) => {
            println!("{} files, no faults: {}", files.len(), library.names().join(", "));
            ExitCode::SUCCESS
        }
        Err(faults) => {
            for fault in &faults {
                println!("{fault}");
            }
            println!("{} faults", faults.len());
            ExitCode::FAILURE
        }
    }
}
