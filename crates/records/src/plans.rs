//! Plans that were made a moment ago. What is read over and over (a record by its id, a view) is not planned again: its
//! SQL text and the shape of its JSON are kept by model, object, question and rights.
use kernel::{Outcome, Uuid, Value};
use meta::Model;
use policy::{Actor, Assignment};
use query::{Ask, Plan};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Planned;

/// Plans of one generation. With two of them at about 10 kB a plan this is 10 MB at most.
const MOST: usize = 500;
/// A question with more values than this is not asked twice.
const MOST_VALUES: usize = 50;

/// What a plan was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum What {
    List,
    /// Its id is the plan's second parameter.
    One,
}

#[derive(Default)]
pub(crate) struct Plans {
    hash: RandomState,
    kept: Mutex<Kept>,
}

/// Two generations: when the young one is full, what nobody asked for again is dropped with the old one.
#[derive(Default)]
struct Kept {
    young: HashMap<u64, Arc<Entry>>,
    old: HashMap<u64, Arc<Entry>>,
}

struct Entry {
    revision: i64,
    what: What,
    plural: String,
    ask: Ask,
    rights: Rights,
    plan: Arc<Plan>,
    params: Vec<Value>,
}

/// Everything of an actor that a plan depends on. Lists of rights are told apart by where they lie: they are shared by
/// all requests of a session, and as long as an entry holds them, nothing else can lie there.
#[derive(Clone)]
struct Rights {
    workspace: Uuid,
    member: Uuid,
    super_admin: bool,
    client: Option<Uuid>,
    location: Option<Uuid>,
    assignments: Arc<[Assignment]>,
    team: Arc<[Uuid]>,
    scopes: Option<Arc<[String]>>,
}

impl Plans {
    /// A plan that was kept, or `make`'s, kept for the next.
    pub fn planned(
        &self,
        model: &Model,
        actor: &Actor,
        (what, plural, ask): (What, &str, &Ask),
        make: impl FnOnce() -> Outcome<Plan>,
    ) -> Outcome<Planned> {
        let rights = Rights::of(actor);
        let key = self.key(model.revision, what, plural, ask, &rights);
        let fits = |e: &Entry| {
            e.revision == model.revision
                && e.what == what
                && e.plural == plural
                && e.rights.same(&rights)
                && e.ask == *ask
        };
        if let Some(entry) = self.kept().get(key).filter(|e| fits(e)) {
            return Ok(Planned { plan: entry.plan.clone(), params: entry.params.clone() });
        }
        let Planned { plan, params } = make()?.into();
        let values: usize = params.iter().map(size).sum();
        if values <= MOST_VALUES {
            let (plan, params) = (plan.clone(), params.clone());
            let entry = Entry {
                revision: model.revision,
                what,
                plural: plural.into(),
                ask: ask.clone(),
                rights,
                plan,
                params,
            };
            self.kept().keep(key, Arc::new(entry));
        }
        Ok(Planned { plan, params })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, revision: i64, what: What, plural: &str, ask: &Ask, rights: &Rights) -> u64 {
        let mut hash = self.hash.build_hasher();
        (revision, what, plural, ask, rights.workspace, rights.member, rights.location).hash(&mut hash);
        (rights.assignments.as_ptr() as usize).hash(&mut hash);
        hash.finish()
    }
}

impl Kept {
    fn get(&mut self, key: u64) -> Option<Arc<Entry>> {
        if let Some(entry) = self.young.get(&key) {
            return Some(entry.clone());
        }
        let entry = self.old.remove(&key)?;
        self.keep(key, entry.clone());
        Some(entry)
    }

    fn keep(&mut self, key: u64, entry: Arc<Entry>) {
        if self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, entry);
    }
}

impl Rights {
    fn of(actor: &Actor) -> Self {
        Self {
            workspace: actor.workspace,
            member: actor.member,
            super_admin: actor.super_admin,
            client: actor.client,
            location: actor.location,
            assignments: actor.assignments.clone(),
            team: actor.team.clone(),
            scopes: actor.scopes.clone(),
        }
    }

    fn same(&self, other: &Self) -> bool {
        let keys = match (&self.scopes, &other.scopes) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        keys && (self.workspace, self.member, self.super_admin, self.client, self.location)
            == (other.workspace, other.member, other.super_admin, other.client, other.location)
            && Arc::ptr_eq(&self.assignments, &other.assignments)
            && Arc::ptr_eq(&self.team, &other.team)
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Ids(all) => all.len(),
        Value::Texts(all) => all.len(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(plans: &Plans, actor: &Actor, plural: &str, made: &mut u32) -> Arc<Plan> {
        let model = Model { revision: 3, ..Model::default() };
        let make = || {
            *made += 1;
            Ok(Plan::default())
        };
        plans.planned(&model, actor, (What::List, plural, &Ask::default()), make).expect("planned").plan
    }

    #[test]
    fn a_plan_is_made_once_for_the_same_question_and_rights() {
        let plans = Plans::default();
        let actor = Actor::system(Uuid::from_u128(1), "somebody");
        let mut made = 0;
        let first = planned(&plans, &actor, "clients", &mut made);
        let same = planned(&plans, &actor.clone(), "clients", &mut made);
        assert!(Arc::ptr_eq(&first, &same));
        assert_eq!(made, 1);
        planned(&plans, &actor, "contacts", &mut made);
        assert_eq!(made, 2, "another object");
    }

    #[test]
    fn other_rights_get_another_plan() {
        let plans = Plans::default();
        let actor = Actor::system(Uuid::from_u128(1), "somebody");
        let mut made = 0;
        planned(&plans, &actor, "clients", &mut made);
        let role = Assignment { role: "viewer".into(), location: None, overridden: None };
        for other in [
            Actor { member: Uuid::from_u128(2), ..actor.clone() },
            Actor { workspace: Uuid::from_u128(2), ..actor.clone() },
            Actor { super_admin: false, ..actor.clone() },
            Actor { location: Some(Uuid::from_u128(2)), ..actor.clone() },
            Actor { client: Some(Uuid::from_u128(2)), ..actor.clone() },
            Actor { scopes: Some(["client:read".to_string()].into()), ..actor.clone() },
            Actor { assignments: [role].into(), ..actor.clone() },
            Actor { team: [Uuid::from_u128(3)].into(), ..actor.clone() },
        ] {
            let before = made;
            planned(&plans, &other, "clients", &mut made);
            assert_eq!(made, before + 1, "{other:?}");
        }
    }

    #[test]
    fn what_is_asked_again_stays_and_the_rest_is_bounded() {
        let plans = Plans::default();
        let actor = Actor::system(Uuid::from_u128(1), "somebody");
        let mut made = 0;
        for n in 0..3 * MOST {
            planned(&plans, &actor, &format!("object_{n}"), &mut made);
            planned(&plans, &actor, "clients", &mut made);
        }
        assert_eq!(made as usize, 3 * MOST + 1);
        let kept = plans.kept();
        assert!(kept.young.len() + kept.old.len() <= 2 * MOST);
    }
}
