//! Rate limits: who has how many requests left in which window (S2-100, S2-101).
mod local;
mod redis;

pub use self::redis::RedisLimiter;
pub use local::LocalLimiter;

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use kernel::Problem;
use std::time::Duration;

/// So many requests in a window that slides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    pub limit: u32,
    pub window: Duration,
}

impl Rule {
    pub const fn new(limit: u32, window: Duration) -> Self {
        Self { limit, window }
    }
}

#[derive(Debug, Clone)]
pub struct Limits {
    /// Signing in and accepting invitations, per address of the network. Only failures count: a firm
    /// behind one address signs in at nine.
    pub auth: Rule,
    /// Everything else, per user (per address without one).
    pub api: Rule,
    pub upload: Rule,
    pub bulk: Rule,
}

impl Default for Limits {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self {
            auth: Rule::new(5, 15 * minute),
            api: Rule::new(120, minute),
            upload: Rule::new(10, minute),
            bulk: Rule::new(5, minute),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Auth,
    Api,
    Upload,
    Bulk,
}

impl Class {
    /// By route. What is not named here is `Api`.
    pub fn of(method: &Method, path: &str) -> Self {
        let path = path.strip_prefix("/api/v1").unwrap_or(path);
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        let writes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        match first {
            "auth" if method == Method::POST && path != "/auth/workspace" => Self::Auth,
            "auth" if path.starts_with("/auth/invitations/") => Self::Auth,
            "imports" if writes => Self::Upload,
            // Beginning one counts; sending and completing it belong to that.
            "files" if writes && path == "/files/uploads" => Self::Upload,
            "exports" if writes => Self::Bulk,
            _ if path.ends_with("/export") => Self::Bulk,
            _ => Self::Api,
        }
    }
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Api => "api",
            Self::Upload => "upload",
            Self::Bulk => "bulk",
        }
    }
    pub fn rule(self, limits: &Limits) -> Rule {
        match self {
            Self::Auth => limits.auth,
            Self::Api => limits.api,
            Self::Upload => limits.upload,
            Self::Bulk => limits.bulk,
        }
    }
    pub fn key(self, who: &str) -> String {
        format!("rl:{}:{who}", self.name())
    }
}

/// How somebody stands after a request was counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    pub allowed: bool,
    pub limit: u32,
    pub remaining: u32,
    /// Until the oldest counted request leaves the window.
    pub reset: Duration,
}

impl Standing {
    fn reset_seconds(&self) -> u64 {
        self.reset.as_secs_f64().ceil() as u64
    }
    pub fn stamp(&self, headers: &mut HeaderMap) {
        let numbers = [
            ("x-ratelimit-limit", u64::from(self.limit)),
            ("x-ratelimit-remaining", u64::from(self.remaining)),
            ("x-ratelimit-reset", self.reset_seconds()),
        ];
        for (name, number) in numbers {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(number));
        }
    }
    pub fn refusal(&self) -> Problem {
        let wait = self.reset_seconds().max(1);
        Problem::new("rate.limited", "Too many requests")
            .hint(format!("Try again in {wait} seconds."))
            .with(serde_json::json!({ "retry_after": wait }))
    }
}

/// Where the counting is done: in this process, or in Redis for several processes together.
pub trait Limiter: Send + Sync {
    /// Counts one request, when there is room for it.
    fn take<'a>(&'a self, key: &'a str, rule: Rule) -> BoxFuture<'a, Standing>;
    /// Looks without counting.
    fn peek<'a>(&'a self, key: &'a str, rule: Rule) -> BoxFuture<'a, Standing>;
    /// Takes back the last one counted: it turned out not to matter.
    fn give_back<'a>(&'a self, key: &'a str) -> BoxFuture<'a, ()>;
    /// `Err`: why the counting is not shared at present.
    fn health(&self) -> BoxFuture<'_, Shared>;
}

#[derive(Debug, Clone, PartialEq)]
pub enum Shared {
    /// One process counts for itself, as configured.
    InProcess,
    /// Counted together.
    Together,
    /// Should be counted together and is not.
    Lost(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_fall_into_the_four_classes() {
        let class = |m: Method, p: &str| Class::of(&m, p);
        assert_eq!(class(Method::POST, "/api/v1/auth/session"), Class::Auth);
        assert_eq!(class(Method::POST, "/api/v1/auth/login"), Class::Auth);
        assert_eq!(class(Method::GET, "/api/v1/auth/invitations/abc"), Class::Auth);
        assert_eq!(class(Method::DELETE, "/api/v1/auth/session"), Class::Api);
        assert_eq!(class(Method::POST, "/api/v1/auth/workspace"), Class::Api);
        assert_eq!(class(Method::POST, "/api/v1/imports"), Class::Upload);
        assert_eq!(class(Method::POST, "/api/v1/exports"), Class::Bulk);
        assert_eq!(class(Method::GET, "/api/v1/imports"), Class::Api);
        assert_eq!(class(Method::POST, "/api/v1/files/uploads"), Class::Upload);
        assert_eq!(class(Method::POST, "/api/v1/files/uploads/0199/completion"), Class::Api);
        assert_eq!(class(Method::PATCH, "/api/v1/files/0199"), Class::Api);
        assert_eq!(class(Method::POST, "/api/v1/clients"), Class::Api);
        assert_eq!(Class::Api.key("user:1"), "rl:api:user:1");
    }
}
