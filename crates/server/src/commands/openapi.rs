//! The API's description, without a running server.
use super::library;
use anyhow::{Result, bail};
use clap::Args;

pub const EXAMPLES: &str = "\
A running server gives every member the description of their own workspace at /api/v1/openapi.json.

Examples:
  kontor openapi --blueprint marina > marina.json
  kontor openapi --blueprint sales --blueprint agency";

#[derive(Args)]
pub struct OpenApi {
    /// Describe a workspace with these blueprints; `core` alone unless told.
    #[arg(long = "blueprint")]
    blueprints: Vec<String>,
}

pub fn run(openapi: OpenApi) -> Result<()> {
    let names: Vec<_> = openapi.blueprints.iter().map(String::as_str).collect();
    match library()?.model(&names, None) {
        Ok(model) => println!("{:#}", http_api::openapi::document(&model)),
        Err(faults) => bail!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
    Ok(())
}
