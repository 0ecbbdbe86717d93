//! Texts made comparable: folded words, trigrams as `pg_trgm` takes them, one typing error apart.
use std::collections::BTreeSet;

/// A word's or text's trigrams: each word in lower case with two blanks before and one behind, in threes.
pub type Trigrams = BTreeSet<[char; 3]>;

/// Lower case without the accents of Latin letters, words one blank apart.
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match plain(c) {
            Some(letters) => out.push_str(letters),
            None if c.is_alphanumeric() => out.push(c),
            // An apostrophe or a combining accent does not part a word.
            None if matches!(c, '\'' | '’' | '`') || ('\u{300}'..='\u{36f}').contains(&c) => {}
            None if !out.is_empty() && !out.ends_with(' ') => out.push(' '),
            None => {}
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// What an accented letter is without its accent; the same for everyday Latin letters as PostgreSQL's `unaccent`.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' | 'ĉ' | 'ċ' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => "i",
        'ķ' => "k",
        'ł' | 'ļ' | 'ľ' | 'ĺ' => "l",
        'ñ' | 'ń' | 'ň' | 'ņ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

/// Of a folded text.
pub fn trigrams(folded: &str) -> Trigrams {
    let mut all = Trigrams::new();
    for word in folded.split(' ').filter(|w| !w.is_empty()) {
        let letters: Vec<char> = "  ".chars().chain(word.chars()).chain([' ']).collect();
        all.extend(letters.windows(3).map(|w| [w[0], w[1], w[2]]));
    }
    all
}

/// Shared trigrams of all, 0 to 1: `similarity()` of `pg_trgm`.
pub fn similarity(a: &Trigrams, b: &Trigrams) -> f64 {
    let shared = a.intersection(b).count();
    let all = a.len() + b.len() - shared;
    if all == 0 { 0.0 } else { shared as f64 / all as f64 }
}

/// How much of the shorter is in the longer, 0 to 1.
pub fn containment(a: &Trigrams, b: &Trigrams) -> f64 {
    let least = a.len().min(b.len());
    if least == 0 { 0.0 } else { a.intersection(b).count() as f64 / least as f64 }
}

/// Whether one letter too many, too few, another, or two neighbours swapped make the difference.
pub fn one_slip(a: &str, b: &str) -> bool {
    a != b && strsim::osa_distance(a, b) == 1
}
