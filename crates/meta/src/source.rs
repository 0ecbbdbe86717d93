//! The files of a blueprint as Rust types. The JSON Schema of the format is generated from them, and every file is
//! checked against that schema before serde reads it, so the two cannot disagree.
use crate::model::{Choice, Gate, OnDelete, Reach, Rollup, StageOutcome, View};
use crate::{Action, Kind};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// `blueprint.toml`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlueprintFile {
    pub name: String,
    pub label: String,
    #[serde(default)]
    pub description: String,
    /// Blueprints that this one builds on; `core` is always one of them.
    #[serde(default)]
    pub requires: Vec<String>,
    /// What a location is called here: "Port".
    pub location_label: Option<String>,
    pub location_label_plural: Option<String>,
    /// Core objects that this trade does not show.
    #[serde(default)]
    pub exclude: Vec<String>,
}

/// `objects/*.toml`: an object, or changes to an object of a required blueprint (`extend`).
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ObjectFile {
    /// Singular, snake_case.
    pub name: Option<String>,
    /// Instead of `name`: the object that this file changes.
    pub extend: Option<String>,
    /// URL segment and table name.
    pub plural: Option<String>,
    pub label: Option<String>,
    pub label_plural: Option<String>,
    pub description: Option<String>,
    /// Name of a lucide icon.
    pub icon: Option<String>,
    /// The field that names a record for people.
    pub title: Option<String>,
    /// Text fields that `?q=` looks at.
    pub search: Option<Vec<String>>,
    pub scope: Option<ScopeWord>,
    /// false: records cannot be archived.
    pub archive: Option<bool>,
    /// User fields whose holder owns the record.
    pub own: Option<Vec<String>>,
    /// User fields whose holders are assigned; one hop allowed: `campaign.assignee_ids`.
    pub assigned: Option<Vec<String>>,
    /// The reference that leads to the client the record belongs to.
    pub client: Option<String>,
    /// Uniqueness over several fields.
    pub unique: Option<Vec<Vec<String>>>,
    /// The object inside which these records live.
    pub part_of: Option<String>,
    /// The two reference fields of a many-to-many link.
    pub link: Option<[String; 2]>,
    /// The table is the engine's own.
    pub engine: Option<bool>,
    pub renamed_from: Option<String>,
    /// Overlays: fields that this trade does not use.
    pub exclude_fields: Option<Vec<String>>,
    /// Which fields tell that two records are the same; an empty table takes the fields by their kinds.
    pub duplicates: Option<DuplicatesSource>,
    /// A workspace's own changes: the names of fields in the order in which they are shown; the others follow.
    pub order: Option<Vec<String>>,
    /// A workspace's own object: what roles may do with its records. Who may change the model may everything.
    pub rights: Option<IndexMap<String, RightsSource>>,
    /// A workspace's own object: put away. Its records are kept and nobody sees them.
    pub archived: Option<bool>,
    /// A workspace's own object that is put away: when its records are deleted for good (RFC 3339).
    pub leaving: Option<String>,
    pub fields: Vec<FieldSource>,
}

/// `[duplicates]`: the fields by what they are evidence of. A list that is not said is filled by kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DuplicatesSource {
    /// Texts that make the name, in order. Unless told: the title, or what a formula title is made of.
    pub name: Option<Vec<String>>,
    /// Unless told: every field of kind `email`.
    pub email: Option<Vec<String>>,
    /// Unless told: every field of kind `phone`.
    pub phone: Option<Vec<String>>,
    /// Where the record belongs: a reference, or the company's name as text. Unless told: the reference `client`.
    pub company: Option<Vec<String>>,
    /// Fields of kind `address`; texts are the lines of one address. Unless told: every field of kind `address`.
    pub address: Option<Vec<String>>,
    /// Days of birth or of foundation. Unless told: none.
    pub birth_date: Option<Vec<String>>,
    /// Numbers given by others: tax, register, insurance. Unless told: texts that are unique in the workspace.
    pub identifier: Option<Vec<String>>,
    /// How much each kind of evidence weighs at most, 0 to 1, where it differs from the usual.
    pub weights: IndexMap<EvidenceWord, serde_json::Number>,
}

