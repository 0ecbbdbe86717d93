//! Passwords: the rule they follow, and how they are kept (Argon2id).
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use kernel::{Outcome, Problem, Problems};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What a new password must be (S2-070). Twelve characters is the floor; a firm may ask for more.
#[derive(Debug, Clone)]
pub struct PasswordRule {
    minimum: usize,
}

/// Longer ones are refused before hashing, so that a megabyte of password costs nothing.
const MAXIMUM: usize = 1024;

impl PasswordRule {
    pub fn new(minimum: usize) -> Self {
        Self { minimum: minimum.max(12) }
    }

    /// Every shortcoming at once.
    pub fn check(&self, password: &str, confirmation: Option<&str>) -> Result<(), Problems> {
        let mut problems = vec![];
        let mut ask = |holds: bool, detail: &str, field: &str| {
            if !holds {
                problems.push(Problem::new("auth.password_rule", detail).at(field));
            }
        };
        let length = password.chars().count();
        ask(length >= self.minimum, &format!("Minimum {} characters", self.minimum), "password");
        ask(password.chars().any(char::is_uppercase), "Must contain uppercase letter", "password");
        ask(password.chars().any(char::is_lowercase), "Must contain lowercase letter", "password");
        ask(password.chars().any(|c| c.is_ascii_digit()), "Must contain digit", "password");
        ask(password.chars().any(is_special), "Must contain special character", "password");
        ask(length <= MAXIMUM, &format!("Maximum {MAXIMUM} characters"), "password");
        ask(confirmation.is_none_or(|c| c == password), "Passwords must match", "confirmation");
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

fn is_special(c: char) -> bool {
    !c.is_alphanumeric() && !c.is_whitespace()
}

/// Memory and passes of Argon2id. The default is OWASP's first recommendation.
#[derive(Debug, Clone, Copy)]
pub struct HashCost {
    pub memory_kib: u32,
    pub passes: u32,
}

impl Default for HashCost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2 }
    }
}

impl HashCost {
    /// For tests, which sign in hundreds of times and guard nothing.
    pub const CHEAP: Self = Self { memory_kib: 8, passes: 1 };
}

#[derive(Clone)]
pub(crate) struct Hasher {
    argon: Argon2<'static>,
    /// A hash that no password fits: what is verified for an address that nobody has.
    nobody: Arc<str>,
    /// Each hash holds its memory while it runs; more at once than processors only queue there.
    at_once: Arc<Semaphore>,
}

impl Hasher {
    pub fn new(cost: HashCost) -> anyhow::Result<Self> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None)
            .map_err(|e| anyhow::anyhow!("the cost of password hashing: {e}"))?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = hash_now(&argon, &crate::token::random())?.into();
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Self { argon, nobody, at_once: Arc::new(Semaphore::new(processors)) })
    }

    pub async fn hash(&self, password: &str) -> Outcome<String> {
        let (argon, password) = (self.argon.clone(), password.to_owned());
        self.work(move || hash_now(&argon, &password)).await?.map_err(Into::into)
    }

    /// Whether the password fits. Without a hash (an unknown address, an account without a password) the same
    /// work is done and the answer is no.
    pub async fn fits(&self, password: &str, hash: Option<&str>) -> Outcome<bool> {
        let known = hash.is_some();
        let hash: Arc<str> = hash.map_or_else(|| self.nobody.clone(), Into::into);
        let (argon, password) = (self.argon.clone(), password.to_owned());
        if password.chars().count() > MAXIMUM {
            return Ok(false);
        }
        let fits = self.work(move || argon.verify_password(password.as_bytes(), &*hash).is_ok()).await?;
        Ok(fits && known)
    }

    async fn work<T: Send + 'static>(&self, f: impl FnOnce() -> T + Send + 'static) -> Outcome<T> {
        let _turn = self.at_once.acquire().await.map_err(anyhow::Error::from)?;
        Ok(tokio::task::spawn_blocking(f).await.map_err(anyhow::Error::from)?)
    }
}

fn hash_now(argon: &Argon2<'_>, password: &str) -> anyhow::Result<String> {
    let hash =
        argon.hash_password(password.as_bytes()).map_err(|e| anyhow::anyhow!("hashing a password: {e}"))?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(password: &str, confirmation: &str) -> Vec<String> {
        let rule = PasswordRule::new(12);
        let problems = rule.check(password, Some(confirmation)).err().unwrap_or_default();
        problems.into_iter().map(|p| p.detail).collect()
    }

    #[test]
    fn every_shortcoming_of_a_password_is_named_at_once() {
        assert_eq!(
            complaints("", "x"),
            [
                "Minimum 12 characters",
                "Must contain uppercase letter",
                "Must contain lowercase letter",
                "Must contain digit",
                "Must contain special character",
                "Passwords must match"
            ]
        );
        assert_eq!(complaints("Harbour-2026-light", "Harbour-2026-light"), [""; 0]);
        assert_eq!(complaints("Ab1-5678901", "Ab1-5678901"), ["Minimum 12 characters"]);
    }

    #[test]
    fn a_firm_may_ask_for_more_characters_and_never_for_fewer() {
        let longer = PasswordRule::new(20).check("Harbour-2026-ligh", None).unwrap_err();
        assert_eq!(longer[0].detail, "Minimum 20 characters");
        assert!(PasswordRule::new(4).check("Ab1-", None).is_err());
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let hasher = Hasher::new(HashCost::CHEAP).unwrap();
        let hash = hasher.hash("Harbour-2026-light").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
        assert!(hasher.fits("Harbour-2026-light", Some(&hash)).await.unwrap());
        assert!(!hasher.fits("harbour-2026-light", Some(&hash)).await.unwrap());
        assert!(!hasher.fits("Harbour-2026-light", None).await.unwrap());
    }
}
