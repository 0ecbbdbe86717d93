//! The tables that a model asks for. Plain data, no database.
use super::names;
use indexmap::IndexMap;
use meta::{Codec, Field, Model, Object, OnDelete, Place};

pub(crate) const SEARCH: &str = "search_text";
pub(crate) const SEARCH_TITLE: &str = "search_title";
pub(crate) const KEYS: &str = "match_keys";

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Table {
    pub schema: String,
    pub name: String,
    /// Names that it may have had before: a blueprint tells the object's old name, the table had its plural.
    pub was: Vec<String>,
    /// Made by a migration: only added to.
    pub engine: bool,
    pub columns: IndexMap<String, Column>,
    /// New column name to old.
    pub renamed: Vec<(String, String)>,
    pub search: Option<Search>,
    pub keys: Option<Keys>,
    pub indexes: Vec<Index>,
    pub references: Vec<ForeignKey>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Column {
    pub ty: String,
    /// `not null default now()`
    pub rest: &'static str,
}

/// The generated search column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Search {
    pub expression: String,
    /// The folded beginning of the title, for exact finds and beginnings.
    pub title: String,
    /// Stands as the column's comment, because PostgreSQL gives expressions back in other words than it got them.
    pub comment: String,
}

/// The generated column with what a record shares with its duplicates.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Keys {
    pub expression: String,
    /// Stands as the column's comment, for the same reason.
    pub comment: String,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Index {
    pub name: String,
    pub unique: bool,
    pub on: IndexOn,
    /// Only rows that are not archived.
    pub live: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum IndexOn {
    /// Ascending, which serves both directions.
    Columns(Vec<String>),
    /// `workspace_id`, then these descending with nulls last: what `amount.desc.nullslast` asks for, and no
    /// ascending index can give.
    NullsLast(Vec<String>),
    /// Which rows hold a value in their list: members in `assignee_ids`.
    List(String),
    Search,
    Title,
    Keys,
    Custom,
}
impl Default for IndexOn {
    fn default() -> Self {
        Self::Columns(vec![])
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ForeignKey {
    pub name: String,
    pub column: String,
    /// Schema-qualified.
    pub to: String,
    pub on_delete: OnDelete,
}

/// Every table, in the order of the model, then what the engine's own tables refer to.
pub(crate) fn tables(model: &Model) -> Vec<Table> {
    let mut tables: Vec<Table> = model.objects.values().map(|o| table(o, model)).collect();
    if model.objects.contains_key("location") {
        tables.extend(["role_assignments", "role_overrides", "invitations"].map(engine_with_location));
    }
    tables
}

fn engine_with_location(name: &str) -> Table {
    let to_location = ForeignKey {
        name: names::of(name, &["location_id"], "fkey"),
        column: "location_id".into(),
        to: "data.locations".into(),
        on_delete: OnDelete::Cascade,
    };
    Table {
        schema: "kontor".into(),
        name: name.into(),
        engine: true,
        references: vec![to_location],
        ..Table::default()
    }
}

fn table(object: &Object, model: &Model) -> Table {
    let (schema, name) = object.table.split_once('.').unwrap_or(("data", &object.plural));
    Table {
        schema: schema.into(),
        name: name.into(),
        was: object.renamed_from.iter().flat_map(|old| [format!("{old}s"), old.clone()]).collect(),
        engine: object.engine,
        columns: columns(object),
        renamed: object.renamed.iter().map(|(new, old)| (new.clone(), old.clone())).collect(),
        search: search(object),
        keys: keys(object),
        indexes: indexes(object),
        references: references(object, model),
    }
}

fn stored(object: &Object) -> impl Iterator<Item = &Field> {
    object.fields.values().filter(|f| f.place == Place::Column)
}

fn columns(object: &Object) -> IndexMap<String, Column> {
    let mut columns = IndexMap::new();
    columns.insert("workspace_id".into(), Column { ty: "uuid".into(), rest: " not null" });
    for field in stored(object) {
        let ty = field.stored_kind().sql_type(field.many).to_string();
        columns.insert(field.name.clone(), Column { ty, rest: constraint(field) });
    }
    if !object.engine {
        columns.insert("custom".into(), Column { ty: "jsonb".into(), rest: " not null default '{}'" });
    }
    columns
}

/// What a blueprint asks of a value is checked by `records`, because trades that share a table may ask differently;
/// the database keeps what every row has.
fn constraint(field: &Field) -> &'static str {
    match field.name.as_str() {
        "id" if field.system => " not null",
        "created_at" | "updated_at" if field.system => " not null default now()",
        "version" if field.system => " not null default 1",
        _ => "",
    }
}

fn keys(object: &Object) -> Option<Keys> {
    let expression = query::alike::key_expression(object)?;
    // Names of fields hold no quotes; the constants of the expression do.
    let comment = format!("Shared by duplicates: {}", expression.replace('\'', ""));
    Some(Keys { expression, comment })
}

fn search(object: &Object) -> Option<Search> {
    // The engine's tables are small and are searched field by field.
    if object.engine {
        return None;
    }
    let title = &object.searched_title()?.name;
    let fields: Vec<&Field> = object.searched().collect();
    let words: Vec<String> = fields.iter().map(|f| format!("coalesce(\"{}\", '')", f.name)).collect();
    let numbers = fields.iter().filter(|f| f.holds_numbers());
    let keys: String = numbers.map(|f| format!(" || kontor.search_keys(\"{}\")", f.name)).collect();
    let listed: Vec<&str> = fields.iter().map(|f| f.name.as_str()).collect();
    Some(Search {
        expression: format!("kontor.fold({}){keys}", words.join(" || ' ' || ")),
        title: format!("left(kontor.fold(\"{title}\"), 100)"),
        comment: format!("Folded for search, with numbers: {}; title: {title}", listed.join(", ")),
    })
}

fn indexes(object: &Object) -> Vec<Index> {
    let mut indexes = unique_indexes(object);
    for field in stored(object).filter(|f| is_looked_up(object, f)) {
        indexes.push(plain(object, &["workspace_id", &field.name], &[&field.name]));
    }
    if object.fields.contains_key("created_at") {
        indexes.push(plain(object, &["workspace_id", "created_at", "id"], &["created_at"]));
    }
    indexes.extend(sorts_of_views(object));
    indexes.extend(stored(object).filter(|f| f.many && object.reach.assigned.contains(&f.name)).map(|f| {
        Index {
            name: names::of(&object.plural, &[&f.name], "idx"),
            on: IndexOn::List(f.name.clone()),
            ..Index::default()
        }
    }));
    if search(object).is_some() {
        let name = names::of(&object.plural, &["search"], "idx");
        indexes.push(Index { name, on: IndexOn::Search, ..Index::default() });
        let name = names::of(&object.plural, &["search_title"], "idx");
        indexes.push(Index { name, on: IndexOn::Title, ..Index::default() });
    }
    if keys(object).is_some() {
        let name = names::of(&object.plural, &["match_keys"], "idx");
        indexes.push(Index { name, on: IndexOn::Keys, live: object.archivable, ..Index::default() });
    }
    if !object.engine {
        let name = names::of(&object.plural, &["custom"], "idx");
        indexes.push(Index { name, on: IndexOn::Custom, ..Index::default() });
    }
    // A view may sort by what another index already gives.
    let mut seen: Vec<Index> = vec![];
    for index in indexes {
        if !seen.iter().any(|s| s.name == index.name || (!s.unique && s.on == index.on)) {
            seen.push(index);
        }
    }
    seen
}

fn unique_indexes(object: &Object) -> Vec<Index> {
    let one = |(fields, per_location): (Vec<String>, bool)| {
        let named: Vec<&str> = fields.iter().map(String::as_str).collect();
        let name = names::of(&object.plural, &named, "key");
        let mut columns = vec!["workspace_id".to_string()];
        columns.extend(per_location.then(|| "location_id".to_string()));
        columns.extend(fields);
        Index { name, unique: true, on: IndexOn::Columns(columns), live: object.archivable }
    };
    // On the engine's tables its migrations say what is unique.
    if object.engine { vec![] } else { names::uniques(object).into_iter().map(one).collect() }
}

/// References are followed backwards (to-many relations, deletes), and `created_by` where it decides who owns.
fn is_looked_up(object: &Object, field: &Field) -> bool {
    names::is_reference(field)
        || (!field.many && names::target(field).is_some() && object.reach.own.contains(&field.name))
}

fn plain(object: &Object, columns: &[&str], named: &[&str]) -> Index {
    let columns = columns.iter().map(|c| c.to_string()).collect();
    let name = names::of(&object.plural, named, "idx");
    Index { name, on: IndexOn::Columns(columns), ..Index::default() }
}

/// One index for each first column that a shipped view sorts by; what follows it is sorted among equals.
fn sorts_of_views(object: &Object) -> Vec<Index> {
    let sorts = object.views.iter().filter_map(|view| sort(object, view.order.split(',').next()?.trim()));
    sorts.collect()
}

/// `amount.desc.nullslast`
fn sort(object: &Object, term: &str) -> Option<Index> {
    let mut words = term.split('.');
    let field = object.fields.get(words.next()?)?;
    let words: Vec<&str> = words.collect();
    let descending = words.contains(&"desc");
    // PostgreSQL takes nulls for greater than everything.
    let against = if descending { words.contains(&"nullslast") } else { words.contains(&"nullsfirst") };
    let unordered = [Codec::Jsonb, Codec::TextArray, Codec::UuidArray, Codec::Other];
    if field.place != Place::Column || field.name == "id" || unordered.contains(&codec(field)) {
        return None;
    }
    Some(if against {
        let name = names::of(&object.plural, &[&field.name, "last"], "idx");
        let on = IndexOn::NullsLast(vec![field.name.clone(), "id".into()]);
        Index { name, on, ..Index::default() }
    } else {
        plain(object, &["workspace_id", &field.name, "id"], &[&field.name, "sort"])
    })
}

fn codec(field: &Field) -> Codec {
    field.stored_kind().codec(field.many)
}

fn references(object: &Object, model: &Model) -> Vec<ForeignKey> {
    let referring = stored(object).filter(|f| names::is_reference(f));
    let one = |field: &Field| {
        let to = model.objects.get(names::target(field)?)?;
        Some(ForeignKey {
            name: names::of(&object.plural, &[&field.name], "fkey"),
            column: field.name.clone(),
            to: to.table.clone(),
            on_delete: field.reference.as_ref().map_or(OnDelete::Restrict, |r| r.on_delete),
        })
    };
    referring.filter_map(one).collect()
}
