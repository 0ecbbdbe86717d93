//! Taking workspaces to the definition that is shipped now, with their own changes.
use crate::commands::workspace::find;
use crate::database::{Database, Site};
use anyhow::{Result, bail};
use clap::Args;
use meta::diff::{Bring, Conflict, Side, Stay};
use serde_json::Value as Json;
use store::upgrade::{self, Choices};
use store::{Workspace, doors};

pub const EXAMPLES: &str = "\
Without --apply nothing is written. A workspace without conflicts is taken along by --apply alone; every conflict needs a
choice, named as the plan names it.

Examples:
  kontor blueprint upgrade                                     the plan of every workspace
  kontor blueprint upgrade --workspace acme
  kontor blueprint upgrade --workspace acme --apply --choose invoice.subject.label=local --choose client.vat=shipped";

#[derive(Args)]
pub struct Upgrade {
    /// The slug of one workspace; all of them unless told.
    #[arg(long)]
    workspace: Option<String>,
    /// Only show what would be done, which is what happens without --apply.
    #[arg(long, conflicts_with = "apply")]
    plan: bool,
    /// Do it.
    #[arg(long)]
    apply: bool,
    /// How a conflict is decided: `object.field.attribute=shipped` or `=local`. May be repeated.
    #[arg(long = "choose", value_parser = choice, requires = "workspace")]
    choices: Vec<(String, Side)>,
}

fn choice(text: &str) -> Result<(String, Side), String> {
    match text.rsplit_once('=') {
        Some((at, "shipped")) => Ok((at.into(), Side::Shipped)),
        Some((at, "local")) => Ok((at.into(), Side::Local)),
        _ => Err("say `object.field.attribute=shipped` or `=local`".into()),
    }
}

pub async fn run(command: Upgrade, site: &Site) -> Result<()> {
    let database = Database::join_migrated(site).await?;
    let chosen = match &command.workspace {
        Some(slug) => vec![find(&database, slug).await?],
        None => doors::workspaces::list(&database.store).await?,
    };
    let choices: Choices = command.choices.into_iter().collect();
    let mut open = vec![];
    for workspace in &chosen {
        if !one(&database, workspace, command.apply, &choices).await? {
            open.push(workspace.slug.as_str());
        }
    }
    match open.as_slice() {
        [] => Ok(()),
        slugs => {
            bail!("Not taken up, because decisions are missing: {}. Say them by --choose.", slugs.join(", "))
        }
    }
}

/// Whether nothing is left to decide.
async fn one(database: &Database, workspace: &Workspace, apply: bool, choices: &Choices) -> Result<bool> {
    let (store, library) = (&database.store, super::library()?);
    let planned = upgrade::plan(store, library, workspace.id).await?;
    println!("{}", told(workspace, &planned));
    let nothing_to_do = !planned.pending && choices.is_empty();
    if !apply || nothing_to_do {
        return Ok(true);
    }
    let undecided = planned.plan.conflicts.iter().any(|c| !choices.contains_key(&c.at));
    if undecided {
        return Ok(false);
    }
    upgrade::apply(store, library, workspace.id, choices).await?;
    println!("`{}` has taken up what is shipped now.\n", workspace.slug);
    Ok(true)
}

fn told(workspace: &Workspace, planned: &upgrade::Upgrade) -> String {
    let plan = &planned.plan;
    let mut text = match planned.pending {
        true => format!("{}: its blueprints have changed since it took them up.\n", workspace.slug),
        false => format!("{}: it has taken up what is shipped now.\n", workspace.slug),
    };
    section(&mut text, "Comes", plan.brings.iter().map(bring));
    section(&mut text, "Stays as the workspace has it", plan.stays.iter().map(stay));
    section(&mut text, "To be decided", plan.conflicts.iter().map(conflict));
    text
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<_> = lines.collect();
    if !lines.is_empty() {
        text.push_str(&format!("  {title}:\n    {}\n", lines.join("\n    ")));
    }
}

pub(super) fn bring(change: &Bring) -> String {
    match (&change.before, &change.now) {
        (Json::Null, now) => format!("+ {} {}", change.at, short(now)),
        (_, Json::Null) => format!("- {}", change.at),
        (before, now) => format!("~ {} {} -> {}", change.at, short(before), short(now)),
    }
}

fn stay(stay: &Stay) -> String {
    match (&stay.shipped, &stay.local) {
        (Json::Null, local) => format!("{} {}", stay.at, short(local)),
        (shipped, local) => format!("{} {} (shipped: {})", stay.at, short(local), short(shipped)),
    }
}

fn conflict(conflict: &Conflict) -> String {
    let choices: Vec<_> =
        conflict.choices.iter().map(|side| format!("--choose {}={}", conflict.at, word(*side))).collect();
    format!(
        "{}\n      shipped before: {}\n      shipped now:    {}\n      here:           {}\n      {}",
        conflict.detail,
        short(&conflict.before),
        short(&conflict.now),
        short(&conflict.local),
        choices.join("   or   ")
    )
}

fn word(side: Side) -> &'static str {
    match side {
        Side::Shipped => "shipped",
        Side::Local => "local",
    }
}

/// A value on one line.
fn short(json: &Json) -> String {
    const MOST: usize = 100;
    let text = if json.is_null() { "(nothing)".to_string() } else { json.to_string() };
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_names_its_place_and_its_side() {
        assert_eq!(choice("invoice.subject.label=local"), Ok(("invoice.subject.label".into(), Side::Local)));
        assert!(choice("invoice.subject.label").is_err());
        assert!(choice("invoice.subject.label=mine").is_err());
    }
}
