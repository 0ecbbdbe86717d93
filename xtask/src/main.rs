//! Chores of the repository: `cargo xtask layers` (who may import whom) and `cargo xtask gen` (generated documents).
mod r#gen;
mod layers;

use std::path::Path;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask layers   refuses an import that goes against the order in docs/ARCHITECTURE.md
cargo xtask gen      rewrites every generated document and snapshot (errors, roles, SQL, OpenAPI, configuration)";

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies inside the repository");
    let outcome = match std::env::args().nth(1).as_deref() {
        Some("layers") => layers::run(root),
        Some("gen") => r#gen::run(root),
        _ => {
            println!("{HELP}");
            return ExitCode::FAILURE;
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e:#}");
            ExitCode::FAILURE
        }
    }
}
