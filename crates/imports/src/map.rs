//! A mapping laid over the model and the header of a file: every name checked once, all faults told together.
use crate::convert::{Cell, Conversion, Wrong};
use crate::draft::{Draft, Ref};
use crate::finder::{Finder, finder};
use crate::mapping::{Mapping, Parts, Target, Targets};
use crate::names::*;
use crate::read::{Sheet, SheetRow};
use crate::report::RowError;
use crate::template::Template;
use indexmap::IndexMap;
use kernel::{Problem, Problems};
use meta::{Field, Kind, Model, Object};
use records::Body;
use serde_json::Value as Json;
use std::collections::HashMap;

/// What becomes of one file's rows.
pub struct Map<'m> {
    pub object: &'m Object,
    defaults: Body,
    feeds: Vec<Feed>,
    /// Every (object, field) through which references are looked up.
    pub doors: Vec<Door>,
    pub lookups: Vec<Finder<'m>>,
    /// Columns that nobody asked for.
    pub unmapped: Vec<String>,
}

/// One text source feeding one field.
struct Feed {
    from: From,
    field: String,
    member: Option<String>,
    conversion: Conversion,
    /// Index into `doors`, for references.
    door: Option<usize>,
    list: bool,
}

enum From {
    Column(usize),
    Template(Template, HashMap<String, usize>),
}

/// A field of another object that references are found by.
#[derive(Debug, Clone, PartialEq)]
pub struct Door {
    pub object: String,
    pub by: String,
    /// Fields of the found record that lookups ask for.
    pub also: Vec<String>,
}

/// The parts of a mapping that wholes and parts have alike.
struct Spec<'a> {
    defaults: &'a IndexMap<String, Json>,
    columns: &'a IndexMap<String, Targets>,
    fields: &'a IndexMap<String, Target>,
    place: &'static str,
}

impl<'m> Map<'m> {
    pub fn of_wholes(mapping: &Mapping, model: &'m Model, sheet: &Sheet) -> Result<Self, Problems> {
        let object = find(model, &mapping.object).map_err(|p| vec![p.at("mapping.object")])?;
        if object.engine || object.part_of.is_some() {
            let why = format!("`{}` cannot be imported by itself.", object.name);
            return Err(vec![Problem::new("import.mapping", why).at("mapping.object")]);
        }
        let spec = Spec {
            defaults: &mapping.defaults,
            columns: &mapping.columns,
            fields: &mapping.fields,
            place: "mapping",
        };
        let named;
        let spec = if mapping.columns.is_empty() && mapping.fields.is_empty() {
            named = by_name(object, sheet);
            Spec { columns: &named, ..spec }
        } else {
            spec
        };
        let map = Self::build(mapping, spec, model, object, sheet)?;
        map.check_key(&mapping.key, "mapping.key")?;
        Ok(map)
    }

    pub fn of_parts(
        mapping: &Mapping,
        parts: &Parts,
        whole: &Object,
        model: &'m Model,
        sheet: &Sheet,
    ) -> Result<Self, Problems> {
        let refuse = |why: String| vec![Problem::new("import.mapping", why).at("mapping.parts.field")];
        let of = whole.fields.get(&parts.field).and_then(|f| f.parts.as_ref());
        let of = of.ok_or_else(|| refuse(format!("`{}` has no part list `{}`.", whole.name, parts.field)))?;
        let object = model.object(of).map_err(|p| vec![p])?;
        let spec = Spec {
            defaults: &parts.defaults,
            columns: &parts.columns,
            fields: &parts.fields,
            place: "mapping.parts",
        };
        let map = Self::build(mapping, spec, model, object, sheet)?;
        map.check_key(&parts.key, "mapping.parts.key")?;
        Ok(map)
    }

