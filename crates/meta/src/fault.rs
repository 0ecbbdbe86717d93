//! What is wrong with a blueprint, said so that its author can mend it.
use std::fmt;

/// One thing that is wrong: where it stands, what it is, what would be right.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fault {
    /// As it was given to `Library::parse`: `marina/objects/berth.toml`; `overlay` for a workspace's own changes.
    pub file: String,
    /// From 1; 0 where there are no lines (an overlay, a missing file).
    pub line: usize,
    /// `fields.client_id.to`
    pub key: String,
    pub detail: String,
    pub hint: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.key.is_empty() {
            write!(f, "`{}`: ", self.key)?;
        }
        write!(f, "{}", self.detail)?;
        match &self.hint {
            Some(hint) => write!(f, " {hint}"),
            None => Ok(()),
        }
    }
}

/// "Did you mean `client_id`?" where one of `known` is close to `word`.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&lower, k), k))
        .filter(|(distance, k)| *distance <= 1.max(k.chars().count().max(lower.chars().count()) * 2 / 5))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| format!("Did you mean `{k}`?"))
}

/// A suggestion where one is close, else the whole list where it is short.
pub fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    did_you_mean(word, known.iter().copied()).or_else(|| {
        (!known.is_empty() && known.len() <= 30)
            .then(|| format!("There is: {}.", listed(known.iter().copied())))
    })
}

/// `` `a`, `b`, `c` ``
pub fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_is_answered_with_the_right_one() {
        assert_eq!(did_you_mean("lable", ["label", "table"]).as_deref(), Some("Did you mean `label`?"));
        assert_eq!(did_you_mean("zebra", ["label", "kind"]), None);
    }
}
