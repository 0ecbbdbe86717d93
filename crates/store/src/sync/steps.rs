//! From what is there to what is wanted: ordered, additive steps. Nothing is ever dropped that holds data.
use super::found::{Catalogue, FoundIndex, FoundTable};
use super::names;
use super::wanted::{Column, ForeignKey, Index, IndexOn, KEYS, Keys, SEARCH, SEARCH_TITLE, Search, Table};
use meta::OnDelete;
use std::collections::{BTreeSet, HashSet};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub sql: String,
    pub when: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Renames: what comes after says the new names.
    First,
    /// On tables that this run makes, and on nothing else: all of it in one transaction.
    Fresh,
    /// On a table that is in use: a transaction of its own, with a short wait for its lock.
    Short,
    /// Takes long and blocks nobody; cannot stand in a transaction.
    Concurrently,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Planned {
    pub steps: Vec<Step>,
    /// What the run does not change by itself: columns that no blueprint has, types that differ.
    pub warnings: Vec<String>,
}

pub(crate) fn plan(wanted: &[Table], found: Catalogue, app_role: &str) -> Planned {
    let trigrams = found.trigrams.clone().unwrap_or_else(|| "public".into());
    let mut planner =
        Planner { found, app_role, trigrams, planned: Planned::default(), fresh: HashSet::new() };
    for table in wanted {
        planner.table(table);
    }
    // References last: they need the tables on both sides.
    for table in wanted {
        planner.references(table);
    }
    planner.unknown_tables(wanted);
    planner.planned
}

struct Planner<'a> {
    /// As it will be when the steps so far have run, as far as names go.
    found: Catalogue,
    app_role: &'a str,
    trigrams: String,
    planned: Planned,
    fresh: HashSet<String>,
}

