//! A mapping laid over the model and the header of a file: every name checked once, all faults told together.
use crate::convert::{Cell, Conversion, Wrong};
use crate::csv::{Sheet, SheetRow};
use crate::mapping::{Lookup, Mapping, Parts, Target, Targets};
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

/// A value to be read from the one record that fits.
pub struct Finder<'m> {
    pub field: String,
    pub object: &'m Object,
    pub filter: Vec<(String, Template)>,
    pub take: Template,
    columns: HashMap<String, usize>,
}

/// A row on its way to be a record.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub file: String,
    pub row: u64,
    pub body: Body,
    pub refs: Vec<Ref>,
    /// Per lookup of the map: the columns that it names.
    pub facts: Vec<HashMap<String, String>>,
    /// Fields of records that the row refers to, for lookups: `pier.price_tier`.
    pub also: HashMap<String, String>,
    /// Field to column and text, for errors that are found later.
    pub origins: IndexMap<String, (String, String)>,
    /// Fields whose cells are wrong. The row goes on all the same, so that its other errors are found too.
    pub wrong: Vec<String>,
    pub parts: Vec<Draft>,
}

/// A reference that still has to be found.
#[derive(Debug, Clone)]
pub struct Ref {
    pub field: String,
    pub door: usize,
    pub texts: Vec<String>,
    pub list: bool,
}

impl Draft {
    /// An error about one field of the row or of one of its parts, with the column it came from. `None`: it only
    /// follows from an error that is told already.
    pub fn error(&self, mut problem: Problem) -> Option<RowError> {
        let name = problem.field.clone().unwrap_or_default();
        if let Some((part, rest)) = self.part(&name) {
            problem.field = Some(rest.to_owned()).filter(|f| !f.is_empty());
            return part.error(problem);
        }
        let root = name.split('.').next().unwrap_or("");
        let follows =
            if root.is_empty() { !self.wrong.is_empty() } else { self.wrong.iter().any(|w| w == root) };
        if follows {
            return None;
        }
        let error = RowError::because(&self.file, self.row, problem);
        Some(match self.origins.get(&name).or_else(|| self.origins.get(root)) {
            Some((column, value)) => error.column(Some(column)).value(value),
            None => error,
        })
    }

    /// `lines.2.quantity`: the third part and its field.
    fn part<'a>(&self, path: &'a str) -> Option<(&Draft, &'a str)> {
        let (_, rest) = path.split_once('.')?;
        let (index, field) = rest.split_once('.').unwrap_or((rest, ""));
        Some((self.parts.get(index.parse::<usize>().ok()?)?, field))
    }
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

impl Finder<'_> {
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.filter.iter().flat_map(|(_, t)| t.names()).chain(self.take.names())
    }
    fn facts(&self, row: &SheetRow) -> HashMap<String, String> {
        self.columns.iter().map(|(name, i)| (name.clone(), row.cells[*i].trim().to_owned())).collect()
    }
}

fn finder<'m>(model: &'m Model, sheet: &Sheet, field: &str, lookup: &Lookup) -> Result<Finder<'m>, Problem> {
    let object = find(model, &lookup.object)?;
    let template = |source: &str| Template::parse(source).map_err(|why| mapping_problem(&format!("{why}.")));
    let mut filter = vec![];
    for pair in lookup.filter.split('&').filter(|p| !p.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(mapping_problem(&format!("`{pair}` is not a filter like `status=eq.active`.")));
        };
        filter.push((name.to_owned(), template(value)?));
    }
    let mut finder = Finder {
        field: field.into(),
        object,
        filter,
        take: template(&lookup.take)?,
        columns: HashMap::new(),
    };
    finder.columns =
        finder.names().filter_map(|n| sheet.column(n).map(|i| (n.to_owned(), i))).collect::<HashMap<_, _>>();
    Ok(finder)
}

fn find<'m>(model: &'m Model, name: &str) -> Result<&'m Object, Problem> {
    model.object(name).or_else(|problem| model.by_plural(name).map_err(|_| problem))
}

/// The object that values of a field are ids of.
pub fn target_of(field: &Field) -> Option<&str> {
    match field.kind {
        Kind::User => Some("member"),
        Kind::File => Some("file"),
        _ => field.reference.as_ref().map(|r| r.to.as_str()),
    }
}

fn writable<'m>(object: &'m Object, name: &str) -> Result<&'m Field, Problem> {
    let field = object.field(name).map_err(|p| p.hint(format!("Fields: {}.", fields(object))))?;
    // What the engine makes it makes for imports too; `location_id` alone is chosen by the caller.
    let made = field.system && name != "location_id";
    if made || matches!(field.kind, Kind::Formula | Kind::Parts) {
        let why = format!("`{}.{name}` cannot be written by a column.", object.name);
        return Err(mapping_problem(&why));
    }
    Ok(field)
}

fn fields(object: &Object) -> String {
    let names: Vec<_> = object.fields.values().filter(|f| !f.system).map(|f| f.name.as_str()).collect();
    names.join(", ")
}

fn check_member(field: &Field, member: Option<&str>) -> Result<(), Problem> {
    let known: &[&str] = match field.kind {
        Kind::Address => &["street", "street2", "city", "region", "postal_code", "country"],
        Kind::GeoPoint => &["lat", "lon"],
        _ => &[],
    };
    match member {
        Some(m) if !known.contains(&m) => {
            let hint = if known.is_empty() {
                "It has none.".into()
            } else {
                format!("Members: {}.", known.join(", "))
            };
            Err(mapping_problem(&format!("`{}` has no member `{m}`.", field.name)).hint(hint))
        }
        _ => Ok(()),
    }
}

/// Headers that are the name or the label of a field, where no mapping was written.
fn by_name(object: &Object, sheet: &Sheet) -> IndexMap<String, Targets> {
    let fits = |header: &str, f: &&Field| {
        f.name == header || (!f.system && f.label.to_lowercase() == header.to_lowercase())
    };
    let mut columns = IndexMap::new();
    for header in &sheet.header {
        if let Some(field) = object.fields.values().find(|f| fits(header, f)) {
            columns.insert(header.clone(), Targets(vec![Target::field(&field.name)]));
        }
    }
    columns
}

fn unmapped(mapping: &Mapping, columns: &IndexMap<String, Targets>, sheet: &Sheet) -> Vec<String> {
    let grouping: Vec<&str> =
        mapping.parts.iter().flat_map(|p| &p.group_by).flat_map(|g| [g.whole(), g.part()]).collect();
    let known = |header: &str| {
        columns.contains_key(header)
            || grouping.contains(&header)
            || mapping.parts.as_ref().is_some_and(|p| p.columns.contains_key(header))
            || in_templates(mapping, header)
    };
    sheet.header.iter().filter(|h| !h.is_empty() && !known(h)).cloned().collect()
}

fn in_templates(mapping: &Mapping, header: &str) -> bool {
    let braced = format!("{{{header}}}");
    let made = mapping.fields.values().chain(mapping.parts.iter().flat_map(|p| p.fields.values()));
    made.flat_map(|t| {
        let lookup = t.lookup.iter().flat_map(|l| [l.filter.as_str(), l.take.as_str()]);
        t.template.iter().map(String::as_str).chain(lookup)
    })
    .any(|source| source.contains(&braced))
}

fn no_column(sheet: &Sheet, column: &str) -> Problem {
    mapping_problem(&format!("`{}` has no column `{column}`.", sheet.file))
        .hint(format!("Columns: {}.", sheet.header.join(", ")))
}

pub fn mapping_problem(why: &str) -> Problem {
    Problem::new("import.mapping", why)
}
