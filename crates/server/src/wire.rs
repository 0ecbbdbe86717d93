//! What the engine is made of in this binary: the rules of all trades.
use anyhow::{Result, bail};
use kernel::Shape;
use meta::Library;
use records::Rule;

pub fn rules() -> Vec<Box<dyn Rule>> {
    vec![Box::new(billing::Totals)]
}

fn keys() -> Vec<&'static [(&'static str, &'static str, Shape)]> {
    billing::keys()
}

/// Stops a start where Rust and a blueprint disagree about a field.
pub fn check_keys(library: &Library) -> Result<()> {
    for name in library.names() {
        let model = library.model(&[name], None).map_err(|faults| anyhow::anyhow!("{}", faults[0]))?;
        for keys in keys() {
            if let Err(problem) = model.check_keys(keys) {
                bail!("The code does not fit the blueprint `{name}`: {problem}");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_know_the_fields_of_every_shipped_blueprint() {
        check_keys(Library::shipped()).expect("they agree");
    }
}
