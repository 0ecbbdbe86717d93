//! What this installation was told: environment variables, then `kontor.toml`, then defaults. Everything is checked
//! at start and every fault is told at once, so that nobody mends them one restart at a time.
mod docs;
mod parse;
mod setting;
mod source;

pub use docs::page;
pub use source::{Fault, report};

use http_api::Network;
use http_api::limits::{Limits, Rule};
use setting as s;
use source::Reader;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use tracing::level_filters::LevelFilter;
use url::Url;

#[derive(Debug, Clone)]
pub struct Config {
    /// `None`: Kontor runs a private PostgreSQL.
    pub database_url: Option<String>,
    pub data: PathBuf,
    pub host: IpAddr,
    pub port: u16,
    pub public_url: Url,
    pub trusted_proxies: Vec<Network>,
    pub cors_origins: Vec<Url>,
    pub log: Log,
    pub metrics: Option<SocketAddr>,
    pub cookie_prefix: String,
    pub session: Session,
    pub pool: Pool,
    pub files: files::Place,
    pub redis_url: Option<String>,
    pub backup_key: Option<backups::Key>,
    pub limits: Limits,
    pub body_limit: usize,
    pub import_limit: usize,
    pub file_limit: usize,
    /// Whether `serve` works off the queue of jobs, too.
    pub worker: bool,
    /// The day that sample data is made for; `None`: today.
    pub sample_day: Option<kernel::Date>,
}

#[derive(Debug, Clone, Copy)]
pub struct Log {
    pub level: LevelFilter,
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LogFormat {
    Auto,
    Json,
    Pretty,
}

#[derive(Debug, Clone, Copy)]
pub struct Session {
    pub life: Duration,
    /// A token is replaced when it is used after this.
    pub rotate: Duration,
    pub password_minimum: usize,
}

#[derive(Debug, Clone, Copy)]
pub struct Pool {
    pub max: usize,
    pub idle: Duration,
    pub connect: Duration,
}

const LEVELS: &[(&str, LevelFilter)] = &[
    // Rust's logs have no level above error; what is fatal is logged as an error and ends the program.
    ("fatal", LevelFilter::ERROR),
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];
const FORMATS: &[(&str, LogFormat)] =
    &[("auto", LogFormat::Auto), ("json", LogFormat::Json), ("pretty", LogFormat::Pretty)];

const SWITCH: &[(&str, bool)] = &[("on", true), ("off", false)];

impl Config {
    /// From this process's environment and the `kontor.toml` of the folder it was started in (or `KONTOR_CONFIG`).
    pub fn load() -> Result<Config, Vec<Fault>> {
        let named = std::env::var("KONTOR_CONFIG").ok();
        let path = PathBuf::from(named.as_deref().unwrap_or("kontor.toml"));
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && named.is_none() => None,
            Err(e) => return Err(vec![Fault::unreadable(&path, &e)]),
        };
        Config::read(std::env::vars().collect(), file.as_deref())
    }

    fn read(environment: Vec<(String, String)>, file: Option<&str>) -> Result<Config, Vec<Fault>> {
        let mut r = Reader::new(environment, file);
        let port = r.value(&s::PORT, parse::whole(1..=65535)).unwrap_or_default() as u16;
        let session = session(&mut r);
        let pool = pool(&mut r);
        let limits = limits(&mut r);
        let log = Log {
            level: r.value(&s::LOG_LEVEL, parse::one_of(LEVELS)).unwrap_or(LevelFilter::INFO),
            format: r.value(&s::LOG_FORMAT, parse::one_of(FORMATS)).unwrap_or(LogFormat::Auto),
        };
        let data = r.value(&s::DATA, folder).unwrap_or_default();
        let config = Config {
            database_url: r.value(&s::DATABASE_URL, parse::address_of(&["postgresql", "postgres"])),
            files: files(&mut r, &data),
            data,
            host: r.value(&s::HOST, |t| t.parse().ok()).unwrap_or(IpAddr::from([127, 0, 0, 1])),
            port,
            public_url: r.value(&s::PUBLIC_URL, parse::origin).unwrap_or_else(|| localhost(port)),
            trusted_proxies: r
                .value(&s::TRUSTED_PROXIES, parse::list(|t| t.parse().ok()))
                .unwrap_or_default(),
            cors_origins: r.value(&s::CORS_ORIGINS, parse::list(parse::origin)).unwrap_or_default(),
            log,
            metrics: r.value(&s::METRICS_ADDR, parse::unless_off(|t| t.parse().ok())).flatten(),
            cookie_prefix: r.value(&s::COOKIE_PREFIX, parse::cookie_prefix).unwrap_or_default(),
            session,
            pool,
            redis_url: r.value(&s::REDIS_URL, parse::address_of(&["redis"])),
            backup_key: r.value(&s::BACKUP_KEY, |t| t.parse().ok()),
            limits,
            body_limit: r.value(&s::BODY_LIMIT, parse::size).unwrap_or_default(),
            import_limit: r.value(&s::IMPORT_LIMIT, parse::size).unwrap_or_default(),
            file_limit: r.value(&s::FILE_LIMIT, parse::size).unwrap_or_default(),
            worker: r.value(&s::WORKER, parse::one_of(SWITCH)).unwrap_or(true),
            sample_day: r.value(&s::SAMPLE_DAY, |t| t.parse().ok()),
        };
        r.finish(config)
    }
}

