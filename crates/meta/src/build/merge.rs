//! Objects and their overlays, merged while they are still sources.
use super::OverlaySource;
use crate::Kind;
use crate::fault::{Fault, suggestion};
use crate::load::{Blueprint, Placed, PlacedObject};
use crate::model::{OWN, Place};
use crate::node::At;
use crate::source::{FieldSource, ObjectFile};
use indexmap::IndexMap;
use std::collections::{HashMap, HashSet};

/// An object after all overlays.
#[derive(Debug, Clone)]
pub struct Merged {
    pub source: ObjectFile,
    pub at: At,
    pub blueprint: String,
    pub fields: IndexMap<String, MergedField>,
    /// Fields that the chosen trades leave out.
    pub hidden: HashSet<String>,
    /// Rules of uniqueness that overlays added: number, and where.
    added_rules: HashMap<usize, At>,
}

#[derive(Debug, Clone)]
pub struct MergedField {
    pub source: FieldSource,
    pub at: At,
    pub place: Place,
}

impl Merged {
    /// Whether a path starts at a field that is left out: `campaign_id`, `campaign.name`.
    pub fn is_hidden(&self, path: &str) -> bool {
        let first = path.split('.').next().unwrap_or(path);
        self.hidden.iter().any(|f| f == first || super::fields::embed_name(f) == first)
    }
}

pub fn objects(
    blueprints: &[&Blueprint],
    overlay: &OverlaySource,
    faults: &mut Vec<Fault>,
) -> IndexMap<String, Merged> {
    let mut all = IndexMap::new();
    for blueprint in blueprints {
        introduce(&mut all, &blueprint.name, &blueprint.objects, Place::Column, faults);
        for file in blueprint.objects.iter().filter(|f| f.item.extend.is_some()) {
            extend(&mut all, file, Place::Column, faults);
        }
    }
    introduce(&mut all, OWN, &overlay.objects, Place::Custom, faults);
    for file in overlay.objects.iter().filter(|f| f.item.extend.is_some()) {
        extend(&mut all, file, Place::Custom, faults);
    }
    for object in all.values_mut() {
        in_order(object);
    }
    all
}

/// Fields as the workspace wants them shown; those that it does not name follow.
fn in_order(object: &mut Merged) {
    let Some(order) = &object.source.order else { return };
    let place = |name: &String| order.iter().position(|o| o == name).unwrap_or(usize::MAX);
    object.fields.sort_by(|a, _, b, _| place(a).cmp(&place(b)));
}

/// What a workspace has put away is kept in its overlay and is not part of its model.
fn is_there(field: &&Placed<FieldSource>) -> bool {
    field.item.archived != Some(true)
}

fn introduce(
    all: &mut IndexMap<String, Merged>,
    blueprint: &str,
    files: &[PlacedObject],
    place: Place,
    faults: &mut Vec<Fault>,
) {
    for file in files.iter().filter(|f| f.item.extend.is_none() && f.item.archived != Some(true)) {
        let Some(name) = &file.item.name else { continue };
        let mut object = Merged {
            source: file.item.clone(),
            at: file.at.clone(),
            blueprint: blueprint.into(),
            fields: IndexMap::new(),
            hidden: HashSet::new(),
            added_rules: HashMap::new(),
        };
        for field in file.fields.iter().filter(is_there) {
            if object.fields.contains_key(&field.item.name) {
                faults.push(field.at.fault(format!("There are two fields called `{}`.", field.item.name)));
            } else {
                object.fields.insert(field.item.name.clone(), merged_field(field, place));
            }
        }
        match all.get(name) {
            None => {
                all.insert(name.clone(), object);
            }
            Some(first) => faults.push(file.at.key("name").fault_with(
                format!("The object `{name}` is introduced by {} already.", first.at.file()),
                Some(format!(
                    "Say `extend = \"{name}\"` to change it, or choose another name: there is one table."
                )),
            )),
        }
    }
}

fn merged_field(field: &Placed<FieldSource>, place: Place) -> MergedField {
    MergedField { source: field.item.clone(), at: field.at.clone(), place }
}

fn extend(all: &mut IndexMap<String, Merged>, file: &PlacedObject, place: Place, faults: &mut Vec<Fault>) {
    let target = file.item.extend.as_deref().unwrap_or_default();
    let names: Vec<String> = all.keys().cloned().collect();
    let Some(object) = all.get_mut(target) else {
        let hint = suggestion(target, names.iter().map(String::as_str));
        return faults
            .push(file.at.key("extend").fault_with(format!("There is no object `{target}`."), hint));
    };
    refuse_keys(file, faults);
    object.change(&file.item, &file.at);
    for field in file.fields.iter().filter(is_there) {
        let name = &field.item.name;
        match object.fields.get_mut(name) {
            None => {
                object.fields.insert(name.clone(), merged_field(field, place));
            }
            Some(known) if is_new_declaration(&field.item) => agree(known, field, faults),
            Some(known) => change_field(known, field, faults),
        }
    }
    for (i, name) in file.item.exclude_fields.iter().flatten().enumerate() {
        if !object.fields.contains_key(name) {
            let at = file.at.key("exclude_fields").index(i);
            let hint = suggestion(name, object.fields.keys().map(String::as_str));
            faults.push(at.fault_with(format!("`{target}` has no field `{name}`."), hint));
        }
    }
}

