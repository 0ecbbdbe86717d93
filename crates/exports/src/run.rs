//! Exports at once and as jobs, each written down in the change log: who took out what, and how much.
use crate::book::{self, Kept, NewExport};
use crate::{DIRECT, Format, Header, Made, Wanted, person, render, whole};
use files::Files;
use identity::Identity;
use jobs::{BoxFuture, Order, Queue, Run, Work};
use kernel::{Outcome, Problem, Uuid};
use policy::{Actor, Read};
use query::Ask;
use records::{Engine, Source, SourceKind};
use serde_json::json;
use std::io::Seek;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use store::Store;
use tokio::io::AsyncWriteExt;

/// The kind of the job.
pub const KIND: &str = "export.run";

/// A list that is small enough to be given at once.
pub async fn direct(engine: &Engine, actor: &Actor, wanted: &Wanted) -> Outcome<Made> {
    let made = render(engine.store(), actor, wanted, Some(DIRECT), None).await?;
    let made = made.ok_or_else(|| anyhow::anyhow!("an export ended that nobody could end"))?;
    engine.note(actor, Source { note: Some(noted(wanted, made.rows)), ..Source::request() }).await?;
    Ok(made)
}

/// For the log: what was taken out. Values that were searched for may be personal, so that only the fields are named.
fn noted(wanted: &Wanted, rows: u64) -> String {
    let mut fields = std::collections::BTreeSet::new();
    wanted.ask.filters.iter().for_each(|f| add_names(f, &mut fields));
    if wanted.ask.q.is_some() {
        fields.insert("q".to_owned());
    }
    let by = match fields.is_empty() {
        true => String::new(),
        false => format!(" filtered by {}", fields.into_iter().collect::<Vec<_>>().join(", ")),
    };
    format!("Exported {rows} {}{by} as {}.", wanted.object, wanted.format.name())
}

fn add_names(filter: &query::Filter, names: &mut std::collections::BTreeSet<String>) {
    match filter {
        query::Filter::Test(test) => drop(names.insert(test.path.name.clone())),
        query::Filter::And(all) | query::Filter::Or(all) => all.iter().for_each(|f| add_names(f, names)),
        query::Filter::Not(inner) => add_names(inner, names),
    }
}

/// Orders a list as a job. What cannot be planned, or is not allowed, is refused now.
pub async fn order(store: &Store, actor: &Actor, wanted: &Wanted, query: &str) -> Outcome<(Uuid, Uuid)> {
    let cx = store.begin(actor).await?;
    let model = cx.model().clone();
    let object = model.by_plural(&wanted.object)?;
    let grant = policy::grant::<Read>(&model, actor, &object.name)?;
    policy::may_export(&model, actor, object)?;
    let limits = query::Limits { secrets: false, ..Default::default() };
    query::list_within(&limits, &model, actor, &grant, &wanted.ask)?;
    let new = NewExport {
        kind: "list",
        object: Some(&wanted.object),
        query,
        format: wanted.format.name(),
        header: wanted.header,
        title: wanted.title.as_deref(),
        record: None,
    };
    let ids = enqueue(&cx, actor, &new).await?;
    cx.commit().await?;
    Ok(ids)
}

/// Orders an export of everything: for whoever gives rights to everybody.
pub async fn order_whole(store: &Store, actor: &Actor, title: Option<&str>) -> Outcome<(Uuid, Uuid)> {
    let cx = store.begin(actor).await?;
    policy::may_manage_members(cx.model(), actor)?;
    let new = NewExport {
        kind: "workspace",
        object: None,
        query: "",
        format: "zip",
        header: Header::Names,
        title,
        record: None,
    };
    let ids = enqueue(&cx, actor, &new).await?;
    cx.commit().await?;
    Ok(ids)
}

/// An entry of the book with its job: ids of both.
pub(crate) async fn enqueue(cx: &store::Cx, actor: &Actor, new: &NewExport<'_>) -> Outcome<(Uuid, Uuid)> {
    let id = book::enter(cx, actor, new).await?;
    let job = jobs::enqueue(cx, &Order::new(Queue::Export, KIND, json!({ "export": id }))).await?;
    book::given_to(cx, actor, id, job).await?;
    Ok((id, job))
}

