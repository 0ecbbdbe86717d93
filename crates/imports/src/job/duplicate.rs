//! Who looks for stored records that a row is very like. The score is made elsewhere; what becomes of such a row is
//! chosen here.
use jobs::BoxFuture;
use kernel::{Outcome, Uuid};
use meta::Object;
use policy::Actor;
use records::Body;

/// The stored record that a row is most like.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    pub id: Uuid,
    /// 0 to 1; below 0.75 nothing is reported (decisions.md, "Duplicate score").
    pub score: f64,
    /// "Same e-mail, similar name."
    pub reason: String,
}

pub trait DuplicateFinder: Send + Sync {
    /// For every row its best match among what the actor may read, in the order of the rows.
    fn find<'a>(
        &'a self,
        actor: &'a Actor,
        object: &'a Object,
        rows: &'a [Body],
    ) -> BoxFuture<'a, Outcome<Vec<Option<Match>>>>;
}