fn session(r: &mut Reader) -> Session {
    let life = r.value(&s::SESSION_HOURS, parse::whole(1..=168)).unwrap_or_default();
    let rotate = r.value(&s::SESSION_ROTATE_MINUTES, parse::whole(1..=1440)).unwrap_or_default();
    let password_minimum = r.value(&s::PASSWORD_MINIMUM, parse::whole(12..=128)).unwrap_or_default() as usize;
    Session {
        life: Duration::from_secs(life * 3600),
        rotate: Duration::from_secs(rotate * 60),
        password_minimum,
    }
}

/// S3-compatible storage where a bucket is named, else a folder.
fn files(r: &mut Reader, data: &std::path::Path) -> files::Place {
    let endpoint = r.value(&s::S3_ENDPOINT, parse::origin);
    let region = r.value(&s::S3_REGION, parse::plain_name).unwrap_or_default();
    let access_key = r.value(&s::S3_ACCESS_KEY, parse::filled);
    let secret_key = r.value(&s::S3_SECRET_KEY, parse::filled);
    let bucket_in_host = r.value(&s::S3_BUCKET_IN_HOST, |t| t.parse().ok()).unwrap_or_default();
    let Some(bucket) = r.value(&s::S3_BUCKET, parse::plain_name) else {
        return files::Place::Folder(data.join("files"));
    };
    for (setting, found) in [(&s::S3_ACCESS_KEY, &access_key), (&s::S3_SECRET_KEY, &secret_key)] {
        if found.is_none() {
            r.missing(setting, &s::S3_BUCKET);
        }
    }
    files::Place::S3(files::S3 {
        endpoint,
        bucket,
        region,
        access_key: access_key.unwrap_or_default(),
        secret_key: secret_key.unwrap_or_default(),
        bucket_in_host,
    })
}

fn pool(r: &mut Reader) -> Pool {
    let seconds = |n: Option<u64>| Duration::from_secs(n.unwrap_or_default());
    Pool {
        max: r.value(&s::POOL_MAX, parse::whole(2..=1000)).unwrap_or_default() as usize,
        idle: seconds(r.value(&s::POOL_IDLE_SECONDS, parse::whole(1..=3600))),
        connect: seconds(r.value(&s::POOL_CONNECT_SECONDS, parse::whole(1..=300))),
    }
}

fn limits(r: &mut Reader) -> Limits {
    let mut rule = |setting| r.value(setting, parse::rule).unwrap_or(Rule::new(1, Duration::from_secs(1)));
    Limits {
        auth: rule(&s::RATE_AUTH),
        api: rule(&s::RATE_API),
        upload: rule(&s::RATE_UPLOAD),
        bulk: rule(&s::RATE_BULK),
    }
}

fn folder(text: &str) -> Option<PathBuf> {
    (!text.is_empty()).then(|| PathBuf::from(text))
}

fn localhost(port: u16) -> Url {
    Url::parse(&format!("http://localhost:{port}")).expect("a host and a number make an address")
}

#[cfg(test)]
mod tests;
