//! The model as the rest of the house reads it. Plain data: no methods that fetch, no back-references, no cycles.
use crate::kind::{Codec, Kind};
use indexmap::IndexMap;
use kernel::{Problem, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Everything that exists for one workspace: its blueprints merged in order, then its own overlay.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Compared in every transaction with `kontor.workspaces.model_revision`.
    pub revision: i64,
    /// `["core", "marina"]`
    pub blueprints: Vec<String>,
    /// What a location is called here: "Port", "Showroom", "Branch".
    pub location_label: String,
    pub location_label_plural: String,
    /// By object name (`client`), parts and links included, in blueprint order.
    pub objects: IndexMap<String, Object>,
    pub permissions: IndexMap<String, Permission>,
    pub roles: IndexMap<String, Role>,
    /// `clients` to `client`
    pub by_plural: HashMap<String, String>,
    /// Every rollup, in an order in which each comes after those that it reads: object, and its rollups of one level.
    pub rollups: Vec<(String, Vec<String>)>,
}

/// One kind of record and the table it lives in.
#[derive(Debug, Clone, Default)]
pub struct Object {
    /// `client`
    pub name: String,
    /// `clients`: the URL segment and, for blueprint objects, the table name.
    pub plural: String,
    /// Schema-qualified table, a constant of the model: `data.clients`, `kontor.members`.
    pub table: String,
    pub label: String,
    pub label_plural: String,
    pub description: String,
    pub icon: String,
    /// The blueprint that introduced it.
    pub blueprint: String,
    /// The column(s) that identify a row inside a workspace; `["id"]` for every object of Kontor.
    pub key: Vec<String>,
    /// The field that names a record for people.
    pub title: String,
    /// Fields that `?q=` and the stored search column look at.
    pub search: Vec<String>,
    /// Whether rows carry `location_id`.
    pub location_scoped: bool,
    /// Whether rows can be archived and restored (`archived_at`).
    pub archivable: bool,
    /// Rows are written by the engine's own routes, not by the record API (`member`).
    pub engine: bool,
    /// This object's rows live only inside one row of another: the name of the whole.
    pub part_of: Option<String>,
    /// A many-to-many link: the names of its two reference fields. The pair is unique.
    pub link: Option<[String; 2]>,
    pub reach: ReachFields,
    /// Every field, system fields included, in display order.
    pub fields: IndexMap<String, Field>,
    /// Further uniqueness over several fields (archived rows excluded).
    pub unique: Vec<UniqueRule>,
    pub pipelines: Vec<Pipeline>,
    pub views: Vec<View>,
    /// What others declare about this object: the to-many sides, filled by the loader.
    pub inverses: Vec<Inverse>,
    /// Rollups of other objects that read records of this one, filled by the loader.
    pub watches: Vec<Watch>,
    /// Rollups, and formulas that read one: they follow other records, so undo does not take them back by hand.
    pub derived: Vec<String>,
    /// The fields' old names, for `kontor migrate`: new name to old name.
    pub renamed: IndexMap<String, String>,
    /// The object's old name.
    pub renamed_from: Option<String>,
    /// What tells that two records are the same thing in the world; `None`: nobody looks for duplicates.
    pub duplicates: Option<Duplicates>,
}

/// Which fields are evidence that two records are the same, and how much each kind of evidence weighs at most.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Duplicates {
    /// Texts that make the name, in order.
    pub name: Vec<String>,
    pub email: Vec<String>,
    pub phone: Vec<String>,
    /// References, or texts that name a company.
    pub company: Vec<String>,
    /// Fields of kind address; texts are the lines of one address.
    pub address: Vec<String>,
    pub birth_date: Vec<String>,
    /// Numbers that others gave: tax, register, insurance.
    pub identifier: Vec<String>,
    pub weights: EvidenceWeights,
}

impl Duplicates {
    /// The fields of every kind of evidence.
    pub fn evidence(&mut self) -> [&mut Vec<String>; 7] {
        let Self { name, email, phone, company, address, birth_date, identifier, weights: _ } = self;
        [name, email, phone, company, address, birth_date, identifier]
    }
}

