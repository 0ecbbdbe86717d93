//! What can be embedded: references, what refers to us, what a link connects us with, several members at once.
use kernel::Problem;
use meta::{Field, Kind, Model, Object, Unique};
use std::borrow::Cow;

#[derive(Debug, Clone)]
pub struct Relation<'m> {
    /// What it is called from here: `client`, `orders`, `lines`.
    pub name: Cow<'m, str>,
    pub target: &'m Object,
    pub how: How<'m>,
}

#[derive(Debug, Clone, Copy)]
pub enum How<'m> {
    /// Our field holds their id.
    Out(&'m Field),
    /// Their field holds our id. A unique reference comes from one record at most: then it is to-one.
    In(&'m Field),
    /// A link object holds both.
    Through { link: &'m Object, ours: &'m Field, theirs: &'m Field },
    /// Our field holds several of their ids.
    Several(&'m Field),
}

impl Relation<'_> {
    pub fn is_to_one(&self) -> bool {
        match self.how {
            How::Out(_) => true,
            How::In(field) => field.unique == Unique::Workspace,
            How::Through { .. } | How::Several(_) => false,
        }
    }
    /// How the caller can name exactly this one.
    fn spelt(&self) -> String {
        match self.how {
            How::Out(f) | How::In(f) | How::Several(f) => format!("{}!{}", self.target.plural, f.name),
            How::Through { link, .. } => format!("{}!{}", self.target.plural, link.plural),
        }
    }
    fn hinted(&self, from: &Object, hint: &str) -> bool {
        let (field, holder) = match self.how {
            How::Out(f) | How::Several(f) => (f, from),
            How::In(f) => (f, self.target),
            How::Through { link, theirs, .. } => {
                if hint == link.name || hint == link.plural {
                    return true;
                }
                (theirs, link)
            }
        };
        let constraint = hint
            .strip_suffix("_fkey")
            .and_then(|h| h.strip_prefix(holder.plural.as_str()))
            .and_then(|h| h.strip_prefix('_'));
        hint == field.name || hint == self.name || constraint == Some(field.name.as_str())
    }
    /// Said with its own name, or with that of our field.
    fn is_called(&self, name: &str) -> bool {
        self.name == name || matches!(self.how, How::Out(f) | How::Several(f) if f.name == name)
    }
}

/// Every relation of an object. The names are not always unique; `resolve` tells them apart.
pub fn relations<'m>(model: &'m Model, object: &'m Object) -> Vec<Relation<'m>> {
    let mut all = vec![];
    all.extend(object.fields.values().filter_map(|f| outward(model, f)));
    all.extend(inward(model, object));
    all
}

fn outward<'m>(model: &'m Model, field: &'m Field) -> Option<Relation<'m>> {
    let to = match (&field.reference, field.kind) {
        (Some(reference), _) => reference.to.as_str(),
        (None, Kind::User) => "member",
        (None, Kind::File) => "file",
        _ => return None,
    };
    let target = model.objects.get(to)?;
    if field.many {
        let name = match field.name.strip_suffix("_ids") {
            Some(stem) => Cow::Owned(format!("{stem}s")),
            None => Cow::Borrowed(field.name.as_str()),
        };
        return Some(Relation { name, target, how: How::Several(field) });
    }
    let name = match &field.reference {
        Some(reference) if !reference.embed.is_empty() => reference.embed.as_str(),
        _ => field.name.strip_suffix("_id").unwrap_or(&field.name),
    };
    Some(Relation { name: Cow::Borrowed(name), target, how: How::Out(field) })
}

fn inward<'m>(model: &'m Model, object: &'m Object) -> impl Iterator<Item = Relation<'m>> {
    object.inverses.iter().filter_map(move |inverse| {
        let source = model.objects.get(&inverse.object)?;
        let field = source.fields.get(&inverse.field)?;
        let name = inverse.name.as_str();
        if let Some(through) = &inverse.through {
            let theirs = source.fields.get(&through.field)?;
            let target = model.objects.get(&through.object)?;
            let how = How::Through { link: source, ours: field, theirs };
            return Some(Relation { name: Cow::Borrowed(name), target, how });
        }
        let part = object.fields.values().find(|f| f.parts.as_deref() == Some(inverse.object.as_str()));
        let is_part = source.part_of.as_deref() == Some(object.name.as_str());
        let name = part.filter(|_| is_part).map_or(name, |f| f.name.as_str());
        Some(Relation { name: Cow::Borrowed(name), target: source, how: How::In(field) })
    })
}

/// The one relation that `name` (and `hint`) mean.
pub fn resolve<'m>(
    model: &'m Model,
    object: &'m Object,
    sees: &dyn Fn(&str) -> bool,
    name: &str,
    hint: Option<&str>,
) -> Result<Relation<'m>, Problem> {
    let mut all = relations(model, object);
    all.retain(|r| match r.how {
        How::Out(f) | How::Several(f) => sees(&f.name),
        _ => true,
    });
    let hinted = |r: &&Relation| hint.is_none_or(|h| r.hinted(object, h));
    let mut fit: Vec<_> = all.iter().filter(|r| r.is_called(name)).filter(hinted).collect();
    if fit.len() != 1 {
        // The other object's name is understood too, and makes the choice wider, never narrower.
        let called = |r: &&Relation| r.target.name == name || r.target.plural == name || r.is_called(name);
        fit = all.iter().filter(called).filter(hinted).collect();
    }
    match fit.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(unknown(object, &all, name, hint)),
        several => Err(ambiguous(object, several, name)),
    }
}

fn unknown(object: &Object, all: &[Relation], name: &str, hint: Option<&str>) -> Problem {
    let said = hint.map_or(name.to_owned(), |h| format!("{name}!{h}"));
    let mut names: Vec<_> = all.iter().map(|r| format!("`{}`", r.name)).collect();
    names.dedup();
    let problem =
        Problem::new("query.no_such_relation", format!("`{}` has no relation `{said}`.", object.name))
            .at("select");
    if names.is_empty() { problem } else { problem.hint(format!("It has {}.", names.join(", "))) }
}

fn ambiguous(object: &Object, several: &[&Relation], name: &str) -> Problem {
    let spelt: Vec<_> = several.iter().map(|r| r.spelt()).collect();
    let said: Vec<_> = spelt.iter().map(|s| format!("`{s}`")).collect();
    Problem::new("query.ambiguous_embed", format!("`{}` has more than one relation `{name}`.", object.name))
        .at("select")
        .hint(format!("Say which: {}.", said.join(", ")))
        .with(serde_json::json!({ "candidates": spelt }))
}
