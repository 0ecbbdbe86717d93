//! References must lead to a record that the writer can reach: one out of reach is not found.
use super::{Batch, Work};
use crate::draft::differs;
use kernel::{Outcome, Problem, Row, Uuid, Value};
use meta::{Codec, Field, Kind, Model, Object, Place};
use policy::Read;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A reference that the write sets: which row, under which name, to what.
struct Link<'m> {
    work: usize,
    at: String,
    field: &'m Field,
    target: &'m str,
    id: Uuid,
}

impl Batch {
    pub(super) async fn check_references(
        &mut self,
        model: &Model,
        object: &Object,
        works: &mut [Work],
    ) -> Outcome<()> {
        // Everybody can name themselves ("owner: me"), also those whose role sees no members.
        let is_self = |l: &Link| l.target == "member" && l.id == self.actor.member;
        let links = works.iter().enumerate().flat_map(|(i, work)| links_of(model, object, i, work));
        let links: Vec<_> = links.filter(|l| !is_self(l)).collect();
        let mut wanted: BTreeMap<&str, BTreeSet<Uuid>> = BTreeMap::new();
        for link in &links {
            wanted.entry(link.target).or_default().insert(link.id);
        }
        // Where no foreign key holds the record, this transaction does.
        let unheld: HashSet<&str> =
            links.iter().filter(|l| l.field.place == Place::Custom).map(|l| l.target).collect();
        let mut found: HashMap<&str, HashSet<Uuid>> = HashMap::new();
        for (target, ids) in wanted {
            let hold = unheld.contains(target);
            found.insert(target, self.reachable(model, target, ids, hold).await?);
        }
        for link in links {
            if !found.get(link.target).is_some_and(|ids| ids.contains(&link.id)) {
                let label = model.objects.get(link.target).map_or(link.target, |o| o.label.as_str());
                let detail =
                    format!("{}: there is no {} {}.", link.field.label, label.to_lowercase(), link.id);
                works[link.work].problems.push(Problem::new("reference.not_found", detail).at(link.at));
            }
        }
        Ok(())
    }

    async fn reachable(
        &mut self,
        model: &Model,
        target: &str,
        ids: BTreeSet<Uuid>,
        hold: bool,
    ) -> Outcome<HashSet<Uuid>> {
        let Some(object) = model.objects.get(target) else { return Ok(HashSet::new()) };
        let Ok(grant) = policy::grant::<Read>(model, &self.actor, target) else { return Ok(HashSet::new()) };
        self.flush().await?;
        let ids: Vec<_> = ids.into_iter().collect();
        // Members are never deleted, and their rows are not the application's to lock.
        let statement = match hold && !object.engine {
            true => query::write::held(model, object, &grant, &ids),
            false => query::write::present(model, object, &grant, &ids),
        };
        let rows = self.cx.query(&statement, &[Codec::Uuid]).await?;
        Ok(rows.iter().filter_map(|r| r[0].as_id()).collect())
    }
}

fn links_of<'m>(model: &'m Model, object: &'m Object, index: usize, work: &Work) -> Vec<Link<'m>> {
    let mut links = links_in(object, index, work.draft.before.as_ref(), &work.draft.after, "");
    for (list, rows) in &work.draft.parts {
        let Some(part) = super::body::part_object(model, object, list) else { continue };
        let staying = rows.iter().filter(|p| p.after.is_some()).enumerate();
        for (i, row) in staying {
            let after = row.after.as_ref().expect("filtered above");
            let whole = super::body::whole_field(object);
            let own = links_in(part, index, row.before.as_ref(), after, &format!("{list}.{i}"));
            links.extend(own.into_iter().filter(|l| l.field.name != whole));
        }
    }
    links
}

fn links_in<'m>(
    object: &'m Object,
    work: usize,
    before: Option<&Row>,
    after: &Row,
    at: &str,
) -> Vec<Link<'m>> {
    let mut links = vec![];
    for field in object.fields.values() {
        let set_by_engine = matches!(field.name.as_str(), "created_by" | "updated_by" | "id");
        let value = after.get(&field.name);
        if set_by_engine || !differs(before.and_then(|b| b.get(&field.name)), value) {
            continue;
        }
        let Some(target) = target_of(field) else { continue };
        let ids: Vec<Uuid> = match value {
            Some(Value::Id(id)) => vec![*id],
            Some(Value::Ids(ids)) => ids.clone(),
            _ => continue,
        };
        let at = match at {
            "" => field.name.clone(),
            at => format!("{at}.{}", field.name),
        };
        links.extend(ids.into_iter().map(|id| Link { work, at: at.clone(), field, target, id }));
    }
    links
}

/// The object that a field's ids belong to.
pub(crate) fn target_of(field: &Field) -> Option<&str> {
    match field.kind {
        Kind::Reference => field.reference.as_ref().map(|r| r.to.as_str()),
        Kind::User => Some("member"),
        Kind::File => Some("file"),
        _ => None,
    }
}
