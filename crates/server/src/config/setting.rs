//! The list of settings: one entry each, from which reading, `docs/configuration.md` and `.env.example` are made.

/// One thing that can be set, by an environment variable or a key of `kontor.toml`.
pub struct Setting {
    pub variable: &'static str,
    /// Names for the same thing that are also understood.
    pub also: &'static [&'static str],
    /// As it would be written; empty when there is none.
    pub default: &'static str,
    /// What a right value looks like, to follow "expected".
    pub expected: &'static str,
    pub help: &'static str,
    /// Its value is never shown.
    pub secret: bool,
    pub example: &'static str,
}

impl Setting {
    /// The key in `kontor.toml`: `KONTOR_PUBLIC_URL` is `public_url` there.
    pub fn key(&self) -> String {
        self.variable.strip_prefix("KONTOR_").unwrap_or(self.variable).to_lowercase()
    }
    pub fn variables(&self) -> impl Iterator<Item = &'static str> + '_ {
        std::iter::once(self.variable).chain(self.also.iter().copied())
    }
}

/// What most settings share, so that an entry says only what is its own.
const PLAIN: Setting =
    Setting { variable: "", also: &[], default: "", expected: "", help: "", secret: false, example: "" };

macro_rules! settings {
    ($($name:ident { $($field:ident : $value:expr),* $(,)? })*) => {
        $(pub const $name: Setting = Setting { $($field: $value,)* ..PLAIN };)*
        /// In the order of the documentation.
        pub const ALL: &[&Setting] = &[$(&$name),*];
    };
}

