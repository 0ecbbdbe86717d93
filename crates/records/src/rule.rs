//! Business logic that data cannot say. A rule answers questions; the engine owns the write.
use crate::Draft;
use kernel::{FieldType, Key, Problems, Row, Uuid};
use std::collections::HashMap;

/// Rows that a rule weighs besides the draft. Loaded before any rule runs, so no rule holds a connection.
#[derive(Default)]
pub struct Facts(pub(crate) HashMap<(String, Uuid), Row>);

impl Facts {
    /// The row of `object` with this id, when a `Need` led there and it exists.
    pub fn row(&self, object: &str, id: Uuid) -> Option<&Row> {
        self.0.get(&(object.to_string(), id))
    }
    pub fn get<T: FieldType>(&self, id: Uuid, key: Key<T>) -> Option<T> {
        self.row(key.object, id)?.get(key.field).and_then(T::read)
    }
}

/// "Follow this reference field of the draft (or of its parts) to that object."
pub struct Need {
    pub field: &'static str,
    pub object: &'static str,
}

/// Each moment has one duty: `derive` may set and not refuse, `check` may refuse and not set, `effects` may only order
/// what is to be done once the change stands.
pub trait Rule: Send + Sync {
    fn objects(&self) -> &[&'static str];
    fn needs(&self) -> &'static [Need] {
        &[]
    }
    /// Fill computed fields.
    fn derive(&self, _draft: &mut Draft, _facts: &Facts) {}
    /// Say what is wrong.
    fn check(&self, _draft: &Draft, _facts: &Facts) -> Problems {
        vec![]
    }
    /// Jobs that are ordered with the change, in its transaction: no change, no job, and the other way round. Asked
    /// once the draft has passed every check; not asked of sources without automations.
    fn effects(&self, _draft: &Draft, _facts: &Facts) -> Vec<jobs::Order> {
        vec![]
    }
}
