//! Everything about one person as an archive: JSON lines for programs, CSV for them.
use super::related::{about, references, seeing_all, the_person};
use crate::book::NewExport;
use crate::list::render;
use crate::run::enqueue;
use crate::whole::archive::{Archive, Place};
use crate::{Format, Header, Wanted};
use anyhow::Context;
use jobs::Run;
use kernel::{Outcome, Uuid};
use policy::Actor;
use records::{ChangesAsk, Engine};
use serde_json::json;
use std::fs::File;
use std::io::Read;

/// Orders it, for whoever manages members.
pub async fn order(engine: &Engine, actor: &Actor, plural: &str, id: Uuid) -> Outcome<(Uuid, Uuid)> {
    let model = engine.model(actor).await?;
    policy::may_manage_members(&model, actor)?;
    let object = model.by_plural(plural)?;
    the_person(engine, &seeing_all(actor), object, id).await?;
    let cx = engine.store().begin(actor).await?;
    let new = NewExport {
        kind: "person",
        object: Some(plural),
        query: "",
        format: "zip",
        header: Header::Labels,
        title: None,
        record: Some(id),
    };
    let ids = enqueue(&cx, actor, &new).await?;
    cx.commit().await?;
    Ok(ids)
}

/// The archive, and how many records are in it. `None`: the job was to stop.
pub async fn take(
    engine: &Engine,
    actor: &Actor,
    plural: &str,
    id: Uuid,
    run: &Run,
) -> Outcome<Option<(File, u64)>> {
    let model = engine.model(actor).await?;
    policy::may_manage_members(&model, actor)?;
    let object = model.by_plural(plural)?;
    let all = seeing_all(actor);
    the_person(engine, &all, object, id).await?;
    let archive = Archive::new(Place::Zip(tempfile::tempfile().context("a file for the export")?));
    let mut lists = vec![(plural.to_owned(), object.plural.clone(), about("id", id)?)];
    for (other, field) in references(&model, object) {
        lists.push((
            format!("{} ({})", other.plural, field.name),
            other.plural.clone(),
            about(&field.name, id)?,
        ));
    }
    let mut rows = 0;
    for (name, object, ask) in lists {
        for format in [Format::Jsonl, Format::Csv] {
            let wanted = Wanted {
                object: object.clone(),
                ask: ask.clone(),
                format,
                header: Header::Labels,
                title: None,
            };
            let Some(mut made) = render(engine.store(), &all, &wanted, None, Some(run)).await? else {
                return Ok(None);
            };
            if made.rows == 0 {
                break;
            }
            rows += if format == Format::Jsonl { made.rows } else { 0 };
            let mut bytes = vec![];
            made.file.read_to_end(&mut bytes).context("reading what was written")?;
            archive.begin(&format!("{name}.{}", format.name())).await?;
            archive.bytes(bytes).await?;
        }
    }
    let history =
        engine.history(&all, plural, id, &ChangesAsk { limit: 200, ..ChangesAsk::default() }).await?;
    archive.begin("history.json").await?;
    archive.bytes(serde_json::to_vec_pretty(&history).context("the history")?).await?;
    let about = json!({ "object": plural, "id": id, "made_at": kernel::Timestamp::now(), "records": rows });
    let last = move |contents: &_| {
        Ok((serde_json::to_vec_pretty(&json!({ "about": about, "contents": contents }))?, ()))
    };
    let ((), file) = archive.finish("contents.json", last).await?;
    Ok(Some((file.context("an archive is a file")?, rows)))
}
