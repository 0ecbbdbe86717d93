//! The shape of a question: what the query string and the headers say, before any name is looked up.
use kernel::Timestamp;
use std::fmt;

/// The headers that belong to the question.
#[derive(Debug, Clone, Copy, Default)]
pub struct Headers<'a> {
    /// Several `Prefer` headers joined by commas.
    pub prefer: Option<&'a str>,
    pub range: Option<&'a str>,
    pub accept: Option<&'a str>,
}

#[derive(Debug, Clone, PartialEq, Default, Eq, Hash)]
pub struct Ask {
    /// `None`: the view's columns, else every field.
    pub select: Option<Vec<Item>>,
    /// All of them must hold.
    pub filters: Vec<Filter>,
    pub order: Vec<Order>,
    pub limit: Option<u64>,
    pub offset: u64,
    pub cursor: Option<String>,
    pub count: Count,
    /// Words that must all be found in the searched fields.
    pub q: Option<String>,
    pub view: Option<String>,
    /// Rows as they were at this time.
    pub as_of: Option<Timestamp>,
    pub on_conflict: Vec<String>,
    pub columns: Option<Vec<String>>,
    pub prefer: Prefer,
    /// `Accept: application/vnd.pgrst.object+json`: exactly one record, without the array.
    pub single: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Count {
    #[default]
    None,
    Exact,
    Planned,
    Estimated,
}

/// The `Prefer` header (RFC 7240), without `count`.
#[derive(Debug, Clone, PartialEq, Default, Eq, Hash)]
pub struct Prefer {
    pub returning: Option<Returning>,
    pub resolution: Option<Resolution>,
    pub missing: Option<Missing>,
    pub strict: bool,
    pub max_affected: Option<u64>,
    /// `tx=rollback`: everything is tried, nothing stays.
    pub rollback: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Returning {
    Minimal,
    HeadersOnly,
    Representation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resolution {
    MergeDuplicates,
    IgnoreDuplicates,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Missing {
    Default,
    Null,
}

/// One entry of `select`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Item {
    /// `*`
    Star,
    Field(Pick),
    Embed(Embed),
}

/// `total:amount.sum()::text`, `address->>city`, `count()`.
#[derive(Debug, Clone, PartialEq, Default, Eq, Hash)]
pub struct Pick {
    pub alias: Option<String>,
    /// Without a name: `count()`.
    pub path: Path,
    pub cast: Option<String>,
    pub aggregate: Option<Aggregate>,
    /// The cast after the aggregate.
    pub then: Option<String>,
}

/// A field, and where to look inside it when it holds JSON.
#[derive(Debug, Clone, PartialEq, Default, Eq, Hash)]
pub struct Path {
    pub name: String,
    pub steps: Vec<Step>,
}

/// `->key`, `->>key`, `->0`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Step {
    pub key: StepKey,
    pub text: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StepKey {
    Key(String),
    Index(i32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

/// `alias:client!owner_id!inner(name, ...)`
#[derive(Debug, Clone, PartialEq, Default, Eq, Hash)]
pub struct Embed {
    pub alias: Option<String>,
    pub relation: String,
    pub hint: Option<String>,
    pub join: Join,
    /// `...client(name)`: its members stand beside ours.
    pub spread: bool,
    pub items: Vec<Item>,
    pub filters: Vec<Filter>,
    pub order: Vec<Order>,
    pub limit: Option<u64>,
    pub offset: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Join {
    #[default]
    Unsaid,
    Left,
    Inner,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Filter {
    Test(Test),
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
}

/// `amount=not.gt(any).{1,2}`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Test {
    pub path: Path,
    pub not: bool,
    pub op: Op,
    pub quantifier: Option<Quantifier>,
    /// `fts(german)`
    pub language: Option<String>,
    pub value: Operand,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Operand {
    One(String),
    List(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantifier {
    Any,
    All,
}

#[derive(Debug, Clone, PartialEq, Default, Eq, Hash)]
pub struct Order {
    /// `client(name)`: the embedded record's field.
    pub relation: Option<String>,
    pub path: Path,
    pub descending: bool,
    pub nulls: Option<Nulls>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Nulls {
    First,
    Last,
}

macro_rules! operators {
    ($($variant:ident $word:literal),* $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Op { $($variant),* }
        impl Op {
            pub const ALL: &[Op] = &[$(Op::$variant),*];
            pub fn word(self) -> &'static str {
                match self { $(Op::$variant => $word),* }
            }
            pub fn from_word(word: &str) -> Option<Op> {
                match word { $($word => Some(Op::$variant),)* _ => None }
            }
        }
    };
}
operators! {
    Eq "eq", Neq "neq", Gt "gt", Gte "gte", Lt "lt", Lte "lte", Like "like", Ilike "ilike", Match "match",
    Imatch "imatch", In "in", Is "is", IsDistinct "isdistinct", Fts "fts", Plfts "plfts", Phfts "phfts",
    Wfts "wfts", Cs "cs", Cd "cd", Ov "ov", Sl "sl", Sr "sr", Nxr "nxr", Nxl "nxl", Adj "adj",
}

impl Op {
    pub fn is_full_text(self) -> bool {
        matches!(self, Op::Fts | Op::Plfts | Op::Phfts | Op::Wfts)
    }
    /// Whether `(any)` and `(all)` may follow.
    pub fn takes_quantifier(self) -> bool {
        use Op::*;
        matches!(self, Eq | Gt | Gte | Lt | Lte | Like | Ilike | Match | Imatch)
    }
}

impl Aggregate {
    pub fn word(self) -> &'static str {
        match self {
            Aggregate::Count => "count",
            Aggregate::Sum => "sum",
            Aggregate::Avg => "avg",
            Aggregate::Min => "min",
            Aggregate::Max => "max",
        }
    }
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Count, Self::Sum, Self::Avg, Self::Min, Self::Max].into_iter().find(|a| a.word() == word)
    }
}

impl Path {
    pub fn field(name: impl Into<String>) -> Self {
        Self { name: name.into(), steps: vec![] }
    }
    /// What it is called in the reply: the last key, else the field.
    pub fn label(&self) -> &str {
        let key = self.steps.iter().rev().find_map(|s| match &s.key {
            StepKey::Key(k) => Some(k.as_str()),
            StepKey::Index(_) => None,
        });
        key.unwrap_or(&self.name)
    }
}

impl Pick {
    pub fn field(name: &str) -> Self {
        Self { path: Path::field(name), ..Default::default() }
    }
    pub fn label(&self) -> &str {
        match (&self.alias, self.aggregate) {
            (Some(alias), _) => alias,
            (None, Some(aggregate)) => aggregate.word(),
            (None, None) => self.path.label(),
        }
    }
}

impl Embed {
    /// The name that filters and orders of the query string call it by.
    pub fn key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.relation)
    }
}

impl Filter {
    /// Whether any test in it looks at the field.
    pub fn names(&self, field: &str) -> bool {
        match self {
            Filter::Test(t) => t.path.name == field,
            Filter::And(all) | Filter::Or(all) => all.iter().any(|f| f.names(field)),
            Filter::Not(f) => f.names(field),
        }
    }
}

// The way back to the query string. Views and links are made of it, and the parser's test reads it again.

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Name(&self.name))?;
        for step in &self.steps {
            f.write_str(if step.text { "->>" } else { "->" })?;
            match &step.key {
                StepKey::Index(i) => write!(f, "{i}")?,
                StepKey::Key(k) if k.parse::<i32>().is_ok() => write!(f, "{}", Quoted(k))?,
                StepKey::Key(k) => write!(f, "{}", Name(k))?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Star => f.write_str("*"),
            Item::Field(pick) => write!(f, "{pick}"),
            Item::Embed(embed) => write!(f, "{embed}"),
        }
    }
}

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(alias) = &self.alias {
            write!(f, "{}:", Name(alias))?;
        }
        if !self.path.name.is_empty() {
            write!(f, "{}", self.path)?;
        }
        if let Some(cast) = &self.cast {
            write!(f, "::{}", Name(cast))?;
        }
        if let Some(aggregate) = self.aggregate {
            let dot = if self.path.name.is_empty() { "" } else { "." };
            write!(f, "{dot}{}()", aggregate.word())?;
        }
        if let Some(then) = &self.then {
            write!(f, "::{}", Name(then))?;
        }
        Ok(())
    }
}