impl Planner<'_> {
    fn step(&mut self, when: When, sql: String) {
        self.planned.steps.push(Step { sql, when });
    }

    fn table(&mut self, table: &Table) {
        let full = table.full();
        match self.found.tables.remove(&full).or_else(|| self.renamed_table(table, &full)) {
            Some(mut found) => {
                self.rename_columns(table, &full, &mut found);
                self.existing(table, &full, &found);
                self.found.tables.insert(full, found);
            }
            None if table.engine => {}
            None => self.create(table, &full),
        }
    }

    /// The table under the name that its blueprint says it had, with everything that carries the name in front.
    fn renamed_table(&mut self, table: &Table, full: &str) -> Option<FoundTable> {
        let old = table
            .was
            .iter()
            .find(|old| self.found.tables.contains_key(&format!("{}.{old}", table.schema)))?;
        let mut found = self.found.tables.remove(&format!("{}.{old}", table.schema))?;
        self.step(
            When::First,
            format!("alter table {}.{} rename to {}", table.schema, quote(old), quote(&table.name)),
        );
        let prefix = format!("{old}_");
        let names: BTreeSet<String> = found.indexes.keys().chain(found.references.keys()).cloned().collect();
        for name in names {
            if let Some(rest) = name.strip_prefix(&prefix) {
                self.rename(table, full, &mut found, &name, &format!("{}_{rest}", table.name));
            }
        }
        Some(found)
    }

    /// An index, or a constraint together with its index.
    fn rename(&mut self, table: &Table, full: &str, found: &mut FoundTable, from: &str, to: &str) {
        let (old, new) = (quote(from), quote(to));
        let is_constraint =
            found.references.contains_key(from) || found.indexes.get(from).is_some_and(|i| i.of_constraint);
        let sql = if is_constraint {
            format!("alter table {full} rename constraint {old} to {new}")
        } else {
            format!("alter index {}.{old} rename to {new}", table.schema)
        };
        self.step(When::First, sql);
        if let Some(index) = found.indexes.remove(from) {
            found.indexes.insert(to.into(), index);
        }
        if let Some(reference) = found.references.remove(from) {
            found.references.insert(to.into(), reference);
        }
    }

    fn rename_columns(&mut self, table: &Table, full: &str, found: &mut FoundTable) {
        for (new, old) in &table.renamed {
            if found.columns.contains_key(new) {
                continue;
            }
            let Some(column) = found.columns.remove(old) else { continue };
            found.columns.insert(new.clone(), column);
            self.step(
                When::First,
                format!("alter table {full} rename column {} to {}", quote(old), quote(new)),
            );
            for suffix in ["key", "idx", "fkey"] {
                let from = names::of(&table.name, &[old], suffix);
                if found.indexes.contains_key(&from) || found.references.contains_key(&from) {
                    self.rename(table, full, found, &from, &names::of(&table.name, &[new], suffix));
                }
            }
            for column in found.indexes.values_mut().flat_map(|i| &mut i.columns).filter(|c| *c == old) {
                column.clone_from(new);
            }
        }
    }

    fn create(&mut self, table: &Table, full: &str) {
        let mut lines: Vec<String> = table.columns.iter().map(|(n, c)| c.definition(n)).collect();
        lines.extend(table.search.iter().flat_map(Search::definitions));
        lines.extend(table.keys.iter().map(Keys::definition));
        lines.push(format!(
            "constraint {} primary key (workspace_id, id)",
            quote(&names::of(&table.name, &["id"], "pkey"))
        ));
        let body = lines.join(",\n    ");
        self.step(When::Fresh, format!("create table {full} (\n    {body}\n)"));
        if let Some(keys) = &table.keys {
            self.step(When::Fresh, keys.comment_on(full));
        }
        if let Some(search) = &table.search {
            self.step(When::Fresh, search.comment_on(full));
        }
        for index in &table.indexes {
            let sql = self.create_index(index, full, "");
            self.step(When::Fresh, sql);
        }
        self.fence(full, When::Fresh);
        self.grant(full, When::Fresh);
        self.fresh.insert(full.to_string());
    }

    fn existing(&mut self, table: &Table, full: &str, found: &FoundTable) {
        for (name, column) in &table.columns {
            match found.columns.get(name) {
                None => {
                    self.step(
                        When::Short,
                        format!("alter table {full} add column {}", column.definition(name)),
                    );
                }
                Some(there) => self.widen(full, name, column, &there.ty),
            }
        }
        self.search(table, full, found);
        self.keys(table, full, found);
        for index in &table.indexes {
            self.index(index, table, full, found);
        }
        if table.engine {
            return;
        }
        if !found.has_rows_fenced {
            self.fence(full, When::Short);
        }
        if !found.is_granted {
            self.grant(full, When::Short);
        }
        self.unknown_columns(table, full, found);
    }

    fn widen(&mut self, full: &str, name: &str, column: &Column, there: &str) {
        if column.ty == there {
            return;
        }
        if is_wider(there, &column.ty) {
            let sql = format!("alter table {full} alter column {} type {}", quote(name), column.ty);
            self.step(When::Short, sql);
        } else {
            self.planned.warnings.push(format!(
                "{full}.{name} is {there}, the blueprint asks for {}: give the field a new name, or change it by hand",
                column.ty
            ));
        }
    }

    /// The column is generated, so it can be made anew when the list of its fields changes.
    fn search(&mut self, table: &Table, full: &str, found: &FoundTable) {
        let there = found.columns.get(SEARCH).filter(|c| c.generated);
        match (&table.search, there) {
            (Some(search), Some(column)) if column.comment.as_ref() == Some(&search.comment) => {}
            (Some(search), there) => {
                // One statement, so that the table is written anew once.
                let old =
                    [(SEARCH, there.is_some()), (SEARCH_TITLE, found.columns.contains_key(SEARCH_TITLE))];
                let old = old.iter().filter(|(_, is)| *is).map(|(name, _)| format!("drop column {name}"));
                let new = search.definitions().map(|d| format!("add column {d}"));
                let changes: Vec<String> = old.chain(new).collect();
                self.step(When::Short, format!("alter table {full} {}", changes.join(", ")));
                self.step(When::Short, search.comment_on(full));
            }
            (None, Some(_)) if !table.engine => {
                self.planned.warnings.push(format!("{full}.{SEARCH} is no longer searched"));
            }
            (None, _) => {}
        }
    }

    fn keys(&mut self, table: &Table, full: &str, found: &FoundTable) {
        let there = found.columns.get(KEYS).filter(|c| c.generated);
        match (&table.keys, there) {
            (Some(_), Some(_)) if has_current_keys(table, found) => {}
            (Some(keys), there) => {
                let old = there.map_or(String::new(), |_| format!("drop column {KEYS}, "));
                self.step(When::Short, format!("alter table {full} {old}add column {}", keys.definition()));
                self.step(When::Short, keys.comment_on(full));
            }
            (None, Some(_)) if !table.engine => {
                self.planned.warnings.push(format!("nobody looks for duplicates in {full}.{KEYS} any more"));
            }
            (None, _) => {}
        }
    }

    fn index(&mut self, index: &Index, table: &Table, full: &str, found: &FoundTable) {
        // A search column that is made anew takes its index with it.
        let searches = matches!(index.on, IndexOn::Search | IndexOn::Title);
        let rebuilt = searches && !has_current_search(table, found)
            || index.on == IndexOn::Keys && !has_current_keys(table, found);
        if let Some(there) = found.indexes.get(&index.name).filter(|_| !rebuilt) {
            if !there.invalid && index.is_like(there) {
                return;
            }
            let name = format!("{}.{}", table.schema, quote(&index.name));
            self.step(When::Concurrently, format!("drop index concurrently if exists {name}"));
        }
        let sql = self.create_index(index, full, " concurrently");
        self.step(When::Concurrently, sql);
    }

    fn create_index(&self, index: &Index, full: &str, concurrently: &str) -> String {
        let unique = if index.unique { " unique" } else { "" };
        let on = match &index.on {
            IndexOn::Columns(columns) => {
                let columns: Vec<String> = columns.iter().map(|c| quote(c)).collect();
                format!("({})", columns.join(", "))
            }
            IndexOn::NullsLast(columns) => {
                let columns: Vec<String> =
                    columns.iter().map(|c| format!("{} desc nulls last", quote(c))).collect();
                format!("(workspace_id, {})", columns.join(", "))
            }
            IndexOn::List(column) => format!("using gin ({}) with ({PENDING})", quote(column)),
            IndexOn::Search => {
                format!("using gin (workspace_id, {SEARCH} {}.gin_trgm_ops) with ({PENDING})", self.trigrams)
            }
            // Beginnings are compared byte by byte, whatever the database's collation.
            IndexOn::Title => format!("(workspace_id, {SEARCH_TITLE} text_pattern_ops)"),
            IndexOn::Keys => format!("using gin (workspace_id, {KEYS}) with ({PENDING})"),
            // Rows without fields of the workspace's own, which are nearly all, cost nothing.
            IndexOn::Custom => "using gin (custom jsonb_path_ops) where custom <> '{}'".into(),
        };
        let live = if index.live { " where archived_at is null" } else { "" };
        format!("create{unique} index{concurrently} {} on {full} {on}{live}", quote(&index.name))
    }

    /// The tenant's fence. The sub-select is evaluated once for a statement, not for each row. The owner, whom the
    /// fence holds as well unless it is a superuser, reads past it for the system doors.
    fn fence(&mut self, full: &str, when: When) {
        self.step(
            when,
            format!(
                "drop policy if exists tenant on {full};\n\
                 create policy tenant on {full} using (workspace_id = (select kontor.workspace()));\n\
                 drop policy if exists doors on {full};\n\
                 create policy doors on {full} for select to current_user using (true);\n\
                 alter table {full} enable row level security;\n\
                 alter table {full} force row level security"
            ),
        );
    }

    fn grant(&mut self, full: &str, when: When) {
        let role = quote(self.app_role);
        self.step(when, format!("grant select, insert, update, delete on {full} to {role}"));
    }

    fn references(&mut self, table: &Table) {
        let full = table.full();
        for reference in &table.references {
            if self.fresh.contains(&full) {
                self.step(When::Fresh, reference.add(&full, ""));
                continue;
            }
            let there = self.found.tables.get(&full).and_then(|t| t.references.get(&reference.name));
            let same = there.map(|t| t.to == reference.to && t.on_delete == Some(reference.on_delete));
            let validated = there.is_some_and(|t| t.validated);
            if same == Some(false) {
                let name = quote(&reference.name);
                self.step(When::Short, format!("alter table {full} drop constraint {name}"));
            }
            if same != Some(true) {
                // Checking old rows takes long; split off, it does not keep writers waiting.
                self.step(When::Short, reference.add(&full, " not valid"));
            }
            if same != Some(true) || !validated {
                self.step(When::Short, reference.validate(&full));
            }
        }
    }

    fn unknown_columns(&mut self, table: &Table, full: &str, found: &FoundTable) {
        for name in found.columns.keys().filter(|n| {
            ![SEARCH, SEARCH_TITLE, KEYS].contains(&n.as_str()) && !table.columns.contains_key(*n)
        }) {
            self.planned.warnings.push(format!("{full}.{name} is in no blueprint; it is left as it is"));
        }
    }

    fn unknown_tables(&mut self, wanted: &[Table]) {
        let known: HashSet<String> = wanted.iter().map(Table::full).collect();
        let unknown: BTreeSet<&String> =
            self.found.tables.keys().filter(|t| t.starts_with("data.") && !known.contains(*t)).collect();
        let told = unknown.into_iter().map(|t| format!("{t} is in no blueprint; it is left as it is"));
        self.planned.warnings.extend(told);
    }
}

