//! Who somebody is: passwords, sessions, API keys, invitations, and the `Actor` that all of them lead to.
mod account;
mod cache;
mod caller;
mod invitations;
mod keys;
mod log;
mod members;
mod password;
mod sessions;
mod sign_in;
mod token;

pub use account::{Me, Profile};
pub use caller::{Asked, Authenticated, Credential, Pass, Secret, SessionRef};
pub use invitations::{Acceptance, Invited};
pub use keys::{KeyWish, NewKey};
pub use log::Happened;
pub use members::MemberWish;
pub use password::{HashCost, PasswordRule};
pub use sign_in::{Opened, SignIn};

pub use store::doors::identity::{
    AssignmentEntry, Invitation, KeyEntry, Location, Membership, OverrideEntry, SessionEntry,
};

use anyhow::Result;
use std::sync::Arc;
use std::time::Duration;
use store::Store;

#[derive(Debug, Clone)]
pub struct IdentityConfig {
    /// Characters of a password; 12 is the least.
    pub password_minimum: usize,
    pub hash_cost: HashCost,
    /// A session ends this long after the sign-in, used or not. At most seven days.
    pub session_life: Duration,
    /// A session's token is replaced when it is used after this.
    pub rotate_after: Duration,
    /// How long a replaced token still counts, for requests that were under way.
    pub grace: Duration,
    /// Failed attempts per address within `attempts_span` before it is locked out.
    pub attempts_per_email: u32,
    pub attempts_per_ip: u32,
    pub attempts_span: Duration,
    pub invitation_life: Duration,
    /// How long an answer to "who is this?" is believed without asking the database again.
    pub cache_life: Duration,
}

impl Default for IdentityConfig {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self {
            password_minimum: 12,
            hash_cost: HashCost::default(),
            session_life: 24 * 60 * minute,
            rotate_after: 15 * minute,
            grace: Duration::from_secs(30),
            attempts_per_email: 5,
            attempts_per_ip: 20,
            attempts_span: 15 * minute,
            invitation_life: 7 * 24 * 60 * minute,
            cache_life: Duration::from_secs(30),
        }
    }
}

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// The one door to accounts and sessions. Cheap to clone.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    store: Store,
    config: IdentityConfig,
    rule: PasswordRule,
    hasher: password::Hasher,
    cache: cache::Cache,
}

impl Identity {
    /// Listens for revocations on other nodes as long as it lives; call it inside a runtime.
    pub fn new(store: Store, mut config: IdentityConfig) -> Result<Self> {
        config.session_life = config.session_life.min(WEEK);
        let inner = Inner {
            rule: PasswordRule::new(config.password_minimum),
            hasher: password::Hasher::new(config.hash_cost)?,
            cache: cache::Cache::new(config.cache_life),
            store,
            config,
        };
        let identity = Self(Arc::new(inner));
        cache::follow(Arc::downgrade(&identity.0));
        Ok(identity)
    }

    fn store(&self) -> &Store {
        &self.0.store
    }
}
