//! The ten queues (S2-170).

/// Kept apart so that a thousand reminders do not stand in front of one contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    Email,
    Documents,
    Notifications,
    Import,
    Export,
    Reports,
    Webhooks,
    Maintenance,
    Ai,
    Bulk,
}

impl Queue {
    pub const ALL: [Queue; 10] = [
        Self::Email,
        Self::Documents,
        Self::Notifications,
        Self::Import,
        Self::Export,
        Self::Reports,
        Self::Webhooks,
        Self::Maintenance,
        Self::Ai,
        Self::Bulk,
    ];

    /// As the table and the API write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Documents => "documents",
            Self::Notifications => "notifications",
            Self::Import => "import",
            Self::Export => "export",
            Self::Reports => "reports",
            Self::Webhooks => "webhooks",
            Self::Maintenance => "maintenance",
            Self::Ai => "ai",
            Self::Bulk => "bulk",
        }
    }

    pub fn named(name: &str) -> Option<Queue> {
        Self::ALL.into_iter().find(|q| q.name() == name)
    }

    /// How many of its jobs run at once on one node (S2-170).
    pub fn concurrency(self) -> usize {
        match self {
            Self::Notifications => 10,
            Self::Email | Self::Webhooks => 5,
            Self::Documents => 3,
            Self::Export | Self::Ai | Self::Bulk => 2,
            Self::Import | Self::Reports | Self::Maintenance => 1,
        }
    }

    /// Whether `concurrency` holds for all nodes together: what weighs on the database weighs on it from every node.
    pub fn is_bounded_everywhere(self) -> bool {
        matches!(self, Self::Import | Self::Export)
    }

    /// How often a job is tried before it has failed (S2-170).
    pub fn attempts(self) -> u32 {
        match self {
            Self::Email | Self::Documents => 5,
            Self::Import => 1,
            _ => 3,
        }
    }
}
