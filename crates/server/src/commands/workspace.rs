//! Workspaces: one per firm.
use super::library;
use crate::database::{Database, Site};
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use store::{Workspace, doors};

#[derive(Subcommand)]
pub enum Workspaces {
    /// Make a workspace.
    #[command(
        after_help = "Example:\n  kontor workspace create acme --name \"Acme GmbH\" --blueprint sales --timezone Europe/Berlin --currency EUR\n\n\
                      `kontor blueprint list` shows the blueprints; several can be combined by repeating --blueprint."
    )]
    Create(Create),
    /// All workspaces.
    List,
    /// One workspace: its settings, and how many objects and roles it has.
    Show { slug: String },
    /// Make a workspace from what `kontor export` wrote.
    #[command(after_help = "Example:\n  kontor workspace restore acme.zip --as acme-again\n\n\
                      All of it or nothing. Ids stay the same; rows are compared with the checksums of the export. Members whose\n\
                      address has an account here keep that account; the others set a password by `kontor user password`.")]
    Restore(Restore),
    /// Set the blueprints of a workspace. Records of a blueprint that is taken away stay in the database.
    #[command(after_help = "Example:\n  kontor workspace blueprints acme sales agency")]
    Blueprints {
        slug: String,
        #[arg(required = true)]
        blueprints: Vec<String>,
    },
}

#[derive(Args)]
pub struct Restore {
    /// A zip file or a folder.
    from: std::path::PathBuf,
    /// The slug of the new workspace.
    #[arg(long = "as")]
    slug: String,
}

#[derive(Args)]
pub struct Create {
    /// In addresses: lower-case letters, digits and hyphens.
    slug: String,
    /// For people; the slug unless told.
    #[arg(long)]
    name: Option<String>,
    #[arg(long = "blueprint", required = true)]
    blueprints: Vec<String>,
    /// IANA name of its time zone.
    #[arg(long, default_value = "UTC")]
    timezone: String,
    /// ISO 4217 code of its currency.
    #[arg(long, default_value = "EUR")]
    currency: String,
}

pub async fn run(command: Workspaces, site: &Site) -> Result<()> {
    let database = Database::join_migrated(site).await?;
    match command {
        Workspaces::Create(create) => self::create(&database, create).await,
        Workspaces::Restore(restore) => self::restore(&database, site, restore).await,
        Workspaces::List => list(&database).await,
        Workspaces::Show { slug } => show(&find(&database, &slug).await?),
        Workspaces::Blueprints { slug, blueprints } => set_blueprints(&database, &slug, blueprints).await,
    }
}

/// The workspace of that slug, or a sentence with those that there are.
pub async fn find(database: &Database, slug: &str) -> Result<Workspace> {
    if let Some(workspace) = doors::workspaces::by_slug(&database.store, slug).await? {
        return Ok(workspace);
    }
    let all = doors::workspaces::list(&database.store).await?;
    let slugs: Vec<_> = all.iter().map(|w| w.slug.as_str()).collect();
    match slugs.as_slice() {
        [] => bail!("There is no workspace yet. `kontor workspace create` makes one."),
        slugs => bail!("There is no workspace `{slug}`. There is: {}.", slugs.join(", ")),
    }
}

async fn create(database: &Database, create: Create) -> Result<()> {
    check(&create.blueprints)?;
    check_timezone(&create.timezone)?;
    check_currency(&create.currency)?;
    let new = doors::workspaces::NewWorkspace {
        name: create.name.unwrap_or_else(|| create.slug.clone()),
        slug: create.slug,
        blueprints: create.blueprints,
        timezone: create.timezone,
        currency: create.currency,
        settings: serde_json::Value::Null,
    };
    let workspace = doors::workspaces::create(&database.store, &new).await?;
    println!("The workspace `{}` is there. Give it a first member:", workspace.slug);
    println!(
        "  kontor user create you@example.com --name \"Your Name\" --workspace {} --role admin",
        workspace.slug
    );
    Ok(())
}

async fn restore(database: &Database, site: &Site, restore: Restore) -> Result<()> {
    let files = database.files(site).await?;
    let made =
        exports::whole::restore(&database.store, &files, &restore.from, &restore.slug, &mut |_| ()).await?;
    println!(
        "The workspace `{}` is there with {} rows and {} files, and equals the export.",
        restore.slug, made.rows, made.files
    );
    Ok(())
}

async fn list(database: &Database) -> Result<()> {
    for workspace in doors::workspaces::list(&database.store).await? {
        let state = if workspace.is_active { "" } else { "  (not active)" };
        println!("{:20} {:30} {}{state}", workspace.slug, workspace.name, workspace.blueprints.join(", "));
    }
    Ok(())
}

fn show(workspace: &Workspace) -> Result<()> {
    let names: Vec<_> = workspace.blueprints.iter().map(String::as_str).collect();
    let model = library()?
        .model(&names, workspace.overlay.as_ref())
        .map_err(|faults| anyhow::anyhow!("The model of `{}` has a fault: {}", workspace.slug, faults[0]))?;
    println!("slug        {}", workspace.slug);
    println!("name        {}", workspace.name);
    println!("id          {}", workspace.id);
    println!("active      {}", if workspace.is_active { "yes" } else { "no" });
    println!("blueprints  {}", workspace.blueprints.join(", "));
    println!("time zone   {}", workspace.timezone);
    println!("currency    {}", workspace.currency);
    println!("overlay     {}", if workspace.overlay.is_some() { "yes" } else { "no" });
    println!("objects     {}", model.objects.len());
    println!("roles       {}", model.roles.keys().cloned().collect::<Vec<_>>().join(", "));
    Ok(())
}

async fn set_blueprints(database: &Database, slug: &str, blueprints: Vec<String>) -> Result<()> {
    check(&blueprints)?;
    let workspace = find(database, slug).await?;
    let change = doors::workspaces::WorkspaceChange { blueprints: Some(blueprints), ..Default::default() };
    doors::workspaces::change(&database.store, workspace.id, &change).await?;
    println!("Every running node sees it with its next request.");
    Ok(())
}

/// That they exist and go together.
fn check(blueprints: &[String]) -> Result<()> {
    let names: Vec<_> = blueprints.iter().map(String::as_str).collect();
    match library()?.model(&names, None) {
        Ok(_) => Ok(()),
        Err(faults) => bail!("{}", faults.iter().map(|f| f.to_string()).collect::<Vec<_>>().join("\n")),
    }
}

fn check_timezone(name: &str) -> Result<()> {
    match jiff::tz::TimeZone::get(name) {
        Ok(_) => Ok(()),
        Err(_) => bail!("There is no time zone `{name}`. It is an IANA name such as `Europe/Berlin`."),
    }
}

fn check_currency(code: &str) -> Result<()> {
    match code.len() == 3 && code.chars().all(|c| c.is_ascii_uppercase()) {
        true => Ok(()),
        false => bail!("`{code}` is not a currency. It is an ISO 4217 code such as `EUR`."),
    }
}
