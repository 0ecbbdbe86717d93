//! The engine: a store and the rules of the trades.
use crate::plans::Plans;
use crate::rule::Rule;
use kernel::Outcome;
use meta::Model;
use policy::Actor;
use std::sync::Arc;
use store::Store;

#[derive(Clone)]
pub struct Engine {
    store: Store,
    rules: Arc<Vec<Box<dyn Rule>>>,
    plans: Arc<Plans>,
}

impl Engine {
    pub fn new(store: Store, rules: Vec<Box<dyn Rule>>) -> Self {
        Self { store, rules: Arc::new(rules), plans: Arc::default() }
    }
    pub fn store(&self) -> &Store {
        &self.store
    }
    pub(crate) fn plans(&self) -> &Plans {
        &self.plans
    }
    pub async fn model(&self, actor: &Actor) -> Outcome<Arc<Model>> {
        self.store.model(actor.workspace).await
    }
    pub(crate) fn rules<'a>(&'a self, object: &'a str) -> impl Iterator<Item = &'a dyn Rule> {
        self.rules.iter().map(AsRef::as_ref).filter(move |r| r.objects().contains(&object))
    }
}
