//! `docs/configuration.md` and `.env.example`, written from the list of settings.
use super::setting::{ALL, Setting};

const INTRODUCTION: &str = "\
# Configuration

Kontor runs without any configuration. What you set, you set by an environment variable or by a key of `kontor.toml` in
the folder where Kontor is started (`KONTOR_CONFIG` names another file); the environment wins. `./run` also reads a file
called `.env`. Everything is checked at start: a wrong value, an unknown `KONTOR_...` variable or an unknown key stops Kontor
with the whole list of faults and exit code 1. Values of settings marked *secret* are never shown or logged.

This page and `.env.example` are generated: edit `crates/server/src/config/setting.rs` and run `cargo xtask gen`.

Two variables have no key in the file: `KONTOR_CONFIG`, and `KONTOR_BLUEPRINTS`, a folder of blueprints to use instead of
those in the binary, for those who write one.

| variable | in kontor.toml | default | expected |
|---|---|---|---|
";

pub fn page() -> String {
    let rows: String = ALL.iter().map(|setting| row(setting)).collect();
    let details: String = ALL.iter().map(|setting| detail(setting)).collect();
    format!("{INTRODUCTION}{rows}\n## What each does\n\n{details}")
}

fn row(setting: &Setting) -> String {
    let default = match setting.default {
        "" => "not set".to_string(),
        default => format!("`{default}`"),
    };
    let example = match setting.example {
        "" => String::new(),
        example => format!(": `{example}`"),
    };
    format!("| `{}` | `{}` | {default} | {}{example} |\n", setting.variable, setting.key(), setting.expected)
}

fn detail(setting: &Setting) -> String {
    let also = match setting.also {
        [] => String::new(),
        names => format!(" (`{}` is understood too)", names.join("`, `")),
    };
    let secret = if setting.secret { " *Secret.*" } else { "" };
    format!("- `{}`{also}: {}{secret}\n", setting.variable, setting.help)
}

#[cfg(test)]
/// Every setting with a placeholder, switched off.
pub fn env_example() -> String {
    let mut text = String::from(
        "# Copy to .env, which `./run` reads, and switch on what you need. docs/configuration.md explains each line.\n\
         # Nothing here is a real secret, and .env is never committed.\n",
    );
    for setting in ALL {
        let value = if setting.example.is_empty() { setting.default } else { setting.example };
        text += &format!("\n# {}\n# {}={value}\n", setting.expected, setting.variable);
    }
    text
}