    fn build(
        mapping: &Mapping,
        spec: Spec<'_>,
        model: &'m Model,
        object: &'m Object,
        sheet: &Sheet,
    ) -> Result<Self, Problems> {
        let mut map = Self {
            object,
            defaults: Body::new(),
            feeds: vec![],
            doors: vec![],
            lookups: vec![],
            unmapped: vec![],
        };
        let mut problems = vec![];
        for (name, value) in spec.defaults {
            match writable(object, name) {
                Ok(_) => drop(map.defaults.insert(name.clone(), value.clone())),
                Err(p) => problems.push(p.at(format!("{}.defaults.{name}", spec.place))),
            }
        }
        // In the order of the file, so that errors come as the reader sees the columns; unknown columns last.
        let mut columns: Vec<_> = spec.columns.iter().collect();
        columns.sort_by_key(|(column, _)| sheet.column(column).unwrap_or(usize::MAX));
        for (column, targets) in columns {
            let place = format!("{}.columns.{column}", spec.place);
            let Some(index) = sheet.column(column) else {
                problems.push(no_column(sheet, column).at(place));
                continue;
            };
            for target in &targets.0 {
                let feed = map.feed(mapping, model, From::Column(index), &target.field, target);
                match feed {
                    _ if target.template.is_some() || target.lookup.is_some() => problems
                        .push(mapping_problem("`template` and `lookup` belong under `[fields]`.").at(&place)),
                    Ok(feed) => map.feeds.push(feed),
                    Err(p) => problems.push(p.at(&place)),
                }
            }
        }
        for (field, target) in spec.fields {
            if let Err(p) = map.made(mapping, model, sheet, field, target) {
                problems.push(p.at(format!("{}.fields.{field}", spec.place)));
            }
        }
        map.unmapped = unmapped(mapping, spec.columns, sheet);
        map.ask_doors(&mut problems, model);
        if problems.is_empty() { Ok(map) } else { Err(problems) }
    }

    fn feed(
        &mut self,
        mapping: &Mapping,
        model: &Model,
        from: From,
        path: &str,
        target: &Target,
    ) -> Result<Feed, Problem> {
        let (name, member) = match path.split_once('.') {
            Some((name, member)) => (name, Some(member)),
            None => (path, None),
        };
        let field = writable(self.object, name)?;
        check_member(field, member)?;
        let conversion =
            Conversion::new(target, field, member, &mapping.numbers, mapping.timezone.as_deref())
                .map_err(|why| mapping_problem(&format!("`{path}`: {why}.")))?;
        let door = match &target.by {
            Some(by) => Some(self.door(model, field, by)?),
            None => None,
        };
        let list = field.many || matches!(field.kind, Kind::MultiSelect | Kind::Tags);
        Ok(Feed { from, field: name.into(), member: member.map(Into::into), conversion, door, list })
    }

    fn door(&mut self, model: &Model, field: &Field, by: &str) -> Result<usize, Problem> {
        let to = target_of(field).ok_or_else(|| {
            mapping_problem(&format!("`{}` refers to nothing; `by` is for references.", field.name))
        })?;
        model.object(to)?.field(by)?;
        let door = Door { object: to.into(), by: by.into(), also: vec![] };
        if let Some(known) = self.doors.iter().position(|d| d.object == door.object && d.by == door.by) {
            return Ok(known);
        }
        self.doors.push(door);
        Ok(self.doors.len() - 1)
    }

    fn made(
        &mut self,
        mapping: &Mapping,
        model: &'m Model,
        sheet: &Sheet,
        field: &str,
        target: &Target,
    ) -> Result<(), Problem> {
        if !target.field.is_empty() {
            return Err(mapping_problem("`field` is not written under `[fields]`: the key is the field."));
        }
        match (&target.template, &target.lookup) {
            (Some(source), None) => {
                let template = Template::parse(source).map_err(|why| mapping_problem(&format!("{why}.")))?;
                let mut columns = HashMap::new();
                for name in template.names() {
                    let index = sheet.column(name).ok_or_else(|| no_column(sheet, name))?;
                    columns.insert(name.to_owned(), index);
                }
                let feed = self.feed(mapping, model, From::Template(template, columns), field, target)?;
                self.feeds.push(feed);
            }
            (None, Some(lookup)) => {
                writable(self.object, field)?;
                let finder = finder(model, sheet, field, lookup)?;
                self.lookups.push(finder);
            }
            _ => return Err(mapping_problem("A made field needs either a `template` or a `lookup`.")),
        }
        Ok(())
    }

