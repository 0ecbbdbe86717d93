//! Where the private PostgreSQL keeps its files: in the data folder, unless its user cannot enter that.
use super::account::Account;
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The longest path that the system takes for a socket.
const LONGEST_SOCKET: usize = 107;
const PORT: u16 = 5432;

#[derive(Debug)]
pub struct Place {
    /// Holds `cluster` (PostgreSQL's own files), `socket` and `postgres.log`.
    pub folder: PathBuf,
}

impl Place {
    pub fn choose(data: &Path, account: &Account) -> Result<Place> {
        let data = data.canonicalize().with_context(|| format!("looking for {}", data.display()))?;
        let wanted = data.join("postgres");
        if prepared(&wanted, account) {
            return Ok(Place { folder: wanted });
        }
        for parent in ["/var/lib/kontor", "/tmp/kontor"] {
            let folder = Path::new(parent).join(mark(&data));
            if prepared(&folder, account) {
                tracing::info!(
                    "PostgreSQL's user cannot work in {}, so the private PostgreSQL lives in {}.",
                    wanted.display(),
                    folder.display()
                );
                return Ok(Place { folder });
            }
        }
        bail!(
            "PostgreSQL's user cannot work in {}. Set KONTOR_DATA to a folder that it can enter, or set DATABASE_URL.",
            wanted.display()
        )
    }

    pub fn cluster(&self) -> PathBuf {
        self.folder.join("cluster")
    }

    pub fn log(&self) -> PathBuf {
        self.folder.join("postgres.log")
    }

    pub fn socket(&self) -> PathBuf {
        let near = self.folder.join("socket");
        if near.join(format!(".s.PGSQL.{PORT}")).as_os_str().len() <= LONGEST_SOCKET {
            return near;
        }
        Path::new("/tmp").join(format!("kontor-{}", mark(&self.folder)))
    }

    pub fn url(&self) -> String {
        let socket = self.socket().display().to_string();
        let host: String = url::form_urlencoded::byte_serialize(socket.as_bytes()).collect();
        // A `+` would be a plus sign in a host, not a space.
        format!("postgresql://kontor@{}:{PORT}/kontor", host.replace('+', "%20"))
    }

    pub fn port(&self) -> u16 {
        PORT
    }

    /// The major version that made the files.
    pub fn version(&self) -> Option<u32> {
        std::fs::read_to_string(self.cluster().join("PG_VERSION")).ok()?.trim().parse().ok()
    }
}

/// Makes a folder that others may pass through and not look into.
pub fn make(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
    std::fs::set_permissions(folder, Permissions::from_mode(0o711))?;
    Ok(())
}

/// Whether the folder is there, private to the account, and of use to it.
fn prepared(folder: &Path, account: &Account) -> bool {
    let parent = folder.parent().expect("a folder inside another");
    let made = make(parent).and_then(|()| make_private(folder, account));
    made.is_ok() && account.can_write(folder)
}

pub fn make_private(folder: &Path, account: &Account) -> Result<()> {
    if !folder.is_dir() {
        std::fs::create_dir(folder)?;
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        account.own(folder)?;
    }
    Ok(())
}

/// Tells the folders of several checkouts apart, the same at every start.
fn mark(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    digest[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}