impl fmt::Display for Embed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.spread {
            f.write_str("...")?;
        }
        if let Some(alias) = &self.alias {
            write!(f, "{}:", Name(alias))?;
        }
        write!(f, "{}", Name(&self.relation))?;
        if let Some(hint) = &self.hint {
            write!(f, "!{}", Name(hint))?;
        }
        match self.join {
            Join::Unsaid => {}
            Join::Left => f.write_str("!left")?,
            Join::Inner => f.write_str("!inner")?,
        }
        write!(f, "({})", List(&self.items))
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.relation {
            Some(relation) => write!(f, "{}({})", Name(relation), self.path)?,
            None => write!(f, "{}", self.path)?,
        }
        if self.descending {
            f.write_str(".desc")?;
        }
        match self.nulls {
            None => Ok(()),
            Some(Nulls::First) => f.write_str(".nullsfirst"),
            Some(Nulls::Last) => f.write_str(".nullslast"),
        }
    }
}

/// As it stands inside `and=(...)`.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Filter::Test(test) => write!(f, "{test}"),
            Filter::And(all) => write!(f, "and({})", List(all)),
            Filter::Or(all) => write!(f, "or({})", List(all)),
            Filter::Not(inner) => write!(f, "not.{inner}"),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.not { "not." } else { "" };
        write!(f, "{}.{not}{}", self.path, self.op.word())?;
        match (&self.language, self.quantifier) {
            (Some(language), _) => write!(f, "({language})")?,
            (None, Some(Quantifier::Any)) => f.write_str("(any)")?,
            (None, Some(Quantifier::All)) => f.write_str("(all)")?,
            (None, None) => {}
        }
        match &self.value {
            Operand::One(value) => write!(f, ".{}", Quoted(value)),
            Operand::List(values) => {
                let quoted: Vec<_> = values.iter().map(|v| Quoted(v)).collect();
                match self.op {
                    Op::In => write!(f, ".({})", List(&quoted)),
                    _ => write!(f, ".{{{}}}", List(&quoted)),
                }
            }
        }
    }
}

struct List<'a, T>(&'a [T]);
impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, item) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            write!(f, "{item}")?;
        }
        Ok(())
    }
}

/// A name, quoted when its letters would be read as something else.
struct Name<'a>(&'a str);
impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = !self.0.is_empty() && self.0.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if plain { f.write_str(self.0) } else { write!(f, "{}", Quoted(self.0)) }
    }
}

struct Quoted<'a>(&'a str);
impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for c in self.0.chars() {
            if matches!(c, '"' | '\\') {
                f.write_str("\\")?;
            }
            write!(f, "{c}")?;
        }
        f.write_str("\"")
    }
}