    /// `{pier.price_tier}` in a lookup: the reference `pier_id` must be mapped, and brings `price_tier` along.
    fn ask_doors(&mut self, problems: &mut Problems, model: &Model) {
        let mut asked: Vec<(String, String, String)> = vec![];
        for lookup in &self.lookups {
            for name in lookup.names().filter(|n| !lookup.columns.contains_key(*n)) {
                match name.split_once('.') {
                    Some((embed, field)) => {
                        asked.push((lookup.field.clone(), embed.into(), field.into()));
                    }
                    None => problems.push(
                        mapping_problem(&format!(
                            "The lookup names `{name}`, which the file has no column for."
                        ))
                        .at(format!("mapping.fields.{}", lookup.field)),
                    ),
                }
            }
        }
        for (of, embed, field) in asked {
            let feed = self.feeds.iter().find(|f| self.embeds(&f.field, &embed) && f.door.is_some());
            let door = feed.and_then(|f| f.door);
            match door {
                Some(door) => match model.object(&self.doors[door].object).and_then(|o| o.field(&field)) {
                    Ok(_) if self.doors[door].also.contains(&field) => {}
                    Ok(_) => self.doors[door].also.push(field),
                    Err(p) => problems.push(p.at(format!("mapping.fields.{of}"))),
                },
                None => problems.push(
                    mapping_problem(&format!("`{{{embed}.{field}}}` needs a column that finds `{embed}`."))
                        .at(format!("mapping.fields.{of}")),
                ),
            }
        }
    }

    fn embeds(&self, field: &str, embed: &str) -> bool {
        self.object.fields.get(field).and_then(|f| f.reference.as_ref()).is_some_and(|r| r.embed == embed)
    }

    fn check_key(&self, key: &[String], place: &str) -> Result<(), Problems> {
        let fed = |name: &str| {
            self.defaults.contains_key(name)
                || self.feeds.iter().any(|f| f.field == name && f.member.is_none())
        };
        let problems: Problems = key
            .iter()
            .filter_map(|name| match self.object.field(name) {
                Err(p) => Some(p),
                Ok(_) if !fed(name) => {
                    Some(mapping_problem(&format!("The key `{name}` is fed by no column.")))
                }
                Ok(_) => None,
            })
            .map(|p| p.at(place))
            .collect();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// One row of the file as a draft, and everything that is wrong with it.
    pub fn draft(&self, sheet: &Sheet, row: &SheetRow) -> (Draft, Vec<RowError>) {
        let mut draft = Draft {
            file: sheet.file.clone(),
            row: row.number,
            body: self.defaults.clone(),
            ..Default::default()
        };
        let mut errors = vec![];
        for feed in &self.feeds {
            let (column, text) = feed.read(sheet, row);
            draft.origins.entry(feed.field.clone()).or_insert_with(|| (column.clone(), text.clone()));
            match feed.conversion.cell(&text) {
                Ok(Cell::Absent) => {}
                Ok(Cell::Is(value)) => feed.put(&mut draft.body, value),
                Ok(Cell::Refers(texts)) => draft.refs.push(Ref {
                    field: feed.field.clone(),
                    door: feed.door.expect("a conversion refers only when `by` opened a door"),
                    texts,
                    list: feed.list,
                }),
                Err(Wrong { code, reason }) => {
                    draft.wrong.push(feed.field.clone());
                    let error = RowError::row(&sheet.file, row.number, code, reason);
                    errors.push(error.column(Some(&column)).field(&feed.path()).value(&text));
                }
            }
        }
        draft.facts = self.lookups.iter().map(|l| l.facts(row)).collect();
        empty_members(&mut draft.body);
        (draft, errors)
    }
}

impl Feed {
    fn read(&self, sheet: &Sheet, row: &SheetRow) -> (String, String) {
        match &self.from {
            From::Column(i) => (sheet.header[*i].clone(), row.cells[*i].to_owned()),
            From::Template(template, columns) => {
                let names: Vec<_> = template.names().collect();
                (names.join(", "), template.join(|n| columns.get(n).map(|i| row.cells[*i].to_owned())))
            }
        }
    }
    fn path(&self) -> String {
        match &self.member {
            Some(member) => format!("{}.{member}", self.field),
            None => self.field.clone(),
        }
    }
    fn put(&self, body: &mut Body, value: Json) {
        let Some(member) = &self.member else {
            body.insert(self.field.clone(), value);
            return;
        };
        let whole = body.entry(self.field.clone()).or_insert_with(|| Json::Object(Default::default()));
        if let (Json::Object(members), false) = (whole, value.is_null()) {
            members.insert(member.clone(), value);
        }
    }
}

/// An address without a single member is no address.
fn empty_members(body: &mut Body) {
    for value in body.values_mut() {
        if value.as_object().is_some_and(|o| o.is_empty()) {
            *value = Json::Null;
        }
    }
}