/// What one kind of evidence counts at most, 0 to 1 (spec: "Duplicate score"; the last three are explained in decision
/// 0020).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EvidenceWeights {
    pub email: f64,
    pub phone: f64,
    pub name: f64,
    pub company: f64,
    pub address: f64,
    pub birth_date: f64,
    pub identifier: f64,
}

impl Default for EvidenceWeights {
    fn default() -> Self {
        Self {
            email: 0.9,
            phone: 0.8,
            name: 0.6,
            company: 0.7,
            address: 0.7,
            birth_date: 0.6,
            identifier: 0.9,
        }
    }
}

/// Which fields make a record mine, assigned to me, or of the client that I represent.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct ReachFields {
    /// User fields whose holder owns the record. Default: `owner_id` when there is one, else `created_by`.
    pub own: Vec<String>,
    /// User (or several-users) fields whose holders are assigned; one hop allowed: `campaign.assignee_ids`.
    /// The owners always count as assigned.
    pub assigned: Vec<String>,
    /// The reference that leads to the client the record belongs to (`client_id`; `id` on `client` itself).
    /// A member who represents a client "owns" that client's records.
    pub client: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Field {
    pub name: String,
    pub kind: Kind,
    pub label: String,
    pub help: String,
    /// Made by the engine (`id`, `created_at`, `version`, ...): readable, filterable, never written by a caller.
    pub system: bool,
    pub required: bool,
    pub read_only: bool,
    /// Data about a natural person: export, masking, erasure and logs read this.
    pub personal: bool,
    /// Never in the change log, never in a list unless asked for by name, never in a log line.
    pub secret: bool,
    pub unique: Unique,
    pub default: Option<DefaultValue>,
    /// Regular expression (Rust `regex` syntax, whole value).
    pub pattern: Option<String>,
    /// Range of a number, or length of a text.
    pub min: Option<kernel::Decimal>,
    pub max: Option<kernel::Decimal>,
    /// Digits after the point that are accepted. Money: 2 unless told.
    pub scale: Option<u32>,
    pub unit: Option<String>,
    /// Select and multi-select. For a field with a pipeline: the stages of all its pipelines.
    pub options: Vec<Choice>,
    pub reference: Option<Reference>,
    /// Part list: the name of the part object.
    pub parts: Option<String>,
    /// User fields: several members.
    pub many: bool,
    /// Formula: CEL source and the kind of its result.
    pub formula: Option<Formula>,
    /// Kept up to date from the records of a to-many relation.
    pub rollup: Option<Rollup>,
    pub number: Option<NumberSeries>,
    pub place: Place,
    /// A PostgreSQL type of its own, for tables that are not made from blueprints (ranges, vectors); the kind still
    /// says how it is read.
    pub sql_type: Option<String>,
    /// A workspace's own field that is marked for sorting and filtering (for shipped columns sync decides).
    pub indexed: bool,
    /// Whether the index of a marked field can be used. The store fills it in.
    pub index: IndexState,
}

/// How far the index of an own field is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexState {
    /// None is asked for.
    #[default]
    None,
    Building,
    Ready,
    Failed,
}

