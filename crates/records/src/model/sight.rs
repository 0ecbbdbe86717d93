//! What exists, as far as one member may see it: what screens are drawn from. Nothing that is hidden from the member is
//! named here, be it by a gate, a view or a relation.
use super::describe::default;
use meta::{Field, Gate, Model, Object, Pipeline, Place, Stage, Unique, View};
use policy::{Act, Actor, Archive, Create, Delete, Grant, Read, Update};
use query::{Ask, How, Relation};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use store::Workspace;

pub(super) fn all(model: &Model, workspace: &Workspace, actor: &Actor) -> Json {
    let read = |o: &Object| policy::grant::<Read>(model, actor, &o.name).ok();
    let seen = model.objects.values().filter_map(|o| Some((o.name.as_str(), read(o)?))).collect();
    let sight = Sight { model, actor, seen };
    let objects: Vec<Json> = model.objects.values().filter_map(|o| sight.object(o)).collect();
    json!({
        "revision": model.revision, "blueprints": model.blueprints, "timezone": workspace.timezone,
        "currency": workspace.currency, "location_label": model.location_label,
        "location_label_plural": model.location_label_plural, "objects": objects,
    })
}

struct Sight<'a> {
    model: &'a Model,
    actor: &'a Actor,
    /// By object, what the member may read; the others do not exist for them.
    seen: BTreeMap<&'a str, Grant<Read>>,
}

/// With which actions the member may write the fields of one object.
struct Writing {
    create: Option<Grant<Create>>,
    update: Option<Grant<Update>>,
}

impl Sight<'_> {
    fn object(&self, o: &Object) -> Option<Json> {
        let read = self.seen.get(o.name.as_str())?;
        let writing = Writing { create: self.grant(o), update: self.grant(o) };
        let relations = query::relations(self.model, o);
        let fields = o.fields.values().filter(|f| read.knows(&f.name));
        let shown = |name: &&String| read.may_see(name);
        Some(told([
            ("name", json!(o.name)),
            ("plural", json!(o.plural)),
            ("label", json!(o.label)),
            ("label_plural", json!(o.label_plural)),
            ("description", text(&o.description)),
            ("icon", text(&o.icon)),
            ("title", Some(&o.title).filter(shown).map_or(Json::Null, |t| json!(t))),
            ("search", o.search.iter().filter(shown).map(String::as_str).collect()),
            ("own", yes(o.is_own())),
            ("engine", yes(o.engine)),
            ("archivable", yes(o.archivable)),
            ("part_of", json!(o.part_of.as_ref().filter(|w| self.seen.contains_key(w.as_str())))),
            ("link", json!(o.link.as_ref().filter(|ends| ends.iter().all(|f| read.knows(f))))),
            (
                "may",
                json!({
                    "read": read.furthest(), "create": reach(writing.create.as_ref()),
                    "update": reach(writing.update.as_ref()), "archive": reach(self.grant::<Archive>(o).as_ref()),
                    "delete": reach(self.grant::<Delete>(o).as_ref()),
                }),
            ),
            ("fields", fields.map(|f| self.field(o, f, &relations, read, &writing)).collect()),
            ("relations", relations.iter().filter_map(|r| self.relation(r)).collect()),
            ("pipelines", self.pipelines(o, read)),
            ("views", o.views.iter().filter(|v| self.answers(v, read)).map(|v| view(v, read)).collect()),
        ]))
    }

    fn field(
        &self,
        o: &Object,
        f: &Field,
        relations: &[Relation],
        read: &Grant<Read>,
        writing: &Writing,
    ) -> Json {
        let ours = |r: &&Relation| matches!(r.how, How::Out(own) | How::Several(own) if own.name == f.name);
        // What it leads to may be nothing that the member reads.
        let relation = relations.iter().find(ours).filter(|r| self.seen.contains_key(r.target.name.as_str()));
        told([
            ("name", json!(f.name)),
            ("kind", json!(f.kind)),
            ("result", f.formula.as_ref().map_or(Json::Null, |formula| json!(formula.result))),
            ("label", json!(f.label)),
            ("help", text(&f.help)),
            ("unit", json!(f.unit)),
            ("own", yes(!f.system && (f.place == Place::Custom || o.is_own()))),
            ("system", yes(f.system)),
            ("required", yes(f.required)),
            ("secret", yes(f.secret)),
            // Written and never shown: the member may not read secrets.
            ("write_only", yes(!read.may_see(&f.name))),
            ("writable", writing.actions(o, f)),
            ("unique", if f.unique == Unique::No { Json::Null } else { json!(f.unique) }),
            (
                "default",
                f.default.as_ref().filter(|_| read.may_see(&f.name)).map(default).unwrap_or_default(),
            ),
            ("pattern", json!(f.pattern)),
            ("min", json!(f.min)),
            ("max", json!(f.max)),
            ("scale", json!(f.scale)),
            ("options", if f.options.is_empty() { Json::Null } else { json!(f.options) }),
            ("to", json!(relation.map(|r| &r.target.name))),
            ("embed", json!(relation.map(|r| &r.name))),
            ("of", json!(f.parts.as_ref().filter(|p| self.seen.contains_key(p.as_str())))),
            ("many", yes(f.many)),
        ])
    }

    fn grant<A: Act>(&self, o: &Object) -> Option<Grant<A>> {
        policy::grant(self.model, self.actor, &o.name).ok()
    }

    /// What refers to the object, and what links connect it with; where it refers to itself stands in its fields.
    fn relation(&self, r: &Relation) -> Option<Json> {
        let knows = |object: &Object, field: &Field| {
            self.seen.get(object.name.as_str()).is_some_and(|g| g.knows(&field.name))
        };
        let (seen, field, link) = match r.how {
            How::Out(_) | How::Several(_) => return None,
            How::In(field) => (knows(r.target, field), field, None),
            How::Through { link, ours, theirs } => {
                let both = knows(link, ours) && knows(link, theirs);
                (both && self.seen.contains_key(r.target.name.as_str()), ours, Some(link))
            }
        };
        seen.then(|| {
            told([
                ("name", json!(r.name)),
                ("object", json!(r.target.name)),
                ("field", json!(field.name)),
                ("link", json!(link.map(|l| &l.name))),
                ("one", yes(r.is_to_one())),
            ])
        })
    }

    fn pipelines(&self, o: &Object, read: &Grant<Read>) -> Json {
        let holds = |right: &String| policy::may(self.model, self.actor, right).is_ok();
        let told = |p: &Pipeline| {
            json!({
                "name": p.name, "label": p.label, "field": p.field,
                "selector": p.selector.as_ref().filter(|s| read.knows(s)),
                "may_move": p.permission.as_ref().is_none_or(holds),
                "may_override": p.override_permission.as_ref().is_some_and(holds),
                "stages": p.stages.iter().map(|s| stage(s, read)).collect::<Vec<_>>(),
            })
        };
        o.pipelines.iter().filter(|p| read.may_see(&p.field)).map(told).collect()
    }

    /// A view that asks for something hidden is refused as a whole, so it is not offered.
    fn answers(&self, v: &View, read: &Grant<Read>) -> bool {
        let ask = Ask { view: Some(v.name.clone()), ..Ask::default() };
        query::list(self.model, self.actor, read, &ask).is_ok()
    }
}

