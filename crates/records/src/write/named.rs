//! Who was named in a change by somebody else: as the one a record is assigned to, or as one whom a text speaks to. They
//! are told by a job that stands with the change.
use super::{Batch, SourceKind};
use crate::Draft;
use kernel::{Uuid, Value};
use meta::{Field, Kind, Object};
use policy::Actor;
use serde::{Deserialize, Serialize};

/// The kind of the job that tells; its payload is `{by, named: [Naming]}`.
pub const NAMED: &str = "notices.named";
/// Who is told by one job.
const TOLD_AT_ONCE: usize = 200;

/// A member in a user field of a record, where they did not stand before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Naming {
    pub member: Uuid,
    pub object: String,
    pub record: Uuid,
    pub field: String,
}

impl Batch {
    /// Looks whom a draft names: in the fields that make a record somebody's. What runs by itself and what brings
    /// history tells nobody, and nobody is told of what they did themselves.
    pub(super) fn note_named(&mut self, object: &Object, draft: &Draft) {
        let tells = matches!(self.source.kind, SourceKind::Request | SourceKind::Automation);
        if !tells || !self.source.automations || object.engine {
            return;
        }
        for field in naming_fields(object).filter(|f| draft.changed(&f.name)) {
            let before = members(draft.before.as_ref().and_then(|row| row.get(&field.name)));
            for member in members(draft.value(&field.name)) {
                if member == self.actor.member || before.contains(&member) {
                    continue;
                }
                let (record, field) = (draft.id, field.name.clone());
                self.named.push(Naming { member, object: object.name.clone(), record, field });
            }
        }
    }

    /// Orders what is to be told with the change that ends.
    pub(super) fn order_telling(&mut self) {
        let named = std::mem::take(&mut self.named);
        let system = Actor::system(self.actor.workspace, "Kontor");
        for some in named.chunks(TOLD_AT_ONCE) {
            let payload = serde_json::json!({ "by": self.actor.member, "named": some });
            let order = jobs::Order::new(jobs::Queue::Notifications, NAMED, payload);
            self.pending.push(jobs::statement(&system, &order, Some(self.change_set)));
        }
    }
}

/// User fields by which a record is somebody's; who made it is none of them.
fn naming_fields(object: &Object) -> impl Iterator<Item = &Field> {
    let names = object.reach.own.iter().chain(&object.reach.assigned);
    let fields = names.filter_map(|name| object.fields.get(name));
    fields.filter(|f| f.kind == Kind::User && !f.system)
}

fn members(value: Option<&Value>) -> Vec<Uuid> {
    match value {
        Some(Value::Id(id)) => vec![*id],
        Some(Value::Ids(ids)) => ids.clone(),
        _ => vec![],
    }
}