settings! {
    DATABASE_URL {
        variable: "DATABASE_URL",
        expected: "an address that starts with `postgresql://`",
        help: "The PostgreSQL server (15 or newer) and database. The user must be able to create schemas, the extensions `pg_trgm` and `unaccent`, and the role `kontor_app`. When it is not set, Kontor runs a private PostgreSQL in its data folder.",
        secret: true,
        example: "postgresql://kontor:change-me@localhost:5432/kontor",
    }
    DATA {
        variable: "KONTOR_DATA",
        default: "./data",
        expected: "a folder",
        help: "Where Kontor keeps what is not in PostgreSQL, and the private PostgreSQL.",
    }
    PORT {
        variable: "PORT",
        default: "8080",
        expected: "a whole number from 1 to 65535",
        help: "The port to serve on.",
    }
    HOST {
        variable: "KONTOR_HOST",
        default: "127.0.0.1",
        expected: "an IP address such as `127.0.0.1` or `0.0.0.0`",
        help: "The address to listen on. `0.0.0.0` lets other machines in; put a reverse proxy that speaks TLS before it.",
    }
    PUBLIC_URL {
        variable: "KONTOR_PUBLIC_URL",
        also: &["APP_URL"],
        expected: "an address that starts with `http://` or `https://`, without a path",
        help: "How people reach this installation, for links and for the origin check. `http://localhost:<PORT>` when it is not set. Cookies are marked `Secure` when it starts with `https://`.",
        example: "https://crm.example.com",
    }
    TRUSTED_PROXIES {
        variable: "KONTOR_TRUSTED_PROXIES",
        expected: "addresses or networks such as `127.0.0.1` or `10.0.0.0/8`, separated by commas",
        help: "The reverse proxies that stand before Kontor. Only what they write into `X-Forwarded-For` is believed; otherwise anybody could write any address there.",
        example: "127.0.0.1",
    }
    CORS_ORIGINS {
        variable: "KONTOR_CORS_ORIGINS",
        expected: "origins such as `https://app.example.com`, separated by commas",
        help: "Other origins whose pages may call the API with the user's session. The public URL is always allowed.",
        example: "https://intranet.example.com",
    }
    LOG_LEVEL {
        variable: "LOG_LEVEL",
        default: "info",
        expected: "fatal, error, warn, info, debug or trace",
        help: "How much is logged.",
    }
    LOG_FORMAT {
        variable: "LOG_FORMAT",
        default: "auto",
        expected: "auto, json or pretty",
        help: "`json`: one object a line. `pretty`: for people. `auto`: pretty on a terminal, else JSON.",
    }
    METRICS_ADDR {
        variable: "KONTOR_METRICS_ADDR",
        default: "127.0.0.1:9464",
        expected: "an address and port such as `127.0.0.1:9464`, or `off`",
        help: "Where Prometheus reads `/metrics`. Kept apart from the public port, so that no proxy rule can expose it by accident.",
    }
    COOKIE_PREFIX {
        variable: "KONTOR_COOKIE_PREFIX",
        default: "kontor",
        expected: "1 to 32 letters, digits, `-` or `_`",
        help: "Cookies are called `<prefix>.session_token` and `<prefix>.csrf`.",
    }
    SESSION_HOURS {
        variable: "KONTOR_SESSION_HOURS",
        default: "24",
        expected: "a whole number from 1 to 168",
        help: "A session ends after so many hours, however busy it is.",
    }
    SESSION_ROTATE_MINUTES {
        variable: "KONTOR_SESSION_ROTATE_MINUTES",
        default: "15",
        expected: "a whole number from 1 to 1440",
        help: "The token of a session in use is replaced after so many minutes, so that a stolen one soon ends.",
    }
    PASSWORD_MINIMUM {
        variable: "KONTOR_PASSWORD_MINIMUM",
        default: "12",
        expected: "a whole number from 12 to 128",
        help: "Characters of a password at least.",
    }
    POOL_MAX {
        variable: "KONTOR_POOL_MAX",
        default: "20",
        expected: "a whole number from 2 to 1000",
        help: "Connections to PostgreSQL at most.",
    }
    POOL_IDLE_SECONDS {
        variable: "KONTOR_POOL_IDLE_SECONDS",
        default: "20",
        expected: "a whole number from 1 to 3600",
        help: "A connection that nobody needed for so long is closed.",
    }
    POOL_CONNECT_SECONDS {
        variable: "KONTOR_POOL_CONNECT_SECONDS",
        default: "10",
        expected: "a whole number from 1 to 300",
        help: "How long to wait for a new connection, or for a free one.",
    }
    S3_BUCKET {
        variable: "S3_BUCKET",
        also: &["MINIO_BUCKET"],
        expected: "3 to 63 lower-case letters, digits, `-` or `.`",
        help: "The bucket for files in S3-compatible storage. When it is not set, files are kept in the folder `files` of the data folder. It is made when it does not exist and the key may make it.",
        example: "kontor",
    }
    S3_ENDPOINT {
        variable: "S3_ENDPOINT",
        expected: "an address that starts with `http://` or `https://`, without a path",
        help: "Where the storage answers, which browsers must reach too: links to files lead there. When it is not set, Amazon's by the region.",
        example: "https://s3.example.com",
    }
    S3_REGION {
        variable: "S3_REGION",
        also: &["AWS_REGION"],
        default: "us-east-1",
        expected: "lower-case letters, digits and `-`",
        help: "The storage's region; most other than Amazon's take any.",
    }
    S3_ACCESS_KEY {
        variable: "S3_ACCESS_KEY",
        also: &["AWS_ACCESS_KEY_ID", "MINIO_ACCESS_KEY"],
        expected: "the name of an access key",
        help: "Must be set with `S3_BUCKET`.",
        secret: true,
        example: "change-me",
    }
    S3_SECRET_KEY {
        variable: "S3_SECRET_KEY",
        also: &["AWS_SECRET_ACCESS_KEY", "MINIO_SECRET_KEY"],
        expected: "the secret of the access key",
        help: "Must be set with `S3_BUCKET`.",
        secret: true,
        example: "change-me",
    }
    S3_BUCKET_IN_HOST {
        variable: "S3_BUCKET_IN_HOST",
        default: "false",
        expected: "true or false",
        help: "`true`: the storage is asked at `https://bucket.host/` instead of `https://host/bucket/`.",
    }
    BACKUP_KEY {
        variable: "KONTOR_BACKUP_KEY",
        expected: "a secret key of age, as `age-keygen` prints it: `AGE-SECRET-KEY-1...`",
        help: "Backups are encrypted for this key, and cannot be read without it: keep it elsewhere too. When it is not set, they are not encrypted.",
        secret: true,
        example: "change-me",
    }
    REDIS_URL {
        variable: "REDIS_URL",
        expected: "an address that starts with `redis://`",
        help: "Shares rate limits between several nodes. Without it, or while it is away, each node counts for itself and `/api/health` says degraded.",
        secret: true,
        example: "redis://localhost:6379",
    }
    RATE_AUTH {
        variable: "KONTOR_RATE_AUTH",
        default: "5/15m",
        expected: "a number and a time such as `5/15m`, `120/1m` or `30/1s`",
        help: "Failed attempts to sign in, per e-mail address.",
    }
    RATE_API {
        variable: "KONTOR_RATE_API",
        default: "120/1m",
        expected: "a number and a time such as `120/1m`",
        help: "Requests to the API, per member.",
    }
    RATE_UPLOAD {
        variable: "KONTOR_RATE_UPLOAD",
        default: "10/1m",
        expected: "a number and a time such as `10/1m`",
        help: "Uploads of files and imports, per member.",
    }
    RATE_BULK {
        variable: "KONTOR_RATE_BULK",
        default: "5/1m",
        expected: "a number and a time such as `5/1m`",
        help: "Exports, per member. A change of many records by a filter counts as one API request.",
    }
    WORKER {
        variable: "KONTOR_WORKER",
        default: "on",
        expected: "on or off",
        help: "Whether `serve` and `start` also work off the queue of jobs. `off` where `kontor work` runs beside them; somebody must.",
    }
    SAMPLE_DAY {
        variable: "KONTOR_SAMPLE_DAY",
        expected: "a day such as `2025-11-21`",
        help: "The day that sample data is made for: its dates lie around it. The present day unless set.",
        example: "2025-11-21",
    }
    BODY_LIMIT {
        variable: "KONTOR_BODY_LIMIT",
        default: "1MB",
        expected: "a size such as `1MB` or `512KB`",
        help: "The largest JSON body.",
    }
    IMPORT_LIMIT {
        variable: "KONTOR_IMPORT_LIMIT",
        default: "500MB",
        expected: "a size such as `500MB` or `2GB`",
        help: "The largest file that can be uploaded to be imported by a job.",
    }
    FILE_LIMIT {
        variable: "KONTOR_FILE_LIMIT",
        default: "50MB",
        expected: "a size such as `50MB`",
        help: "The largest file that can be put on a record.",
    }
}
