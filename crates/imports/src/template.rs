//! Texts with names in braces: `"{FirstName} {LastName}"`, `"tier_{pier.price_tier}_price"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Name(String),
}

impl Template {
    pub fn parse(source: &str) -> Result<Self, String> {
        let (mut pieces, mut rest) = (vec![], source);
        while let Some((text, after)) = rest.split_once('{') {
            let (name, after) =
                after.split_once('}').ok_or(format!("`{source}` has a brace that never closes"))?;
            pieces.push(Piece::Text(text.into()));
            pieces.push(Piece::Name(name.trim().into()));
            rest = after;
        }
        pieces.push(Piece::Text(rest.into()));
        Ok(Self(pieces))
    }
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|p| match p {
            Piece::Name(n) => Some(n.as_str()),
            Piece::Text(_) => None,
        })
    }
    /// `None` as soon as one name has no value.
    pub fn fill(&self, value: impl Fn(&str) -> Option<String>) -> Option<String> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(t) => filled.push_str(t),
                Piece::Name(n) => filled.push_str(&value(n)?),
            }
        }
        Some(filled)
    }
    /// Names without a value leave nothing behind, not even a double blank; nothing at all is empty.
    pub fn join(&self, value: impl Fn(&str) -> Option<String>) -> String {
        let given = |name: &str| value(name).filter(|v| !v.trim().is_empty());
        match self.names().filter(|n| given(n).is_none()).count() {
            0 => self.fill(given).unwrap_or_default(),
            gaps if gaps == self.names().count() => String::new(),
            _ => tidy(&self.fill(|n| Some(given(n).unwrap_or_default())).unwrap_or_default()),
        }
    }
}

fn tidy(text: &str) -> String {
    let lines = text.lines().map(|l| l.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" "));
    lines.filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
}
