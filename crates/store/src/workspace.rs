//! The tenant as the store knows it: cached beside its model.
use kernel::Uuid;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Workspace {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    /// `["marina"]`; `core` is implied.
    pub blueprints: Vec<String>,
    /// The workspace's own changes on top of its blueprints.
    pub overlay: Option<serde_json::Value>,
    /// Counts the changes of the overlay: who writes it says which one was read.
    pub overlay_version: i64,
    pub model_revision: i64,
    /// IANA name: `Europe/Berlin`.
    pub timezone: String,
    /// ISO 4217.
    pub currency: String,
    pub settings: serde_json::Value,
    /// By blueprint, the fingerprint of the shipped version that it has taken up.
    pub blueprint_versions: serde_json::Value,
    pub is_active: bool,
}