fn has_current_search(table: &Table, found: &FoundTable) -> bool {
    let there = found.columns.get(SEARCH).and_then(|c| c.comment.as_ref());
    there.is_some() && there == table.search.as_ref().map(|s| &s.comment)
}

fn has_current_keys(table: &Table, found: &FoundTable) -> bool {
    let there = found.columns.get(KEYS).and_then(|c| c.comment.as_ref());
    there.is_some() && there == table.keys.as_ref().map(|k| &k.comment)
}

/// A GIN index takes a new row's many entries one by one (`fastupdate = off`), or gathers them in a list that every
/// search reads as well, of 4 MB unless told. Measured on 100,000 rows, two writers: without the list 2,300 to 2,900
/// inserts a second, with one of 256 kB 3,800 to 4,800, without any index 5,000; searches lost 5 to 20 of 100.
const PENDING: &str = "gin_pending_list_limit = 256";

impl Table {
    fn full(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

impl Column {
    fn definition(&self, name: &str) -> String {
        format!("{} {}{}", quote(name), self.ty, self.rest)
    }
}

impl Keys {
    fn definition(&self) -> String {
        format!("{KEYS} text[] generated always as ({}) stored", self.expression)
    }
    fn comment_on(&self, full: &str) -> String {
        format!("comment on column {full}.{KEYS} is '{}'", self.comment)
    }
}

impl Search {
    fn definitions(&self) -> impl Iterator<Item = String> {
        let generated = |name, by: &str| format!("{name} text generated always as ({by}) stored");
        [generated(SEARCH, &self.expression), generated(SEARCH_TITLE, &self.title)].into_iter()
    }
    fn comment_on(&self, full: &str) -> String {
        // Field names are `[a-z0-9_]`, so there is nothing to escape.
        format!("comment on column {full}.{SEARCH} is '{}'", self.comment)
    }
}

impl Index {
    fn is_like(&self, there: &FoundIndex) -> bool {
        match &self.on {
            IndexOn::Columns(columns) => {
                there.columns == *columns && there.unique == self.unique && there.partial == self.live
            }
            IndexOn::NullsLast(columns) => {
                there.columns.get(1..) == Some(columns.as_slice()) && !there.unique
            }
            IndexOn::List(column) => there.columns == [column.as_str()],
            IndexOn::Search => there.columns == ["workspace_id", SEARCH],
            IndexOn::Title => there.columns == ["workspace_id", SEARCH_TITLE],
            IndexOn::Keys => there.columns == ["workspace_id", KEYS] && there.partial == self.live,
            // Once it was over all rows.
            IndexOn::Custom => there.columns == ["custom"] && there.partial,
        }
    }
}

impl ForeignKey {
    fn add(&self, full: &str, not_valid: &str) -> String {
        let column = quote(&self.column);
        let on_delete = match self.on_delete {
            OnDelete::Restrict => String::new(),
            OnDelete::Cascade => " on delete cascade".into(),
            // Only the reference: the workspace is part of the primary key.
            OnDelete::SetNull => format!(" on delete set null ({column})"),
        };
        format!(
            "alter table {full} add constraint {} foreign key (workspace_id, {column}) \
             references {} (workspace_id, id){on_delete}{not_valid}",
            quote(&self.name),
            self.to
        )
    }
    fn validate(&self, full: &str) -> String {
        format!("alter table {full} validate constraint {}", quote(&self.name))
    }
}

/// Changes of type that lose nothing.
fn is_wider(from: &str, to: &str) -> bool {
    let from = from.split('(').next().unwrap_or(from);
    matches!(
        (from, to),
        ("smallint", "integer" | "bigint" | "numeric")
            | ("integer", "bigint" | "numeric")
            | ("bigint", "numeric")
            | ("numeric", "numeric")
            | ("character varying" | "character", "text")
            | ("json", "jsonb")
    )
}

/// Names come from the model, which allows `[a-z][a-z0-9_]*`; the quotes are for words like `end`.
fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
