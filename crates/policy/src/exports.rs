//! Who may take lists out of the house.
use crate::{Actor, grant};
use kernel::Problem;
use meta::{Model, Object};

/// Whoever may read a list may export it, unless the model has a right of its own for that: `clients.export` (S2-040).
/// Which rows and fields, the list's own grant says.
pub fn may_export(model: &Model, actor: &Actor, object: &Object) -> Result<(), Problem> {
    let right = format!("{}.export", object.plural);
    match model.permissions.contains_key(&right) {
        true => grant::may(model, actor, &right),
        false => Ok(()),
    }
}
