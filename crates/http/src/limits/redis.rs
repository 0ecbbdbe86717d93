//! Counting in Redis, for several nodes together. Without Redis each node counts for itself, and health says so.
use super::{Limiter, LocalLimiter, Rule, Shared, Standing};
use futures_util::future::{BoxFuture, FutureExt};
use redis::Script;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// A sorted set per key, scored by the moment on Redis's own clock: nodes may disagree about the time.
const WINDOW: &str = r"
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('zremrangebyscore', KEYS[1], '-inf', now - window)
local count = redis.call('zcard', KEYS[1])
local allowed = 0
if count < limit then
  allowed = 1
  if ARGV[3] ~= '' then
    redis.call('zadd', KEYS[1], now, ARGV[3])
    redis.call('pexpire', KEYS[1], window)
    count = count + 1
  end
end
local oldest = redis.call('zrange', KEYS[1], 0, 0, 'withscores')
local reset = window
if oldest[2] then reset = oldest[2] + window - now end
return {allowed, count, reset}
";

/// An answer that takes longer is no answer: a request waits for its limit.
const PATIENCE: Duration = Duration::from_millis(200);
/// After a failure Redis is left alone for a moment, so that its loss does not slow every request.
const PAUSE: Duration = Duration::from_secs(5);

pub struct RedisLimiter {
    client: redis::Client,
    connection: OnceCell<ConnectionManager>,
    script: Script,
    local: LocalLimiter,
    lost: Mutex<Option<(Instant, String)>>,
}

impl RedisLimiter {
    /// Does not connect yet: the server starts without Redis, too (S2-240).
    pub fn new(url: &str) -> anyhow::Result<Self> {
        Ok(Self {
            client: redis::Client::open(url)?,
            connection: OnceCell::new(),
            script: Script::new(WINDOW),
            local: LocalLimiter::default(),
            lost: Mutex::new(None),
        })
    }

    async fn ask(&self, key: &str, rule: Rule, member: &str) -> Option<Standing> {
        let work = async {
            let mut connection = self.connection().await?;
            self.script
                .key(key)
                .arg(rule.window.as_millis() as u64)
                .arg(rule.limit)
                .arg(member)
                .invoke_async::<(u8, u32, u64)>(&mut connection)
                .await
        };
        let (allowed, count, reset) = self.patiently(work).await?;
        Some(Standing {
            allowed: allowed == 1,
            limit: rule.limit,
            remaining: rule.limit.saturating_sub(count),
            reset: Duration::from_millis(reset),
        })
    }

    async fn connection(&self) -> redis::RedisResult<ConnectionManager> {
        let connect = || {
            let config = ConnectionManagerConfig::new()
                .set_number_of_retries(1)
                .set_connection_timeout(Some(PATIENCE))
                .set_response_timeout(Some(PATIENCE));
            ConnectionManager::new_with_config(self.client.clone(), config)
        };
        self.connection.get_or_try_init(connect).await.cloned()
    }

    async fn patiently<T>(&self, work: impl Future<Output = redis::RedisResult<T>>) -> Option<T> {
        if self.is_resting() {
            return None;
        }
        let outcome = match tokio::time::timeout(PATIENCE, work).await {
            Ok(Ok(found)) => return Some(self.found(found)),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".into(),
        };
        tracing::warn!("Redis does not answer, limits are counted in this process: {outcome}");
        *self.lost() = Some((Instant::now(), outcome));
        None
    }

    fn found<T>(&self, answer: T) -> T {
        *self.lost() = None;
        answer
    }
    fn is_resting(&self) -> bool {
        self.lost().as_ref().is_some_and(|(since, _)| since.elapsed() < PAUSE)
    }
    fn lost(&self) -> std::sync::MutexGuard<'_, Option<(Instant, String)>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Limiter for RedisLimiter {
    fn take<'a>(&'a self, key: &'a str, rule: Rule) -> BoxFuture<'a, Standing> {
        async move {
            let member = kernel::new_id().to_string();
            match self.ask(key, rule, &member).await {
                Some(standing) => standing,
                None => self.local.take(key, rule).await,
            }
        }
        .boxed()
    }
    fn peek<'a>(&'a self, key: &'a str, rule: Rule) -> BoxFuture<'a, Standing> {
        async move {
            match self.ask(key, rule, "").await {
                Some(standing) => standing,
                None => self.local.peek(key, rule).await,
            }
        }
        .boxed()
    }
    fn give_back<'a>(&'a self, key: &'a str) -> BoxFuture<'a, ()> {
        async move {
            let work = async {
                let mut connection = self.connection().await?;
                redis::cmd("ZPOPMAX").arg(key).exec_async(&mut connection).await
            };
            if self.patiently(work).await.is_none() {
                self.local.give_back(key).await;
            }
        }
        .boxed()
    }
    fn health(&self) -> BoxFuture<'_, Shared> {
        async move {
            let work = async {
                let mut connection = self.connection().await?;
                redis::cmd("PING").exec_async(&mut connection).await
            };
            match self.patiently(work).await {
                Some(()) => Shared::Together,
                None => Shared::Lost(self.lost().as_ref().map_or_else(String::new, |l| l.1.clone())),
            }
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_redis_each_process_counts_for_itself_and_health_says_so() {
        let limiter = RedisLimiter::new("redis://127.0.0.1:1").unwrap();
        let rule = Rule::new(2, Duration::from_secs(60));
        assert_eq!(limiter.take("k", rule).await.remaining, 1);
        assert_eq!(limiter.take("k", rule).await.remaining, 0);
        assert!(!limiter.take("k", rule).await.allowed);
        limiter.give_back("k").await;
        assert!(limiter.peek("k", rule).await.allowed);
        assert!(matches!(limiter.health().await, Shared::Lost(_)));
    }
}