/// Where a field's value lives. Only `query/src/shape.rs` turns this into SQL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Place {
    #[default]
    Column,
    /// A key of the `custom` jsonb column.
    Custom,
    /// No storage of its own (part list).
    None,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unique {
    #[default]
    No,
    Workspace,
    Location,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UniqueRule {
    pub fields: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum DefaultValue {
    Fixed(serde_json::Value),
    /// `@today`, in the location's (else the workspace's) time zone
    Today,
    /// `@now`
    Now,
    /// `@me`: the member who creates the record
    Me,
    /// `@currency`: the location's default currency, else the workspace's
    Currency,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub value: String,
    #[serde(default)]
    pub label: String,
    #[serde(default)]
    pub color: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// The object referred to.
    pub to: String,
    pub on_delete: OnDelete,
    /// How the reference is embedded: `client` for `client_id`.
    pub embed: String,
    /// What the to-many side is called on the other object; the plural of this object unless told.
    pub inverse: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    #[default]
    Restrict,
    Cascade,
    SetNull,
}

/// The to-many side of a reference: `orders` on `client`.
#[derive(Debug, Clone, PartialEq)]
pub struct Inverse {
    pub name: String,
    /// The object that holds the reference, and the field. For `through`: the link object, and its field that
    /// refers to this side.
    pub object: String,
    pub field: String,
    /// Many to many: where the other end of the link leads. `deal` has `contacts` through `deal_contact`.
    pub through: Option<Through>,
}

/// The far end of a link.
#[derive(Debug, Clone, PartialEq)]
pub struct Through {
    /// `contact`
    pub object: String,
    /// The link's field that refers to it: `contact_id`.
    pub field: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Formula {
    pub cel: String,
    pub result: Kind,
}

/// A value over the live records of a to-many relation: `{ of = "payments", function = "sum", field = "amount",
/// where = "status=eq.succeeded" }`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollup {
    /// The to-many side, by the name that embedding uses.
    pub of: String,
    pub function: RollupFunction,
    /// The field that is summed, compared or taken; `count` needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Which of the records count, in the grammar of the query string.
    #[serde(default, rename = "where", skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// `last`: the field whose greatest value makes a record the last one; `created_at` unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RollupFunction {
    #[default]
    Count,
    Sum,
    Min,
    Max,
    Last,
}

impl Rollup {
    /// The field by which `last` is told.
    pub fn order(&self) -> &str {
        self.order.as_deref().unwrap_or("created_at")
    }
}

/// "That rollup of that object changes when these fields of mine do."
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// The object that has the rollup, and the rollup.
    pub object: String,
    pub rollup: String,
    /// The reference of mine that leads there.
    pub by: String,
    /// Fields of mine that the rollup reads.
    pub reads: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberSeries {
    /// `INV-{year}-{seq:4}`
    pub format: String,
    /// Given when the record is created, or when it first leaves the named stages (`["draft"]`): at issue.
    #[serde(default)]
    pub not_in: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pipeline {
    pub name: String,
    pub label: String,
    /// The select field that holds the stage.
    pub field: String,
    /// With several pipelines on one object: the select field whose value is the pipeline's name.
    pub selector: Option<String>,
    /// Right needed to move a record (besides `update`): `interests.change_stage`.
    pub permission: Option<String>,
    /// Right that may pass a gate with a reason: `projects.override_gate`.
    pub override_permission: Option<String>,
    pub stages: Vec<Stage>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stage {
    pub name: String,
    pub label: String,
    pub color: String,
    /// 0 to 100.
    pub probability: Option<i64>,
    /// Stages that may be entered from here; `None` means any.
    pub to: Option<Vec<String>>,
    pub outcome: StageOutcome,
    /// The role that works on a record in this stage (S4-015).
    pub assigned_to: Option<String>,
    pub gates: Vec<Gate>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageOutcome {
    #[default]
    Open,
    Won,
    Lost,
}

/// What must hold to enter a stage. Gates are data, so an administrator may edit them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Gate {
    /// `{ filled = "lost_reason" }`
    Filled { filled: String },
    /// One of several fields: `{ any_filled = ["email", "phone"], message = "..." }`
    AnyFilled { any_filled: Vec<String>, message: String },
    /// A CEL condition on the record as it would be; references may be followed one hop (`client.email`).
    When { when: String, message: String, field: Option<String> },
    /// At least `min` related records: `{ related = "files", filter = "category=eq.photo", min = 3, message = "..." }`;
    /// with `max` instead, at most so many: `{ related = "materials", filter = "status=eq.quoted", max = 0, ... }`
    Related {
        related: String,
        #[serde(default)]
        filter: String,
        #[serde(default = "one")]
        min: u32,
        #[serde(default)]
        max: Option<u32>,
        message: String,
        field: Option<String>,
    },
}
fn one() -> u32 {
    1
}

/// How far a right reaches. Ordered: a greater reach contains a smaller one only in the sense of "more rows, usually";
/// the union over a member's assignments is taken row by row in SQL.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    #[default]
    None,
    Own,
    Assigned,
    Team,
    Location,
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Read,
    Create,
    Update,
    /// Archive and restore.
    Archive,
    /// Delete for good.
    Delete,
}

impl Action {
    pub const ALL: [Action; 5] =
        [Action::Read, Action::Create, Action::Update, Action::Archive, Action::Delete];
    pub fn name(self) -> &'static str {
        match self {
            Action::Read => "read",
            Action::Create => "create",
            Action::Update => "update",
            Action::Archive => "archive",
            Action::Delete => "delete",
        }
    }
}

/// What a role may do with one object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ObjectRights {
    pub read: Reach,
    pub create: Reach,
    pub update: Reach,
    pub archive: Reach,
    pub delete: Reach,
    /// Fields that the role does not see.
    pub hidden: Vec<String>,
    /// Fields that the role sees and may not change.
    pub read_only: Vec<String>,
    /// Nothing is said of the reaches of this part or link: they are those of its whole, or its first end.
    #[serde(skip)]
    pub follows: bool,
}

impl ObjectRights {
    pub fn reach(&self, action: Action) -> Reach {
        match action {
            Action::Read => self.read,
            Action::Create => self.create,
            Action::Update => self.update,
            Action::Archive => self.archive,
            Action::Delete => self.delete,
        }
    }
    pub fn reach_mut(&mut self, action: Action) -> &mut Reach {
        match action {
            Action::Read => &mut self.read,
            Action::Create => &mut self.create,
            Action::Update => &mut self.update,
            Action::Archive => &mut self.archive,
            Action::Delete => &mut self.delete,
        }
    }
}

/// A named right (`clients.view`). It may stand for object actions (`grants`) and can be asked for by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Permission {
    /// `resource.action`
    pub name: String,
    pub label: String,
    /// Object actions that the right stands for.
    pub grants: Vec<ObjectGrant>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ObjectGrant {
    pub object: String,
    pub action: Action,
    pub reach: Reach,
}

/// A role as the loader resolved it: named rights and wildcards expanded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Role {
    pub name: String,
    pub label: String,
    pub description: String,
    pub system: bool,
    /// Passes every check (S2-054).
    pub super_admin: bool,
    /// Named rights that are on.
    pub permissions: Vec<String>,
    /// By object name; an object that is absent has no rights. Parts and links that have no entry follow their
    /// whole, or the first end of the link (the loader fills that in).
    pub objects: IndexMap<String, ObjectRights>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct View {
    pub name: String,
    pub object: String,
    pub label: String,
    #[serde(default)]
    pub kind: ViewKind,
    #[serde(default)]
    pub columns: Vec<String>,
    /// In the grammar of the query string: `stage=not.in.(won,lost)&amount=gte.100`
    #[serde(default)]
    pub filter: String,
    #[serde(default)]
    pub order: String,
    #[serde(default)]
    pub group_by: Option<String>,
    /// Calendar, timeline and gantt: the fields for start and end.
    #[serde(default)]
    pub start: Option<String>,
    #[serde(default)]
    pub end: Option<String>,
    #[serde(default)]
    pub default: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViewKind {
    #[default]
    Table,
    Board,
    Calendar,
    Timeline,
    Gantt,
    Map,
    Dashboard,
}

impl Model {
    /// The object whose rows decide about rows of a part or a link: its whole, or its first end.
    pub fn leader<'m>(&'m self, object: &'m Object) -> Option<&'m str> {
        let first_end = || object.fields.get(&object.link.as_ref()?[0])?.reference.as_ref().map(|r| &r.to);
        object.part_of.as_ref().or_else(first_end).map(String::as_str)
    }
    pub fn object(&self, name: &str) -> Result<&Object, Problem> {
        self.objects
            .get(name)
            .ok_or_else(|| Problem::new("meta.no_such_object", format!("There is no object `{name}`.")))
    }
    /// By URL segment: `clients`.
    pub fn by_plural(&self, plural: &str) -> Result<&Object, Problem> {
        match self.by_plural.get(plural) {
            Some(name) => self.object(name),
            None => {
                Err(Problem::new("meta.no_such_object", format!("There is nothing called `{plural}` here.")))
            }
        }
    }
    /// Run at start-up: every field that Rust names exists and holds what Rust expects. An object that no
    /// loaded blueprint has is skipped: its rules never run.
    pub fn check_keys(&self, keys: &[(&str, &str, Shape)]) -> Result<(), Problem> {
        for &(object, field, shape) in keys {
            let Some(o) = self.objects.get(object) else { continue };
            match o.fields.get(field) {
                Some(f) if f.shape() == Some(shape) => {}
                other => {
                    let found = other.map(|f| f.kind);
                    let detail = format!("`{object}.{field}` is {found:?}, the code expects {shape:?}.");
                    return Err(Problem::new("meta.key_mismatch", detail));
                }
            }
        }
        Ok(())
    }
}

/// What `Object::blueprint` says of an object that a workspace made itself.
pub const OWN: &str = "workspace";

/// The table of all workspaces' own objects; `query` adds which one is meant.
pub const OWN_TABLE: &str = "kontor.custom_records";

/// The right to change the model: the engine's own name, and the marina's for the same (S2-052).
pub const MANAGE_OBJECTS: [&str; 2] = ["objects.manage", "admin.manage_custom_fields"];

impl Object {
    /// The fields that the stored search column is made of: texts with a column of their own.
    pub fn searched(&self) -> impl Iterator<Item = &Field> {
        let named = self.search.iter().filter_map(|name| self.fields.get(name));
        named.filter(|f| f.is_text_column())
    }
    /// The field that the stored title for searches is made of: the title, or the first that is searched.
    pub fn searched_title(&self) -> Option<&Field> {
        let title = self.fields.get(&self.title).filter(|f| f.is_text_column());
        self.searched().next().map(|first| title.unwrap_or(first))
    }
    /// Made by the workspace itself: its records stand in the one table of all such objects.
    pub fn is_own(&self) -> bool {
        self.blueprint == OWN
    }
    /// Own fields of a shipped object that searches look at: the stored search column does not hold them.
    pub fn searched_beside(&self) -> impl Iterator<Item = &Field> {
        let named = self.search.iter().filter_map(|name| self.fields.get(name));
        named.filter(|f| f.place == Place::Custom && !self.is_own())
    }
    /// Own fields that have an index: those that are marked, and those that only an index finds.
    pub fn wants_index(&self, field: &Field) -> bool {
        field.place == Place::Custom
            && (field.indexed || self.searched_beside().any(|f| f.name == field.name))
    }
    pub fn field(&self, name: &str) -> Result<&Field, Problem> {
        self.fields.get(name).ok_or_else(|| {
            Problem::new("field.unknown", format!("`{}` has no field `{name}`.", self.name)).at(name)
        })
    }
    /// The pipeline that governs `row`'s stage field, given the selector's value.
    pub fn pipeline(&self, field: &str, selected: impl Fn(&str) -> Option<String>) -> Option<&Pipeline> {
        self.pipelines.iter().filter(|p| p.field == field).find(|p| match &p.selector {
            None => true,
            Some(s) => selected(s).as_deref() == Some(p.name.as_str()),
        })
    }
}

impl Field {
    /// What a `kernel::Value` of this field looks like; the kind of the result for a formula.
    pub fn shape(&self) -> Option<Shape> {
        self.stored_kind().shape()
    }
    fn is_text_column(&self) -> bool {
        self.place == Place::Column && self.stored_kind().codec(self.many) == Codec::Text
    }
    /// Telephones and numbers of documents: searches find their digits however typed.
    pub fn holds_numbers(&self) -> bool {
        matches!(self.stored_kind(), Kind::Phone | Kind::AutoNumber | Kind::Text)
    }
    /// Whether an index gives the order of an own field.
    pub fn is_sorted(&self) -> bool {
        self.indexed && self.index == IndexState::Ready
    }
    /// The kind whose column, codec and operators apply: a formula's result, else the kind itself.
    pub fn stored_kind(&self) -> Kind {
        self.formula.as_ref().map_or(self.kind, |f| f.result)
    }
}
