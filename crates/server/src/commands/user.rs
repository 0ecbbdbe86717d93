//! Accounts: one per person, over all workspaces.
use super::workspace;
use crate::database::{Database, Site};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use identity::Identity;
use kernel::Uuid;
use store::doors::roster;

#[derive(Subcommand)]
pub enum Users {
    /// Make an account, and a member of a workspace if you name one.
    #[command(after_help = "Examples:\n  \
                      kontor user create ada@acme.example --name \"Ada Lovelace\" --workspace acme --role admin\n  \
                      kontor user create ops@acme.example --name Operations --super-admin --password-stdin < password.txt\n\n\
                      Without --password-stdin a password is made and shown once. An account that exists already gets the membership.")]
    Create(Create),
    /// All accounts, with their workspaces.
    List,
    /// Set a new password; every session of the account ends.
    #[command(
        after_help = "Examples:\n  kontor user password ada@acme.example\n  kontor user password ada@acme.example --password-stdin < password.txt"
    )]
    Password {
        email: String,
        /// Read the password from the first line of standard input; otherwise one is made and shown once.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Switch an account off in all workspaces and end its sessions. `--undo` switches it on again.
    Disable {
        email: String,
        #[arg(long)]
        undo: bool,
    },
}

#[derive(Args)]
pub struct Create {
    email: String,
    #[arg(long)]
    name: String,
    /// Make the account a member of this workspace.
    #[arg(long, requires = "role")]
    workspace: Option<String>,
    /// The member's role there; `kontor workspace show <slug>` lists them.
    #[arg(long, requires = "workspace")]
    role: Option<String>,
    /// Let the account pass every check in every workspace it is a member of.
    #[arg(long)]
    super_admin: bool,
    /// Read the password from the first line of standard input; otherwise one is made and shown once.
    #[arg(long)]
    password_stdin: bool,
}

pub async fn run(command: Users, site: &Site) -> Result<()> {
    let database = Database::join_migrated(site).await?;
    let identity = database.identity(site)?;
    match command {
        Users::Create(create) => self::create(&database, &identity, create).await,
        Users::List => list(&database).await,
        Users::Password { email, password_stdin } => password(&identity, &email, password_stdin).await,
        Users::Disable { email, undo } => disable(&identity, &email, !undo).await,
    }
}

async fn create(database: &Database, identity: &Identity, create: Create) -> Result<()> {
    // Looked up first: an account without the membership that was asked for would be half of what was wanted.
    let membership = match (&create.workspace, &create.role) {
        (Some(slug), Some(role)) => Some((workspace::find(database, slug).await?, role)),
        _ => None,
    };
    let user = match identity.user_by_email(&create.email).await? {
        Some(user) if membership.is_some() => user,
        Some(_) => bail!("There is already an account for {}.", create.email),
        None => new_account(identity, &create).await?,
    };
    if let Some((workspace, role)) = membership {
        identity.add_member(workspace.id, user, role).await?;
        println!("{} is a member of `{}` with the role `{role}`.", create.email, workspace.slug);
    }
    Ok(())
}

async fn new_account(identity: &Identity, create: &Create) -> Result<Uuid> {
    let password = Password::choose(create.password_stdin)?;
    let user =
        identity.create_user(&create.email, &create.name, Some(&password.text), create.super_admin).await?;
    println!("The account {} is there.", create.email);
    password.show_if_made();
    Ok(user)
}

async fn list(database: &Database) -> Result<()> {
    for account in roster::accounts(&database.store).await? {
        let mut marks = Vec::new();
        if account.is_super_admin {
            marks.push("super administrator");
        }
        if !account.is_active {
            marks.push("disabled");
        }
        let marks = if marks.is_empty() { String::new() } else { format!("  ({})", marks.join(", ")) };
        println!("{:36} {:24} {}{marks}", account.email, account.name, account.workspaces.join(", "));
    }
    Ok(())
}

async fn password(identity: &Identity, email: &str, from_stdin: bool) -> Result<()> {
    let user = find(identity, email).await?;
    let password = Password::choose(from_stdin)?;
    identity.reset_password(user, &password.text).await?;
    println!("The password is set, and every session of {email} has ended.");
    password.show_if_made();
    Ok(())
}

async fn disable(identity: &Identity, email: &str, off: bool) -> Result<()> {
    let user = find(identity, email).await?;
    identity.set_user_active(user, !off).await?;
    println!(
        "{email} {}.",
        if off { "is disabled, and every session has ended" } else { "can sign in again" }
    );
    Ok(())
}

async fn find(identity: &Identity, email: &str) -> Result<Uuid> {
    let user = identity.user_by_email(email).await?;
    user.with_context(|| format!("There is no account for {email}. `kontor user list` shows all."))
}

/// Never an argument: those are seen by every user of the machine.
struct Password {
    text: String,
    made: bool,
}

impl Password {
    fn choose(from_stdin: bool) -> Result<Password> {
        if !from_stdin {
            return Ok(Password { text: made_up(), made: true });
        }
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).context("reading the password")?;
        Ok(Password { text: line.trim_end_matches(['\r', '\n']).to_string(), made: false })
    }

    fn show_if_made(&self) {
        if self.made {
            println!("Password: {}   (shown this once)", self.text);
        }
    }
}

/// About 115 bits, without letters that look like others, and with one of each class that the rule asks for.
pub fn made_up() -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
    let mut text: String =
        (0..20).map(|_| char::from(LETTERS[rand::random_range(0..LETTERS.len())])).collect();
    text.push_str(&format!("-{}{}", char::from(b'a' + rand::random_range(0..8)), rand::random_range(2..10)));
    if text.chars().any(|c| c.is_ascii_uppercase()) { text } else { made_up() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_password_fits_the_rule() {
        for _ in 0..1000 {
            identity::PasswordRule::new(12).check(&made_up(), None).expect("it fits");
        }
    }
}
