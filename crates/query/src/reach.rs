//! The rows that a grant opens, as a predicate. A grant whose fields the object lacks opens nothing.
use crate::shape;
use kernel::{Uuid, Value};
use meta::{Field, Model, Object, Reach};
use policy::{Act, Grant, Scope};

/// The predicate for rows of `alias`, a row of the grant's object; `None` when every row of the workspace is open.
/// `params[0]` is the workspace.
pub fn reach<A: Act>(
    model: &Model,
    grant: &Grant<A>,
    alias: &str,
    params: &mut Vec<Value>,
) -> Option<String> {
    reach_from(model, grant, alias, params, &shape::from)
}

/// The same, where the rows of other objects that decide come from elsewhere than their tables: those of the past.
pub(crate) fn reach_from<A: Act>(
    model: &Model,
    grant: &Grant<A>,
    alias: &str,
    params: &mut Vec<Value>,
    from: &dyn Fn(&Object, &str) -> String,
) -> Option<String> {
    if grant.is_unbounded() {
        return None;
    }
    let Some(object) = model.objects.get(grant.object()) else { return Some("false".into()) };
    let mut said = Said {
        model,
        from,
        scopes: grant.scopes(),
        member: grant.member(),
        team: grant.team(),
        client: grant.client(),
        location: grant.location(),
        params,
        numbers: [None; 3],
        aliases: 0,
    };
    said.rows(object, alias, 0)
}

struct Said<'a> {
    model: &'a Model,
    from: &'a dyn Fn(&Object, &str) -> String,
    scopes: &'a [Scope],
    member: Uuid,
    team: &'a [Uuid],
    client: Option<Uuid>,
    location: Option<Uuid>,
    params: &'a mut Vec<Value>,
    /// Parameters already given for member, team and client.
    numbers: [Option<usize>; 3],
    aliases: usize,
}

/// Whose records.
#[derive(Clone, Copy)]
enum Whose {
    Member,
    Team,
}

impl<'a> Said<'a> {
    fn rows(&mut self, object: &Object, alias: &str, depth: usize) -> Option<String> {
        if let Some((whole, field)) = home(self.model, object)
            && depth < 4
        {
            return self.through(whole, &shape::column(object, field, alias), depth);
        }
        let (scopes, mark) = (self.scopes, self.mark());
        let opened: Option<Vec<_>> = scopes.iter().map(|s| self.scope(object, alias, s)).collect();
        if opened.is_none() {
            self.back_to(mark);
        }
        let opened = opened.map(|mut all| {
            all.retain(|p| p != "false");
            all.dedup();
            match all.len() {
                0 => "false".to_owned(),
                1 => all.swap_remove(0),
                _ => format!("({})", all.join(" or ")),
            }
        });
        let narrowed = self.location.map(|l| self.in_location(object, alias, l));
        match (narrowed, opened) {
            (Some(a), Some(b)) => Some(format!("{a} and {b}")),
            (a, b) => a.or(b),
        }
    }

    /// Rows that live inside another row are reached through it.
    fn through(&mut self, whole: &Object, id: &str, depth: usize) -> Option<String> {
        let alias = self.alias();
        let inner = self.rows(whole, &alias, depth + 1)?;
        let key = shape::key(whole, &alias);
        let from = (self.from)(whole, &alias);
        Some(format!(
            "exists (select 1 from {from} where {alias}.workspace_id = $1 and {key} = {id} and {inner})"
        ))
    }

    /// `None`: everything.
    fn scope(&mut self, object: &Object, alias: &str, scope: &Scope) -> Option<String> {
        let mark = self.mark();
        let place = scope.location.map(|l| self.in_location(object, alias, l));
        let rows = match scope.reach {
            Reach::All | Reach::Location => None,
            Reach::None => Some("false".into()),
            Reach::Own => Some(self.whose(object, alias, Whose::Member, false)),
            Reach::Assigned => Some(self.whose(object, alias, Whose::Member, true)),
            Reach::Team => Some(self.whose(object, alias, Whose::Team, true)),
        };
        match (place, rows) {
            (Some(a), Some(b)) if a != "false" && b != "false" => Some(format!("({a} and {b})")),
            (Some(_), Some(_)) => {
                self.back_to(mark);
                Some("false".into())
            }
            (a, b) => a.or(b),
        }
    }