/// Does ordered exports, with the rights that who ordered them has when they run.
pub struct Exporter {
    engine: Engine,
    identity: Identity,
    files: Files,
}

impl Exporter {
    pub fn new(engine: &Engine, identity: &Identity, files: &Files) -> Self {
        Self { engine: engine.clone(), identity: identity.clone(), files: files.clone() }
    }

    async fn export(&self, run: &Run) -> Outcome<()> {
        let id = run.payload["export"].as_str().and_then(|id| id.parse::<Uuid>().ok());
        let id = id.ok_or_else(|| anyhow::anyhow!("the job names no export"))?;
        let actor = self.identity.actor_for(run).await?;
        let entry = book::entry(&self.engine.store().begin_read(&actor).await?, &actor, id).await?;
        match entry.kind.as_str() {
            "list" => self.list(run, &actor, &entry).await,
            "workspace" => self.workspace(run, &actor, &entry).await,
            "person" => self.person(run, &actor, &entry).await,
            other => Err(anyhow::anyhow!("nobody knows how to export a {other}").into()),
        }
    }

    async fn list(&self, run: &Run, actor: &Actor, entry: &book::Entry) -> Outcome<()> {
        let (format, header) = entry.format_of_list()?;
        let object = entry.object.clone().unwrap_or_default();
        let ask = asked(&entry.query)?;
        let wanted = Wanted { object, ask, format, header, title: entry.title.clone() };
        let Some(made) = render(self.engine.store(), actor, &wanted, None, Some(run)).await? else {
            return Ok(());
        };
        let name = file_name(&wanted);
        let key =
            format!("{}/exports/{}/{}.{}", actor.workspace, entry.id, plain(&wanted.object), format.name());
        let bytes = self.keep(made.file, &key).await?;
        self.engine
            .note(actor, Source { note: Some(noted(&wanted, made.rows)), ..Source::new(SourceKind::Job) })
            .await?;
        self.finish(run, actor, entry.id, &Kept { key: &key, name: &name, rows: made.rows, bytes }).await
    }

    async fn workspace(&self, run: &Run, actor: &Actor, entry: &book::Entry) -> Outcome<()> {
        let store = self.engine.store();
        policy::may_manage_members(&*store.model(actor.workspace).await?, actor)?;
        let workspace = store.workspace(actor.workspace).await?;
        let file = tempfile::tempfile().map_err(anyhow::Error::from)?;
        let (told, mut heard) = tokio::sync::watch::channel(0_u64);
        let cancelled = AtomicBool::new(false);
        let mut tell = |_: &str, rows: u64| {
            told.send_replace(rows);
            !cancelled.load(Relaxed)
        };
        let options = whole::Options::default();
        let writing =
            whole::write(store, &self.files, &workspace, whole::Target::Zip(file), &options, &mut tell);
        let mut writing = std::pin::pin!(writing);
        let written = loop {
            tokio::select! {
                written = &mut writing => break written?,
                Ok(()) = heard.changed() => {
                    let rows = *heard.borrow_and_update();
                    run.progress(rows, None).await?;
                    cancelled.store(run.is_cancelled(), Relaxed);
                }
            }
        };
        let Some((manifest, Some(mut file))) = written else { return Ok(()) };
        file.rewind().map_err(anyhow::Error::from)?;
        let name = format!("{} {}.zip", workspace.slug, jiff::Timestamp::now().strftime("%Y-%m-%d"));
        let key = format!("{}/exports/{}/workspace.zip", actor.workspace, entry.id);
        let bytes = self.keep(file, &key).await?;
        let rows = manifest.rows();
        let note = format!("Exported the whole workspace: {rows} rows.");
        self.engine.note(actor, Source { note: Some(note), ..Source::new(SourceKind::Job) }).await?;
        self.finish(run, actor, entry.id, &Kept { key: &key, name: &name, rows, bytes }).await
    }

