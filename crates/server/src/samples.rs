//! Sample workspaces: one per blueprint, filled through the one write path.
use crate::commands::library;
use crate::database::{Database, Site};
use crate::progress::Progress;
use anyhow::{Context, Result};
use identity::Identity;
use imports::demo::{self, Filled};
use meta::{Blueprint, Demo};
use records::Engine;
use serde_json::{Value, json};
use std::time::Instant;
use store::{Store, Workspace, doors};

/// Known to everybody who reads this, so it is used only where nobody else can reach the server.
pub const PASSWORD: &str = "Kontor-Sample-2026";

/// In the settings of a sample workspace: whether it was filled to the end.
const MARK: &str = "sample";

/// The blueprints that bring sample data.
pub fn blueprints() -> Result<Vec<(&'static Blueprint, &'static Demo)>> {
    let library = library()?;
    let all = library.names().into_iter().filter_map(|name| library.blueprint(name));
    Ok(all.filter_map(|blueprint| Some((blueprint, blueprint.demo.as_ref()?))).collect())
}

/// Makes what is missing in a database that holds nothing but samples. Answers with whether anything was made.
pub async fn complete(database: &Database, site: &Site, password: &str) -> Result<bool> {
    let present = doors::workspaces::list(&database.store).await?;
    if present.iter().any(|w| w.settings.get(MARK).is_none()) {
        return Ok(false);
    }
    let (since, tools) = (Instant::now(), Tools::new(database, site)?);
    let mut made = 0;
    for (blueprint, demo) in blueprints()? {
        match present.iter().find(|w| w.slug == blueprint.name) {
            Some(workspace) if is_finished(workspace) => continue,
            // An earlier start was interrupted. Whatever it wrote is put aside, not mixed with what follows.
            Some(unfinished) => doors::samples::put_aside(&database.store, unfinished.id).await?,
            None => {}
        }
        // A sample that cannot be made is our fault, and no reason to keep people from the rest.
        match tools.make(blueprint, demo, &blueprint.name, password).await {
            Ok(_) => made += 1,
            Err(e) => tracing::error!("The sample workspace `{}` could not be made: {e:#}", blueprint.name),
        }
    }
    if made > 0 {
        eprintln!("{made} sample workspaces made in {:.0} s.", since.elapsed().as_secs_f64());
    }
    Ok(made > 0)
}

/// What makes workspaces and fills them.
pub struct Tools<'a> {
    store: &'a Store,
    engine: Engine,
    identity: Identity,
    /// Around which the dates lie.
    day: Option<kernel::Date>,
}

impl Tools<'_> {
    pub fn new<'a>(database: &'a Database, site: &Site) -> Result<Tools<'a>> {
        let (engine, identity) = (database.engine(), database.identity(site)?);
        Ok(Tools { store: &database.store, engine, identity, day: site.sample_day })
    }

    pub async fn make(
        &self,
        blueprint: &Blueprint,
        demo: &Demo,
        slug: &str,
        password: &str,
    ) -> Result<Filled> {
        let workspace = doors::workspaces::create(self.store, &new_workspace(blueprint, demo, slug)).await?;
        let progress = Progress::new(&format!("Sample workspace `{slug}`"));
        let told = |_: &str, done, total| progress.set(done, total);
        let demo = Demo { today: self.day.or(demo.today), ..demo.clone() };
        let filled = demo::fill(&self.engine, &self.identity, workspace.id, &demo, password, told)
            .await
            .with_context(|| format!("filling the workspace `{slug}`"))?;
        let records: u64 = filled.records.iter().map(|(_, count)| count).sum();
        progress.finish(&format!(
            "Sample workspace `{slug}`: {} members, {records} records",
            filled.members.len()
        ));
        finish(self.store, &workspace).await?;
        Ok(filled)
    }
}

/// Its time zone and currency are those of its first location.
fn new_workspace(blueprint: &Blueprint, demo: &Demo, slug: &str) -> doors::workspaces::NewWorkspace {
    let of_location = |field: &str| {
        let value = demo.locations.first().and_then(|l| l.fields.get(field)).and_then(Value::as_str);
        value.unwrap_or_default().to_string()
    };
    doors::workspaces::NewWorkspace {
        slug: slug.to_string(),
        name: format!("{} sample", blueprint.label),
        blueprints: vec![blueprint.name.clone()],
        timezone: of_location("timezone"),
        currency: of_location("default_currency"),
        settings: json!({ MARK: "unfinished" }),
    }
}

async fn finish(store: &Store, workspace: &Workspace) -> Result<()> {
    let settings = Some(json!({ MARK: "finished" }));
    let change = doors::workspaces::WorkspaceChange { settings, ..Default::default() };
    doors::workspaces::change(store, workspace.id, &change).await?;
    Ok(())
}

fn is_finished(workspace: &Workspace) -> bool {
    workspace.settings.get(MARK).and_then(Value::as_str) == Some("finished")
}

/// Who can sign in to the sample workspaces that are there: workspace, e-mail address, role.
pub async fn sign_ins(database: &Database) -> Result<Vec<(String, String, String)>> {
    let present = doors::workspaces::list(&database.store).await?;
    let mut found = Vec::new();
    for (blueprint, demo) in blueprints()? {
        if present.iter().any(|w| w.slug == blueprint.name && is_finished(w)) {
            let entry = |m: &meta::DemoMember| (blueprint.name.clone(), m.email.clone(), m.role.clone());
            found.extend(demo.members.iter().map(entry));
        }
    }
    Ok(found)
}
