//! The words of headers in one form, and what is known of the words of other programs.
use indexmap::IndexMap;
use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Debug, Deserialize)]
pub struct Words {
    /// Field name → what others call it.
    pub fields: IndexMap<String, Vec<String>>,
    /// Member of an address or a point → what others call it.
    pub members: IndexMap<String, Vec<String>>,
    /// Word before a member of an address → how well it fits the only or first address.
    pub places: IndexMap<String, f64>,
}

pub static WORDS: LazyLock<Words> = LazyLock::new(|| {
    toml::from_str(include_str!("synonyms.toml")).expect("a test reads the words that come with the program")
});

/// `property_hs_jobTitle__c` → `job title`: words in lower case, without what programs put around their own.
pub fn plain(header: &str) -> String {
    let mut words = String::with_capacity(header.len() + 4);
    let mut before = ' ';
    let mut chars = header.trim_end_matches("__c").chars().peekable();
    while let Some(c) = chars.next() {
        let next_small = chars.peek().is_some_and(|n| n.is_lowercase());
        let hump = c.is_uppercase() && (before.is_lowercase() || (before.is_uppercase() && next_small));
        if !c.is_alphanumeric() {
            words.push(' ');
        } else {
            if hump {
                words.push(' ');
            }
            words.extend(c.to_lowercase());
        }
        before = c;
    }
    let mut all: Vec<&str> = words.split_whitespace().collect();
    while all.len() > 1 && matches!(all[0], "property" | "properties" | "hs" | "custom" | "fields") {
        all.remove(0);
    }
    all.join(" ")
}

/// Without blanks: `firstname` and `first name` are one.
pub fn tight(plain: &str) -> String {
    plain.split(' ').collect()
}
