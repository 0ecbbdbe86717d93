//! Why records change, and what becomes of each row.
use kernel::{Problems, Uuid};

/// Why the records change: the head of the change set.
#[derive(Debug, Clone)]
pub struct Source {
    pub kind: SourceKind,
    /// A sentence for the timeline: "Import of orders.csv".
    pub note: Option<String>,
    /// Passes stage gates, where the member may; stands in the log.
    pub override_reason: Option<String>,
    pub undo_of: Option<Uuid>,
    /// Whether the rules' effects are ordered: sample data and imports can do without.
    pub automations: bool,
    /// Whether archived records may be changed as they are: what is to be forgotten is also forgotten where it was put
    /// away.
    pub also_archived: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    Request,
    Import,
    Demo,
    Undo,
    Automation,
    Job,
    System,
}

impl Source {
    pub fn new(kind: SourceKind) -> Self {
        Self {
            kind,
            note: None,
            override_reason: None,
            undo_of: None,
            automations: true,
            also_archived: false,
        }
    }
    pub fn request() -> Self {
        Self::new(SourceKind::Request)
    }
    /// Nothing follows from the change: no messages, no documents.
    pub fn without_automations(mut self) -> Self {
        self.automations = false;
        self
    }
    /// Archived records are changed, too.
    pub fn also_archived(mut self) -> Self {
        self.also_archived = true;
        self
    }
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}

impl SourceKind {
    /// Whether records may come in as far along as they were elsewhere.
    pub(super) fn brings_history(self) -> bool {
        matches!(self, Self::Import | Self::Demo | Self::System)
    }
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Import => "import",
            Self::Demo => "demo",
            Self::Undo => "undo",
            Self::Automation => "automation",
            Self::Job => "job",
            Self::System => "system",
        }
    }
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq)]
pub enum RowResult {
    Inserted(Uuid),
    Updated(Uuid),
    /// Nothing differed; nothing was written.
    Unchanged(Uuid),
    /// It existed and was to be left alone.
    Ignored(Uuid),
    Refused(Problems),
}

impl RowResult {
    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::Inserted(id) | Self::Updated(id) | Self::Unchanged(id) | Self::Ignored(id) => Some(*id),
            Self::Refused(_) => None,
        }
    }
}