/// What an overlay may not change, because other trades share the table.
fn refuse_keys(file: &PlacedObject, faults: &mut Vec<Fault>) {
    let o = &file.item;
    let fixed = [
        ("name", o.name.is_some()),
        ("plural", o.plural.is_some()),
        ("scope", o.scope.is_some()),
        ("archive", o.archive.is_some()),
        ("part_of", o.part_of.is_some()),
        ("link", o.link.is_some()),
        ("engine", o.engine.is_some()),
        ("renamed_from", o.renamed_from.is_some()),
    ];
    for (key, _) in fixed.iter().filter(|(_, said)| *said) {
        faults.push(file.at.key(*key).fault(format!(
            "`{key}` cannot be changed by an overlay: the table is shared with other trades."
        )));
    }
}

impl Merged {
    fn change(&mut self, new: &ObjectFile, at: &At) {
        let old = &mut self.source;
        macro_rules! take {
            ($($key:ident),*) => { $(
                if new.$key.is_some() {
                    old.$key = new.$key.clone();
                    self.at.say_later(stringify!($key), at.key(stringify!($key)));
                }
            )* };
        }
        take!(
            label,
            label_plural,
            description,
            icon,
            title,
            search,
            own,
            assigned,
            client,
            duplicates,
            order
        );
        let own_rules = old.unique.as_ref().map_or(0, Vec::len);
        for (i, rule) in new.unique.iter().flatten().enumerate() {
            old.unique.get_or_insert_default().push(rule.clone());
            self.added_rules.insert(own_rules + i, at.key("unique").index(i));
        }
    }
    /// Where a rule of uniqueness is said.
    pub fn rule_at(&self, i: usize) -> At {
        self.added_rules.get(&i).cloned().unwrap_or_else(|| self.at.key("unique").index(i))
    }
}

/// A field of an overlay that says its kind introduces the field; two trades may introduce the same one.
fn is_new_declaration(field: &FieldSource) -> bool {
    field.kind.is_some()
}

/// Two declarations of one field share one column.
fn agree(known: &MergedField, field: &Placed<FieldSource>, faults: &mut Vec<Fault>) {
    let (a, b) = (&known.source, &field.item);
    let column = |f: &FieldSource| (f.kind, f.result, f.to.clone(), f.many.unwrap_or(false), f.of.clone());
    if column(a) != column(b) {
        let kind = a.kind.map(Kind::name).unwrap_or_default();
        faults.push(field.at.key("kind").fault_with(
            format!(
                "`{}` is of kind `{kind}` in {}; there is one column, so the kinds must agree.",
                b.name,
                known.at.file()
            ),
            Some("Agree on the kind (and on what it refers to), or choose another name.".into()),
        ));
    }
}

fn change_field(known: &mut MergedField, field: &Placed<FieldSource>, faults: &mut Vec<Fault>) {
    let (old, new) = (&mut known.source, &field.item);
    macro_rules! take {
        ($($key:ident),*) => { $(
            if new.$key.is_some() {
                old.$key = new.$key.clone();
                known.at.say_later(stringify!($key), field.at.key(stringify!($key)));
            }
        )* };
    }
    take!(label, required, default, options, help, min, max, pattern);
    macro_rules! refuse {
        ($($key:ident),*) => { $(
            if new.$key.is_some() {
                let key = stringify!($key);
                faults.push(field.at.key(key).fault_with(
                    format!("An overlay cannot change `{key}` of the known field `{}`.", new.name),
                    Some("It may change label, required, default, options, help, min, max and pattern.".into()),
                ));
            }
        )* };
    }
    refuse!(
        read_only,
        personal,
        secret,
        unique,
        scale,
        unit,
        to,
        on_delete,
        inverse,
        of,
        many,
        result,
        formula,
        rollup,
        format,
        not_in,
        indexed,
        renamed_from
    );
}