impl Writing {
    fn actions(&self, o: &Object, f: &Field) -> Json {
        if o.engine || f.read_only {
            return json!([]);
        }
        let create = self.create.as_ref().is_some_and(|g| g.may_write(&f.name)).then_some("create");
        let update = self.update.as_ref().is_some_and(|g| g.may_write(&f.name)).then_some("update");
        create.into_iter().chain(update).collect()
    }
}

fn stage(s: &Stage, read: &Grant<Read>) -> Json {
    told([
        ("name", json!(s.name)),
        ("label", json!(s.label)),
        ("color", text(&s.color)),
        ("probability", json!(s.probability)),
        ("to", json!(s.to)),
        ("outcome", json!(s.outcome)),
        ("assigned_to", json!(s.assigned_to)),
        ("gates", s.gates.iter().filter_map(|g| gate(g, read)).collect()),
    ])
}

/// What a gate says to people. Conditions stay here: they may name what the member does not see.
fn gate(gate: &Gate, read: &Grant<Read>) -> Option<Json> {
    let known = |field: &&String| read.knows(field);
    let fields: Vec<&String> = match gate {
        Gate::Filled { filled } => vec![filled],
        Gate::AnyFilled { any_filled, .. } => any_filled.iter().collect(),
        Gate::When { field, .. } | Gate::Related { field, .. } => field.iter().collect(),
    };
    let names_fields = !fields.is_empty();
    let named = fields.into_iter().filter(known).collect::<Vec<_>>();
    // A gate about fields that are all hidden would tell of them by its message.
    if named.is_empty() && names_fields {
        return None;
    }
    match gate {
        Gate::Filled { .. } => named.first().map(|field| json!({ "filled": field })),
        Gate::AnyFilled { message, .. } => Some(json!({ "any_filled": named, "message": message })),
        Gate::When { message, .. } | Gate::Related { message, .. } => {
            Some(told([("field", json!(named.first())), ("message", json!(message))]))
        }
    }
}

/// `?view=` brings its filter and order along.
fn view(v: &View, read: &Grant<Read>) -> Json {
    let known = |field: &Option<String>| json!(field.as_ref().filter(|f| read.knows(f)));
    told([
        ("name", json!(v.name)),
        ("label", json!(v.label)),
        ("kind", json!(v.kind)),
        ("columns", json!(v.columns)),
        ("group_by", known(&v.group_by)),
        ("start", known(&v.start)),
        ("end", known(&v.end)),
        ("default", yes(v.default)),
    ])
}

fn reach<A: Act>(grant: Option<&Grant<A>>) -> meta::Reach {
    grant.map(Grant::furthest).unwrap_or_default()
}

fn yes(is: bool) -> Json {
    if is { json!(true) } else { Json::Null }
}

fn text(text: &str) -> Json {
    if text.is_empty() { Json::Null } else { json!(text) }
}

/// What is not so is not said.
fn told<const N: usize>(members: [(&str, Json); N]) -> Json {
    let said = members.into_iter().filter(|(_, value)| !value.is_null());
    Json::Object(said.map(|(name, value)| (name.to_owned(), value)).collect())
}
