//! What somebody types into a search, taken apart: words, telephone numbers, numbers of documents.

/// Words that count.
const WORDS: usize = 8;
/// Letters that count.
const LENGTH: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// As typed, blanks in order.
    pub whole: String,
    pub words: Vec<String>,
    /// `like` patterns over `kontor.search_keys`, any of which finds.
    pub keys: Vec<String>,
    /// Those of them that mean the whole number and not its beginning.
    pub exact: Vec<String>,
}

impl Terms {
    /// `None`: nothing that could be looked for.
    pub fn read(typed: &str) -> Option<Self> {
        let typed: String = typed.replace('\0', " ").chars().take(LENGTH).collect();
        let words: Vec<String> = typed.split_whitespace().take(WORDS).map(str::to_owned).collect();
        let whole = words.join(" ");
        if !whole.contains(char::is_alphanumeric) {
            return None;
        }
        let (mut keys, mut exact) = (telephones(&whole), vec![]);
        if let Some(number) = number(&whole) {
            keys.push(number.clone());
            exact.push(format!("{} %", &number[..number.len() - 1]));
        }
        Some(Self { whole, words, keys, exact })
    }

    /// Whether the trigram index can look for the words: it needs three letters in a row.
    pub fn has_long_word(&self) -> bool {
        self.words.iter().any(|w| longest_run(w) >= 3)
    }

    /// Whether there is more to look for than the beginning of a title.
    pub fn goes_deep(&self) -> bool {
        self.has_long_word() || !self.keys.is_empty()
    }

    /// Whether something may have been mistyped: a word of four letters or more.
    pub fn may_be_mistyped(&self) -> bool {
        self.has_long_word() && self.words.iter().any(|w| mistyped(w).is_some())
    }
}

/// The two ends of a word. One slip of the fingers leaves one of them whole, and the trigram index finds it; three
/// letters are what it needs.
pub fn mistyped(word: &str) -> Option<[String; 2]> {
    let letters: Vec<char> = word.chars().collect();
    if letters.len() < 4 || !letters.iter().all(|c| c.is_alphabetic()) {
        return None;
    }
    let n = ((letters.len() - 1) / 2).max(3);
    Some([letters[..n].iter().collect(), letters[letters.len() - n..].iter().collect()])
}

fn longest_run(word: &str) -> usize {
    word.split(|c: char| !c.is_alphanumeric()).map(|run| run.chars().count()).max().unwrap_or(0)
}

/// Digits with what stands between the digits of telephone numbers. Stored numbers are E.164 where their country is
/// known, else national with a zero in front; both are found by either.
fn telephones(typed: &str) -> Vec<String> {
    let plain = typed.chars().all(|c| c.is_ascii_digit() || "+ ()-./".contains(c));
    let digits: String = typed.replace("(0)", "").chars().filter(char::is_ascii_digit).collect();
    if !plain || digits.len() < 3 {
        return vec![];
    }
    let abroad = digits.strip_prefix("00").or(typed.starts_with('+').then_some(digits.as_str()));
    match abroad.filter(|d| d.len() >= 3) {
        Some(digits) => {
            let national = |code: usize| digits.get(code..).filter(|rest| rest.len() >= 4);
            let national = (1..=3).filter_map(national).map(|rest| format!("%0{rest}%"));
            std::iter::once(format!("%{digits}%")).chain(national).collect()
        }
        None => {
            let digits = digits.trim_start_matches('0');
            if digits.len() < 3 { vec![] } else { vec![format!("%{digits}%")] }
        }
    }
}

/// `SO-2025-0001`, `so 2025 1`, `so 1`, `2025-1`: letters and digits in that order, zeros in front left out, the last
/// part perhaps not typed to its end.
fn number(typed: &str) -> Option<String> {
    let mut tokens: Vec<String> = vec![];
    let mut before = None;
    for c in typed.to_ascii_lowercase().chars() {
        if !c.is_ascii() && c.is_alphanumeric() {
            return None;
        }
        let kind = c.is_ascii_alphanumeric().then(|| c.is_ascii_digit());
        match (kind, tokens.last_mut()) {
            (Some(_), Some(last)) if kind == before => last.push(c),
            (Some(_), _) => tokens.push(c.into()),
            (None, _) => {}
        }
        before = kind;
    }
    let letters: usize = tokens.iter().map(String::len).sum();
    let has_digits = tokens.iter().any(|t| t.starts_with(|c: char| c.is_ascii_digit()));
    if !has_digits || letters < 2 || tokens.len() > 5 {
        return None;
    }
    let plain = |t: &String| match t.trim_start_matches('0') {
        "" if t.starts_with('0') => "0".to_owned(),
        rest => rest.to_owned(),
    };
    let parts: Vec<String> = tokens.iter().map(plain).collect();
    Some(format!("% {}%", parts.join(" % ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(typed: &str) -> Vec<String> {
        Terms::read(typed).expect("something").keys
    }

    #[test]
    fn telephones_are_looked_for_with_and_without_their_country() {
        assert!(keys("0171 234").contains(&"%171234%".into()));
        for typed in ["+49 (171) 234", "0049 171 234", "+49 (0)171 234", "+49-171/234"] {
            let keys = keys(typed);
            assert!(keys.contains(&"%49171234%".into()), "{typed}: {keys:?}");
            assert!(keys.contains(&"%0171234%".into()), "{typed}: {keys:?}");
        }
        assert_eq!(telephones("anna 17"), Vec::<String>::new());
        assert_eq!(telephones("00"), Vec::<String>::new());
    }

    #[test]
    fn numbers_of_documents_are_taken_apart() {
        for (typed, wanted) in [
            ("SO-2025-0001", "% so % 2025 % 1%"),
            ("so 1", "% so % 1%"),
            ("2025-1", "% 2025 % 1%"),
            ("20250001", "% 20250001%"),
            ("so2025/01", "% so % 2025 % 1%"),
        ] {
            assert_eq!(number(typed).as_deref(), Some(wanted), "{typed}");
        }
        assert_eq!(Terms::read("so 1").unwrap().exact, ["% so % 1 %"]);
        assert_eq!(number("anna"), None);
        assert_eq!(number("1"), None, "one digit finds beginnings of titles only");
        assert_eq!(number("größe 12"), None);
    }

    #[test]
    fn one_slip_leaves_one_end_of_a_word_whole() {
        let right = "hartmann";
        for wrong in ["hatrmann", "hartman", "hartmnan", "hrtmann", "hartmamn", "harttmann", "jartmann"] {
            let ends = mistyped(wrong).unwrap();
            assert!(ends.iter().any(|end| right.contains(end.as_str())), "{wrong}: {ends:?}");
        }
        assert_eq!(mistyped("abc"), None);
        assert_eq!(mistyped("so2025"), None);
    }

    #[test]
    fn what_holds_no_letter_and_no_digit_is_nothing() {
        for typed in ["", "  ", "%_", "- -", "\0"] {
            assert_eq!(Terms::read(typed), None, "{typed:?}");
        }
        let short = Terms::read("an").unwrap();
        assert!(!short.goes_deep() && !short.may_be_mistyped());
    }
}
