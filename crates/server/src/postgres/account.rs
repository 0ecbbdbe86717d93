//! Which user of the machine PostgreSQL runs as: it refuses to run as root, so root hands it to somebody with less power.
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// `None`: we are not root, and everything runs as ourselves.
#[derive(Debug, Clone, Copy)]
pub struct Account(Option<Ids>);

#[derive(Debug, Clone, Copy)]
struct Ids {
    user: u32,
    group: u32,
}

/// Debian's PostgreSQL packages bring the first; the second is made when there is none.
const NAMES: [&str; 2] = ["postgres", "kontor"];

impl Account {
    pub fn choose(data: &Path) -> Result<Account> {
        if !is_root() {
            return Ok(Account(None));
        }
        // An earlier start has decided already.
        if let Some(owner) = owner(&data.join("postgres")).filter(|ids| ids.user != 0) {
            return Ok(Account(Some(owner)));
        }
        if let Some(ids) = NAMES.iter().find_map(|name| known(name)) {
            return Ok(Account(Some(ids)));
        }
        create("kontor")
    }

    /// A command that runs as this user, from a folder that everybody can enter. Ctrl-C does not reach it: it would be cut
    /// off in the middle, and it is ours to end it in order.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").process_group(0);
        if let Some(Ids { user, group }) = self.0 {
            command.uid(user).gid(group);
        }
        command
    }

    pub fn own(&self, path: &Path) -> Result<()> {
        if let Some(Ids { user, group }) = self.0 {
            std::os::unix::fs::chown(path, Some(user), Some(group))
                .with_context(|| format!("giving {} to PostgreSQL's user", path.display()))?;
        }
        Ok(())
    }

    /// Whether this user can make files there. Asked of the system itself: access lists and mounts count too.
    pub fn can_write(&self, folder: &Path) -> bool {
        self.command("test").arg("-w").arg(folder).status().is_ok_and(|s| s.success())
    }
}

fn is_root() -> bool {
    owner(Path::new("/proc/self")).is_some_and(|ids| ids.user == 0)
}

fn owner(path: &Path) -> Option<Ids> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(Ids { user: metadata.uid(), group: metadata.gid() })
}

fn known(name: &str) -> Option<Ids> {
    Some(Ids { user: id("-u", name)?, group: id("-g", name)? })
}

fn id(which: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([which, name]).output().ok().filter(|o| o.status.success())?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn create(name: &str) -> Result<Account> {
    let made = Command::new("useradd")
        .args(["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name])
        .output();
    match known(name) {
        Some(ids) => Ok(Account(Some(ids))),
        None => bail!(
            "PostgreSQL does not run as root, and the user `{name}` could not be made for it ({}). \
             Make a user called `{name}`, run Kontor as another user than root, or set DATABASE_URL.",
            made.map_or_else(|e| e.to_string(), |o| String::from_utf8_lossy(&o.stderr).trim().to_string())
        ),
    }
}