    /// A predicate that is not said must not leave parameters behind: PostgreSQL wants to know the type of each.
    fn mark(&self) -> (usize, [Option<usize>; 3]) {
        (self.params.len(), self.numbers)
    }
    fn back_to(&mut self, (params, numbers): (usize, [Option<usize>; 3])) {
        self.params.truncate(params);
        self.numbers = numbers;
    }

    fn in_location(&mut self, object: &Object, alias: &str, location: Uuid) -> String {
        match object.fields.get("location_id") {
            Some(field) if object.location_scoped => {
                self.params.push(Value::Id(location));
                format!("{} = ${}::uuid", shape::column(object, field, alias), self.params.len())
            }
            _ => "false".into(),
        }
    }

    fn whose(&mut self, object: &Object, alias: &str, whose: Whose, assigned: bool) -> String {
        let mut any = vec![];
        let more: &[String] = if assigned { &object.reach.assigned } else { &[] };
        for path in object.reach.own.iter().chain(more) {
            any.extend(self.held(object, alias, path, |said, field, sql| said.holds(field, sql, whose)));
        }
        if let (Some(client), Some(path)) = (self.client, &object.reach.client) {
            any.extend(self.held(object, alias, path, |said, _, sql| {
                let n = said.number(2, Value::Id(client));
                Some(format!("{sql} = ${n}::uuid"))
            }));
        }
        match any.len() {
            0 => "false".into(),
            1 => any.swap_remove(0),
            _ => format!("({})", any.join(" or ")),
        }
    }

    /// A field of the row itself, or one hop away: `campaign.assignee_ids`.
    fn held(
        &mut self,
        object: &Object,
        alias: &str,
        path: &str,
        test: impl FnOnce(&mut Self, &Field, &str) -> Option<String>,
    ) -> Option<String> {
        let Some((hop, name)) = path.split_once('.') else {
            let field = object.fields.get(path)?;
            return test(self, field, &shape::column(object, field, alias));
        };
        let by = object
            .fields
            .values()
            .find(|f| f.name == hop || f.reference.as_ref().is_some_and(|r| r.embed == hop))?;
        let other = self.model.objects.get(&by.reference.as_ref()?.to)?;
        let field = other.fields.get(name)?;
        let near = self.alias();
        let inner = test(self, field, &shape::column(other, field, &near))?;
        let (from, key, id) =
            ((self.from)(other, &near), shape::key(other, &near), shape::column(object, by, alias));
        Some(format!(
            "exists (select 1 from {from} where {near}.workspace_id = $1 and {key} = {id} and {inner})"
        ))
    }

    fn holds(&mut self, field: &Field, sql: &str, whose: Whose) -> Option<String> {
        let codec = field.stored_kind().codec(field.many);
        let member = Value::Id(self.member);
        Some(match (whose, codec) {
            (Whose::Member, meta::Codec::Uuid) => format!("{sql} = ${}::uuid", self.number(0, member)),
            (Whose::Member, meta::Codec::UuidArray) => {
                format!("{sql} @> array[${}::uuid]", self.number(0, member))
            }
            (Whose::Team, meta::Codec::Uuid) => format!("{sql} = any(${}::uuid[])", self.team()),
            (Whose::Team, meta::Codec::UuidArray) => format!("{sql} && ${}::uuid[]", self.team()),
            _ => return None,
        })
    }

    fn team(&mut self) -> usize {
        let mut team = self.team.to_vec();
        if !team.contains(&self.member) {
            team.push(self.member);
        }
        self.number(1, Value::Ids(team))
    }

    fn number(&mut self, slot: usize, value: Value) -> usize {
        if let Some(n) = self.numbers[slot] {
            return n;
        }
        self.params.push(value);
        self.numbers[slot] = Some(self.params.len());
        self.params.len()
    }

    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("r{}", self.aliases)
    }
}

/// The object whose rows decide about rows of `object`, and the field that leads there: the whole of a part, the
/// first end of a link.
pub fn home<'m>(model: &'m Model, object: &'m Object) -> Option<(&'m Object, &'m Field)> {
    let points_to = |f: &Field, to: &str| f.reference.as_ref().is_some_and(|r| r.to == to);
    if let Some(whole) = &object.part_of {
        let field = object
            .fields
            .get(&format!("{whole}_id"))
            .filter(|f| points_to(f, whole))
            .or_else(|| object.fields.values().find(|f| points_to(f, whole)))?;
        return Some((model.objects.get(whole)?, field));
    }
    let field = object.fields.get(&object.link.as_ref()?[0])?;
    Some((model.objects.get(&field.reference.as_ref()?.to)?, field))
}
