//! A change on its way in: the row before, and the row as it would be.
use indexmap::IndexMap;
use kernel::{FieldType, Key, Row, Uuid, Value};

#[derive(Debug, Clone)]
pub struct Draft {
    pub id: Uuid,
    pub object: String,
    /// `None`: the record is being created.
    pub before: Option<Row>,
    pub after: Row,
    /// Rows of each part list, in order, by field name (`lines`).
    pub parts: IndexMap<String, Vec<PartDraft>>,
}

#[derive(Debug, Clone)]
pub struct PartDraft {
    pub id: Uuid,
    pub before: Option<Row>,
    /// `None`: the row leaves the whole.
    pub after: Option<Row>,
}

impl Draft {
    pub fn get<T: FieldType>(&self, key: Key<T>) -> Option<T> {
        self.value(key.field).and_then(T::read)
    }
    pub fn set<T: FieldType>(&mut self, key: Key<T>, value: T) {
        self.after.insert(key.field.into(), value.write());
    }
    pub fn value(&self, field: &str) -> Option<&Value> {
        self.after.get(field)
    }
    pub fn is_new(&self) -> bool {
        self.before.is_none()
    }
    /// Whether the field differs from what is stored; every filled field of a new record does.
    pub fn changed(&self, field: &str) -> bool {
        differs(self.before.as_ref().and_then(|b| b.get(field)), self.after.get(field))
    }
    /// The rows of a part list that stay, to read and to fill.
    pub fn parts(&self, field: &str) -> impl Iterator<Item = &Row> {
        self.parts.get(field).into_iter().flatten().filter_map(|p| p.after.as_ref())
    }
    pub fn parts_mut(&mut self, field: &str) -> impl Iterator<Item = &mut Row> {
        self.parts.get_mut(field).into_iter().flatten().filter_map(|p| p.after.as_mut())
    }
    /// Names of the fields that differ from what is stored.
    pub(crate) fn changes(&self) -> Vec<String> {
        changes(self.before.as_ref(), &self.after)
    }
}

impl PartDraft {
    pub(crate) fn changes(&self) -> Vec<String> {
        self.after.as_ref().map(|after| changes(self.before.as_ref(), after)).unwrap_or_default()
    }
}

/// An absent value and null are the same.
pub(crate) fn differs(before: Option<&Value>, after: Option<&Value>) -> bool {
    before.unwrap_or(&Value::Null) != after.unwrap_or(&Value::Null)
}

fn changes(before: Option<&Row>, after: &Row) -> Vec<String> {
    let changed = |name: &&String| differs(before.and_then(|b| b.get(*name)), after.get(*name));
    after.keys().filter(changed).cloned().collect()
}
