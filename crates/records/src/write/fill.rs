//! Computed fields over records that were there before them: rollups and formulas, in small transactions beside running
//! work. What is right already is not written, so it may be done again at any time.
use super::rollups::CHUNK;
use super::{Source, SourceKind};
use crate::Engine;
use kernel::{Outcome, Uuid};
use meta::{Codec, Object};
use policy::Actor;
use std::collections::BTreeSet;

/// What a fill did.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Filled {
    pub looked_at: u64,
    pub changed: u64,
}

/// One transaction of a fill.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FillStep {
    /// The last record that was looked at; the next step begins behind it.
    pub last: Uuid,
    pub done: Filled,
}

impl Engine {
    /// Of `object` alone, and of its `fields` alone, where they are named.
    pub async fn fill_rollups(&self, actor: &Actor, object: &str, fields: &[String]) -> Outcome<Filled> {
        let mut filled = Filled::default();
        let mut last = None;
        while let Some(step) = self.fill_step(actor, object, fields, last).await? {
            last = Some(step.last);
            filled.looked_at += step.done.looked_at;
            filled.changed += step.done.changed;
        }
        Ok(filled)
    }

    /// The records behind `after`. `None`: there are no more, or the object is no more.
    pub(crate) async fn fill_step(
        &self,
        actor: &Actor,
        object: &str,
        fields: &[String],
        after: Option<Uuid>,
    ) -> Outcome<Option<FillStep>> {
        let cx = self.store().begin(actor).await?;
        let model = cx.model().clone();
        let Some(object) = model.objects.get(object) else { return Ok(None) };
        let source =
            Source::new(SourceKind::System).note(format!("Computed fields of {}", object.label_plural));
        let mut batch = self.batch_on(actor, source, cx);
        let statement = query::write::ids_after(object, actor.workspace, after, CHUNK);
        let ids = batch.query(&statement, &[Codec::Uuid]).await?;
        let ids: Vec<Uuid> = ids.iter().filter_map(|r| r[0].as_id()).collect();
        let Some(last) = ids.last().copied() else { return Ok(None) };
        batch.mark_stale(object, fields, &ids);
        let mut changed = batch.roll_up().await?.len();
        if is_formula_among(object, fields) {
            let due: Vec<_> = ids.iter().map(|id| (*id, BTreeSet::new())).collect();
            changed += batch.roll_up_some(&model, object, &due).await?.len();
            // Who counts what was just computed.
            changed += batch.roll_up().await?.len();
        }
        batch.commit().await?;
        Ok(Some(FillStep { last, done: Filled { looked_at: ids.len() as u64, changed: changed as u64 } }))
    }
}

/// Formulas are filled where they are named: those that nobody names are right since the record was written.
fn is_formula_among(object: &Object, fields: &[String]) -> bool {
    fields.iter().filter_map(|name| object.fields.get(name)).any(|f| f.formula.is_some())
}
