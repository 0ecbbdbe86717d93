//! Refusals. A code for machines, a sentence for people, a field for the form.
use crate::codes;
use std::fmt;

/// One reason why something was refused.
///
/// `code` is listed in `kernel::CODES` (and so in `docs/errors.md`), which also gives its HTTP status.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub code: &'static str,
    /// A sentence for the reader of the screen.
    pub detail: String,
    /// The field it is about, as in the body or the query string: `email`, `lines.2.quantity`, `order`.
    pub field: Option<String>,
    /// What would help: the right spelling, who can grant a right, when to try again.
    pub hint: Option<String>,
    /// Machine-readable extras that stand beside the problem: `{"current": ..., "yours": ...}`, `{"retry_after": 12}`.
    pub extra: Option<Box<serde_json::Value>>,
}

impl Problem {
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        debug_assert!(codes::code(code).is_some(), "the code `{code}` is not listed in kernel/src/codes.rs");
        Self { code, detail: detail.into(), field: None, hint: None, extra: None }
    }
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    pub fn with(mut self, extra: serde_json::Value) -> Self {
        self.extra = Some(Box::new(extra));
        self
    }
    /// The HTTP status of the code.
    pub fn status(&self) -> u16 {
        codes::code(self.code).map_or(500, |c| c.status)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.detail)
    }
}

pub type Problems = Vec<Problem>;

/// What a fallible step of a request ends in: a refusal that the caller can mend, or a fault of ours.
#[derive(Debug)]
pub enum Failure {
    Refused(Problems),
    /// A bug, a lost disk, a database gone: logged once at the edge, never shown.
    Broken(anyhow::Error),
}

pub type Outcome<T> = Result<T, Failure>;

impl From<Problem> for Failure {
    fn from(p: Problem) -> Self {
        Self::Refused(vec![p])
    }
}
impl From<Problems> for Failure {
    fn from(p: Problems) -> Self {
        Self::Refused(p)
    }
}
impl From<anyhow::Error> for Failure {
    fn from(e: anyhow::Error) -> Self {
        Self::Broken(e)
    }
}
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(p) => {
                let all: Vec<_> = p.iter().map(|p| format!("{}: {}", p.code, p.detail)).collect();
                write!(f, "{}", all.join("; "))
            }
            Self::Broken(e) => write!(f, "{e:#}"),
        }
    }
}
impl std::error::Error for Failure {}