/// Takes out what every chosen trade leaves out; gives the names of the objects.
pub fn exclude(
    blueprints: &[&Blueprint],
    all: &mut IndexMap<String, Merged>,
    faults: &mut Vec<Fault>,
) -> HashSet<String> {
    let trades: Vec<&&Blueprint> = blueprints.iter().filter(|b| b.name != "core").collect();
    if trades.is_empty() {
        return HashSet::new();
    }
    unknown_exclusions(&trades, all, faults);
    let by_all = |name: &str| trades.iter().all(|t| t.exclude.iter().any(|x| x == name));
    let mut gone: HashSet<String> = all.keys().filter(|n| by_all(n)).cloned().collect();
    let direct = gone.clone();
    let follows = |o: &Merged| {
        let end = |name: &String| o.fields.get(name).and_then(|f| f.source.to.as_ref());
        o.source.part_of.iter().any(|w| direct.contains(w))
            || o.source.link.iter().flatten().filter_map(end).any(|to| direct.contains(to))
    };
    gone.extend(all.iter().filter(|(_, o)| follows(o)).map(|(n, _)| n.clone()));
    all.retain(|name, _| !gone.contains(name));
    for (name, object) in all.iter_mut() {
        exclude_fields(name, object, &trades, &gone, faults);
    }
    gone
}

fn unknown_exclusions(trades: &[&&Blueprint], all: &IndexMap<String, Merged>, faults: &mut Vec<Fault>) {
    for trade in trades {
        for (i, name) in trade.exclude.iter().enumerate().filter(|(_, n)| !all.contains_key(*n)) {
            let hint = suggestion(name, all.keys().map(String::as_str));
            let at = trade.at.key("exclude").index(i);
            faults.push(at.fault_with(format!("There is no object `{name}`."), hint));
        }
    }
}

fn exclude_fields(
    name: &str,
    object: &mut Merged,
    trades: &[&&Blueprint],
    gone: &HashSet<String>,
    faults: &mut Vec<Fault>,
) {
    let leaves_out = |trade: &Blueprint, field: &str| {
        let files = trade.objects.iter().filter(|f| f.item.extend.as_deref() == Some(name));
        files.flat_map(|f| f.item.exclude_fields.iter().flatten()).any(|x| x == field)
    };
    let mut hidden = HashSet::new();
    object.fields.retain(|field, f| {
        let leads_nowhere = f.source.to.as_ref().or(f.source.of.as_ref()).is_some_and(|to| gone.contains(to));
        if leads_nowhere && f.source.required == Some(true) {
            let to = f.source.to.as_deref().unwrap_or_default();
            faults.push(
                f.at.fault(format!("`{name}.{field}` is required and refers to `{to}`, which is left out.")),
            );
        }
        let gone = leads_nowhere || trades.iter().all(|t| leaves_out(t, field));
        if gone {
            hidden.insert(field.clone());
        }
        !gone
    });
    let source = &mut object.source;
    for list in [&mut source.search, &mut source.own, &mut source.assigned].into_iter().flatten() {
        list.retain(|f| !hidden.contains(f.split('.').next().unwrap_or(f)));
    }
    if source.client.as_ref().is_some_and(|f| hidden.contains(f)) {
        source.client = None;
    }
    for unique in source.unique.iter_mut() {
        unique.retain(|rule| !rule.iter().any(|f| hidden.contains(f)));
    }
    object.hidden = hidden;
}

/// Tables are shared by all trades: what one trade asks of a column (required, a range) cannot bind the others.
pub fn union(blueprints: &[&Blueprint], faults: &mut Vec<Fault>) -> IndexMap<String, Merged> {
    let mut all = IndexMap::new();
    for blueprint in blueprints {
        introduce(&mut all, &blueprint.name, &blueprint.objects, Place::Column, faults);
    }
    for blueprint in blueprints {
        for file in blueprint.objects.iter().filter(|f| f.item.extend.is_some()) {
            let target = file.item.extend.as_deref().unwrap_or_default();
            let Some(object) = all.get_mut(target) else { continue };
            for field in &file.fields {
                widen(object, field, faults);
            }
            if let Some(more) = &file.item.unique {
                object.source.unique.get_or_insert_default().extend(more.iter().cloned());
            }
            if let Some(more) = &file.item.duplicates {
                object.source.duplicates.get_or_insert_default().widen(more);
            }
        }
    }
    all
}

fn widen(object: &mut Merged, field: &Placed<FieldSource>, faults: &mut Vec<Fault>) {
    match object.fields.get_mut(&field.item.name) {
        None => {
            let mut added = merged_field(field, Place::Column);
            added.source.required = None;
            object.fields.insert(field.item.name.clone(), added);
        }
        Some(known) => {
            if is_new_declaration(&field.item) {
                agree(known, field, faults);
            }
            if field.item.required == Some(false) {
                known.source.required = None;
            }
            let (Some(have), Some(more)) = (&mut known.source.options, &field.item.options) else { return };
            for option in more {
                if !have.iter().any(|o| o.value() == option.value()) {
                    have.push(option.clone());
                }
            }
        }
    }
}
