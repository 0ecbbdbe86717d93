//! The PostgreSQL programs of this machine.
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

const OLDEST: u32 = 15;

#[derive(Debug, Clone, PartialEq)]
pub struct Programs {
    pub folder: PathBuf,
    pub major: u32,
}

impl Programs {
    /// Those of the version that made the files, else the newest.
    pub fn find(made_by: Option<u32>) -> Result<Programs> {
        choose(installed(), made_by)
    }

    /// Those that dump and restore a server of this version: its own, else the oldest that are newer, since `pg_dump`
    /// refuses servers newer than itself, and an older server does not know all that a newer one's dump says.
    pub fn for_server(major: u32) -> Result<Programs> {
        nearest(installed().into_iter().filter(|p| p.program("pg_dump").is_file()).collect(), major)
    }

    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

fn choose(found: Vec<Programs>, made_by: Option<u32>) -> Result<Programs> {
    let fits = |p: &Programs| made_by.map_or(p.major >= OLDEST, |major| p.major == major);
    if let Some(programs) = found.iter().filter(|p| fits(p)).max_by_key(|p| p.major) {
        return Ok(programs.clone());
    }
    let versions: Vec<_> = found.iter().map(|p| p.major.to_string()).collect();
    match made_by {
        Some(major) => bail!(
            "The data folder was made by PostgreSQL {major}, and this machine has {}. Install PostgreSQL {major} \
             (Debian: `apt-get install postgresql-{major}`), or upgrade the files with pg_upgrade.",
            if versions.is_empty() { "none".to_string() } else { versions.join(", ") }
        ),
        None if versions.is_empty() => bail!(
            "PostgreSQL is not installed. Install version {OLDEST} or newer (Debian: `apt-get install postgresql`), \
             or set DATABASE_URL to a server you have."
        ),
        None => {
            bail!("Kontor needs PostgreSQL {OLDEST} or newer, and this machine has {}.", versions.join(", "))
        }
    }
}

fn nearest(found: Vec<Programs>, major: u32) -> Result<Programs> {
    match found.into_iter().filter(|p| p.major >= major).min_by_key(|p| p.major) {
        Some(programs) => Ok(programs),
        None => bail!(
            "The programs `pg_dump` and `psql` of PostgreSQL {major} or newer are not installed (Debian: \
             `apt-get install postgresql-client-{major} postgresql-{major}`)"
        ),
    }
}

fn installed() -> Vec<Programs> {
    let folders =
        versioned("/usr/lib/postgresql", "bin").into_iter().chain(versioned("/usr", "bin")).chain(on_path());
    let real = folders.filter_map(|folder| real_folder(&folder));
    real.filter_map(|folder| Some(Programs { major: major(&folder)?, folder })).collect()
}

/// Debian's `/usr/lib/postgresql/15/bin`, Red Hat's `/usr/pgsql-15/bin`.
fn versioned(parent: &str, inside: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    let named = |p: &Path| {
        parent != "/usr" || p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("pgsql-"))
    };
    entries.flatten().map(|entry| entry.path()).filter(|p| named(p)).map(|p| p.join(inside)).collect()
}

fn on_path() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// A link to `postgres` in /usr/local/bin says nothing about its neighbours; the folder it points to does.
fn real_folder(folder: &Path) -> Option<PathBuf> {
    Some(folder.join("postgres").canonicalize().ok()?.parent()?.to_path_buf())
}

/// The version of the programs in a folder that holds all that we need.
fn major(folder: &Path) -> Option<u32> {
    let complete = ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).is_file());
    let output = complete.then(|| Command::new(folder.join("postgres")).arg("--version").output().ok())??;
    major_of(&String::from_utf8_lossy(&output.stdout))
}

/// `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`
fn major_of(version: &str) -> Option<u32> {
    let number = version.split_once(") ")?.1;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(versions: &[u32]) -> Vec<Programs> {
        versions.iter().map(|&major| Programs { folder: PathBuf::from(format!("/{major}")), major }).collect()
    }

    #[test]
    fn new_files_are_made_by_the_newest_version() {
        assert_eq!(choose(found(&[15, 17, 16]), None).expect("three to choose from").major, 17);
    }

    #[test]
    fn old_files_stay_with_the_version_that_made_them() {
        assert_eq!(choose(found(&[15, 17]), Some(15)).expect("it is there").major, 15);
        let refusal = choose(found(&[17]), Some(15)).expect_err("it is gone").to_string();
        assert!(
            refusal.starts_with("The data folder was made by PostgreSQL 15, and this machine has 17."),
            "{refusal}"
        );
    }

    #[test]
    fn a_server_is_dumped_by_programs_of_its_own_age() {
        assert_eq!(nearest(found(&[17, 15, 16]), 15).expect("its own").major, 15);
        assert_eq!(nearest(found(&[15, 17, 18]), 16).expect("a newer one").major, 17);
        assert!(nearest(found(&[15]), 16).is_err(), "an older one refuses");
    }

    #[test]
    fn a_machine_without_postgresql_is_told_what_to_install() {
        let refusal = choose(found(&[]), None).expect_err("nothing is there").to_string();
        assert!(refusal.contains("apt-get install postgresql"), "{refusal}");
        let refusal = choose(found(&[13]), None).expect_err("too old").to_string();
        assert_eq!(refusal, "Kontor needs PostgreSQL 15 or newer, and this machine has 13.");
    }

    #[test]
    fn the_version_is_read_from_what_the_program_says() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_of("something else"), None);
    }
}
