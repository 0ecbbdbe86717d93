//! Counting in this process: the moments of the last requests, exactly.
use super::{Limiter, Rule, Shared, Standing};
use futures_util::future::{BoxFuture, FutureExt, ready};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const SHARDS: usize = 16;
/// A shard that grew to this many keys drops those that have been quiet.
const CROWDED: usize = 4096;
/// No rule looks back further than this.
const LONGEST: Duration = Duration::from_secs(3600);

type Shard = HashMap<String, VecDeque<Instant>>;

pub struct LocalLimiter {
    shards: [Mutex<Shard>; SHARDS],
    hash: RandomState,
}

impl Default for LocalLimiter {
    fn default() -> Self {
        Self { shards: Default::default(), hash: RandomState::new() }
    }
}

impl LocalLimiter {
    fn shard(&self, key: &str) -> MutexGuard<'_, Shard> {
        let at = self.hash.hash_one(key) as usize % SHARDS;
        // A panic while counting leaves a count that is off by one at worst.
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, key: &str, rule: Rule, now: Instant, take: bool) -> Standing {
        let mut shard = self.shard(key);
        if shard.len() > CROWDED {
            shard.retain(|_, times| times.back().is_some_and(|last| now.duration_since(*last) < LONGEST));
        }
        if !take && !shard.contains_key(key) {
            return standing(&VecDeque::new(), rule, now, true);
        }
        let times = shard.entry(key.to_owned()).or_default();
        while times.front().is_some_and(|first| now.duration_since(*first) >= rule.window) {
            times.pop_front();
        }
        let allowed = times.len() < rule.limit as usize;
        if allowed && take {
            times.push_back(now);
        }
        standing(times, rule, now, allowed)
    }
}

fn standing(times: &VecDeque<Instant>, rule: Rule, now: Instant, allowed: bool) -> Standing {
    let oldest = times.front().map_or(Duration::ZERO, |first| now.duration_since(*first));
    let remaining = (rule.limit as usize).saturating_sub(times.len()) as u32;
    Standing { allowed, limit: rule.limit, remaining, reset: rule.window.saturating_sub(oldest) }
}

impl Limiter for LocalLimiter {
    fn take<'a>(&'a self, key: &'a str, rule: Rule) -> BoxFuture<'a, Standing> {
        ready(self.count(key, rule, Instant::now(), true)).boxed()
    }
    fn peek<'a>(&'a self, key: &'a str, rule: Rule) -> BoxFuture<'a, Standing> {
        ready(self.count(key, rule, Instant::now(), false)).boxed()
    }
    fn give_back<'a>(&'a self, key: &'a str) -> BoxFuture<'a, ()> {
        if let Some(times) = self.shard(key).get_mut(key) {
            times.pop_back();
        }
        ready(()).boxed()
    }
    fn health(&self) -> BoxFuture<'_, Shared> {
        ready(Shared::InProcess).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides_with_each_request() {
        let limiter = LocalLimiter::default();
        let rule = Rule::new(2, Duration::from_secs(60));
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(limiter.count("k", rule, at(0), true).remaining, 1);
        assert!(limiter.count("k", rule, at(40), true).allowed);
        let refused = limiter.count("k", rule, at(50), true);
        assert!(!refused.allowed);
        assert_eq!(refused.reset, Duration::from_secs(10));
        assert!(limiter.count("k", rule, at(60), true).allowed, "the first one left the window");
        assert!(!limiter.count("k", rule, at(99), true).allowed, "the second one has not");
    }

    #[test]
    fn looking_does_not_count() {
        let limiter = LocalLimiter::default();
        let rule = Rule::new(1, Duration::from_secs(60));
        assert!(limiter.count("k", rule, Instant::now(), false).allowed);
        assert!(limiter.count("k", rule, Instant::now(), true).allowed);
        assert!(!limiter.count("k", rule, Instant::now(), false).allowed);
    }
}