    async fn person(&self, run: &Run, actor: &Actor, entry: &book::Entry) -> Outcome<()> {
        let object = entry.object.as_deref().unwrap_or_default();
        let id = entry.record_id.unwrap_or_default();
        let Some((mut file, rows)) = person::take(&self.engine, actor, object, id, run).await? else {
            return Ok(());
        };
        file.rewind().map_err(anyhow::Error::from)?;
        let key = format!("{}/exports/{}/person.zip", actor.workspace, entry.id);
        let bytes = self.keep(file, &key).await?;
        let note = format!("Exported the data of one person: {rows} records about {object} {id}.");
        self.engine.note(actor, Source { note: Some(note), ..Source::new(SourceKind::Job) }).await?;
        let name = format!("personal data {}.zip", jiff::Timestamp::now().strftime("%Y-%m-%d"));
        self.finish(run, actor, entry.id, &Kept { key: &key, name: &name, rows, bytes }).await
    }

    /// From the disk of this node to where every node finds it.
    pub(crate) async fn keep(&self, file: std::fs::File, key: &str) -> Outcome<u64> {
        let mut from = tokio::fs::File::from_std(file);
        let mut to = self.files.writer(key).await?;
        let bytes = tokio::io::copy(&mut from, &mut to).await.map_err(anyhow::Error::from)?;
        to.shutdown().await.map_err(anyhow::Error::from)?;
        Ok(bytes)
    }

    pub(crate) async fn finish(&self, run: &Run, actor: &Actor, id: Uuid, kept: &Kept<'_>) -> Outcome<()> {
        let cx = self.engine.store().begin(actor).await?;
        book::finished(&cx, actor, id, kept).await?;
        cx.commit().await?;
        run.progress(kept.rows, Some(kept.rows)).await?;
        run.finish_with(json!({ "export": id, "rows": kept.rows, "bytes": kept.bytes, "file": kept.key }))
            .await
    }
}

impl Work for Exporter {
    fn kind(&self) -> &'static str {
        KIND
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(self.export(run))
    }
}

/// A query string as the list reads it: percent-encoding and `+` undone.
pub fn asked(query: &str) -> Result<Ask, kernel::Problems> {
    let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    query::parse(&pairs, &query::Headers::default())
}

/// What the download is called: the title, or the object, and the day.
pub fn file_name(wanted: &Wanted) -> String {
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d");
    let title = wanted.title.as_deref().unwrap_or(&wanted.object);
    let title: String = title.chars().filter(|c| !c.is_control() && !"/\\:".contains(*c)).take(80).collect();
    format!("{title} {day}.{}", wanted.format.name())
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// From `format=` and the like in an address, where filters stand beside them: only the known words are ours, as
/// `format=eq.x` may be a filter.
pub fn wanted(object: &str, pairs: Vec<(String, String)>) -> Outcome<Wanted> {
    let (mut format, mut header) = (None, None);
    let rest: Vec<_> = pairs
        .into_iter()
        .filter(|(name, value)| {
            let known = match name.as_str() {
                "format" => Format::named(value).map(|f| format = Some(f)).is_ok(),
                "header" => Header::named(value).map(|h| header = Some(h)).is_ok(),
                _ => false,
            };
            !known
        })
        .collect();
    let format = format.ok_or_else(|| {
        Problem::new("query.invalid", "An export needs a format.")
            .at("format")
            .hint("`format=csv`, `xlsx` or `jsonl`.")
    })?;
    let ask = query::parse(&rest, &query::Headers::default())?;
    Ok(Wanted { object: object.into(), ask, format, header: header.unwrap_or_default(), title: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_it_stands_in_an_address() {
        let encoded = asked("name=like.%2AÄ+b%2A&order=name.desc").expect("understood");
        let pairs = [("name".into(), "like.*Ä b*".into()), ("order".into(), "name.desc".into())];
        assert_eq!(encoded, query::parse(&pairs, &query::Headers::default()).expect("understood"));
    }

    #[test]
    fn options_of_the_export_stand_beside_filters_of_the_same_name() {
        let pairs = |all: &[(&str, &str)]| all.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
        let found = wanted("files", pairs(&[("format", "csv"), ("format", "eq.a4"), ("header", "names")]));
        let found = found.expect("understood");
        assert_eq!((found.format, found.header, found.ask.filters.len()), (Format::Csv, Header::Names, 1));
        assert!(wanted("files", pairs(&[("format", "eq.a4")])).is_err());
    }
}