impl DuplicatesSource {
    /// Takes in what another trade looks at: the tables' keys serve them all. A list that is not said holds every field
    /// of its kind already, the other trade's among them.
    pub fn widen(&mut self, more: &Self) {
        self.birth_date.get_or_insert_default();
        let lists = [
            (&mut self.name, &more.name),
            (&mut self.email, &more.email),
            (&mut self.phone, &more.phone),
            (&mut self.company, &more.company),
            (&mut self.address, &more.address),
            (&mut self.birth_date, &more.birth_date),
            (&mut self.identifier, &more.identifier),
        ];
        for (mine, theirs) in lists {
            let (Some(mine), Some(theirs)) = (mine, theirs) else { continue };
            let new: Vec<_> = theirs.iter().filter(|f| !mine.contains(f)).cloned().collect();
            mine.extend(new);
        }
    }
}

/// A kind of evidence that two records are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceWord {
    Email,
    Phone,
    Name,
    Company,
    Address,
    BirthDate,
    Identifier,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScopeWord {
    #[default]
    Workspace,
    Location,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct FieldSource {
    pub name: String,
    #[schemars(schema_with = "crate::schema::kind_schema")]
    pub kind: Option<Kind>,
    pub label: Option<String>,
    pub help: Option<String>,
    pub required: Option<bool>,
    pub read_only: Option<bool>,
    /// Data about a natural person. Must be said for every field.
    pub personal: Option<bool>,
    /// Never in the change log, in lists or in log lines.
    pub secret: Option<bool>,
    pub unique: Option<UniqueWord>,
    /// A plain value, or `@today`, `@now`, `@me`, `@currency`.
    pub default: Option<Json>,
    /// Regular expression that the whole value must match.
    pub pattern: Option<String>,
    /// Least number, or least length of a text.
    pub min: Option<serde_json::Number>,
    /// Greatest number, or greatest length of a text.
    pub max: Option<serde_json::Number>,
    /// Digits accepted after the point.
    pub scale: Option<u32>,
    pub unit: Option<String>,
    pub options: Option<Vec<OptionSource>>,
    /// Reference: the object referred to.
    pub to: Option<String>,
    pub on_delete: Option<OnDelete>,
    /// Reference: what the to-many side is called on the other object.
    pub inverse: Option<String>,
    /// Part list: the part object.
    pub of: Option<String>,
    /// User field: several members.
    pub many: Option<bool>,
    /// Formula: the kind of the result.
    #[schemars(schema_with = "crate::schema::kind_schema")]
    pub result: Option<Kind>,
    /// Formula: CEL over the record's own fields.
    pub formula: Option<String>,
    /// Kept up to date from the records of a to-many relation.
    pub rollup: Option<Rollup>,
    /// Document number: `INV-{year}-{seq:4}`.
    pub format: Option<String>,
    /// Document number: stages in which a record has none yet.
    pub not_in: Option<Vec<String>>,
    /// A workspace's own field: keep an index for sorting and filtering.
    pub indexed: Option<bool>,
    /// A workspace's own field: put away. Its values are kept and nobody sees them.
    pub archived: Option<bool>,
    /// A workspace's own field that is put away: when its values are deleted for good (RFC 3339).
    pub leaving: Option<String>,
    pub renamed_from: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UniqueWord {
    Workspace,
    Location,
}

/// `"available"`, or a table with label and colour.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OptionSource {
    Value(String),
    Full(Choice),
}

impl OptionSource {
    pub fn value(&self) -> &str {
        match self {
            Self::Value(v) => v,
            Self::Full(c) => &c.value,
        }
    }
}

/// `pipelines/*.toml`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PipelineFile {
    pub object: String,
    pub name: String,
    pub label: String,
    /// A select field; its options become the stages.
    pub field: String,
    /// Named right needed to move a record.
    pub permission: Option<String>,
    /// Named right that may pass a gate with a reason.
    pub override_permission: Option<String>,
    /// With several pipelines on one object: the select field that names the pipeline.
    pub selector: Option<String>,
    pub stages: Vec<StageSource>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageSource {
    pub name: String,
    pub label: Option<String>,
    pub color: Option<Color>,
    /// Percent.
    pub probability: Option<i64>,
    /// Stages that may follow; absent: any.
    pub to: Option<Vec<String>>,
    #[serde(default)]
    pub outcome: StageOutcome,
    /// The role that works on a record in this stage.
    pub assigned_to: Option<String>,
    #[serde(default)]
    pub gates: Vec<Gate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Color {
    Slate,
    Gray,
    Red,
    Amber,
    Green,
    Teal,
    Blue,
    Purple,
    Pink,
}

impl Color {
    pub fn name(self) -> &'static str {
        match self {
            Color::Slate => "slate",
            Color::Gray => "gray",
            Color::Red => "red",
            Color::Amber => "amber",
            Color::Green => "green",
            Color::Teal => "teal",
            Color::Blue => "blue",
            Color::Purple => "purple",
            Color::Pink => "pink",
        }
    }
}

/// `permissions.toml`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PermissionsFile {
    pub permissions: Vec<PermissionSource>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PermissionSource {
    /// `resource.action`
    pub name: String,
    #[serde(default)]
    pub label: String,
    /// `object:action[=reach]`
    #[serde(default)]
    pub grants: Vec<String>,
}

/// `roles.toml`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RolesFile {
    pub roles: Vec<RoleSource>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct RoleSource {
    pub name: String,
    pub label: Option<String>,
    pub description: Option<String>,
    /// Every right.
    pub super_admin: Option<bool>,
    /// Named rights; `*` and `resource.*` stand for several.
    pub permissions: Vec<String>,
    /// By object name; `*`: every object without an entry of its own.
    pub objects: IndexMap<String, RightsSource>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RightsSource {
    /// Every action; single actions beside it override it.
    pub full: Option<Reach>,
    pub read: Option<Reach>,
    pub create: Option<Reach>,
    pub update: Option<Reach>,
    pub archive: Option<Reach>,
    pub delete: Option<Reach>,
    /// Fields that the role does not see.
    pub hidden: Vec<String>,
    /// Fields that the role sees and may not change.
    pub read_only: Vec<String>,
}

impl RightsSource {
    pub fn reach(&self, action: Action) -> Option<Reach> {
        let single = match action {
            Action::Read => self.read,
            Action::Create => self.create,
            Action::Update => self.update,
            Action::Archive => self.archive,
            Action::Delete => self.delete,
        };
        single.or(self.full)
    }
    /// Whether any action is spoken of; an entry may be there only for `hidden` and `read_only`.
    pub fn says_reach(&self) -> bool {
        Action::ALL.iter().any(|a| self.reach(*a).is_some())
    }
}

/// `views/*.toml`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewsFile {
    pub views: Vec<View>,
}

/// `entities.toml`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntitiesFile {
    pub entities: Vec<Entity>,
}

/// Where an entity of a trade's description lives.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// `S2-022`
    pub spec: String,
    pub entity: String,
    /// `object:<name>`, `part:<name>`, `link:<name>`, `field:<object>.<field>`, `engine:<table>`, `overlay:<object>`
    pub home: String,
    #[serde(default)]
    pub note: String,
}

/// A workspace's own changes, as JSON.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Overlay {
    pub objects: Vec<ObjectFile>,
    /// Stages of its own select fields.
    pub pipelines: Vec<PipelineFile>,
    pub roles: Vec<RoleSource>,
}
