use super::docs::env_example;
use super::*;

fn read(environment: &[(&str, &str)], file: &str) -> Result<Config, Vec<Fault>> {
    Config::read(environment.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(), Some(file))
}

fn faults(environment: &[(&str, &str)], file: &str) -> Vec<String> {
    read(environment, file).expect_err("something is wrong").iter().map(Fault::to_string).collect()
}

#[test]
fn kontor_runs_without_any_configuration() {
    let config = read(&[], "").expect("the defaults are right");
    assert_eq!(config.database_url, None);
    assert_eq!(config.port, 8080);
    assert_eq!(config.public_url.as_str(), "http://localhost:8080/");
    assert_eq!(config.session.life, Duration::from_secs(24 * 3600));
    assert_eq!(config.pool.max, 20);
    assert_eq!(config.body_limit, 1_048_576);
    assert_eq!(config.limits.auth, Rule::new(5, Duration::from_secs(900)));
    assert_eq!(config.limits.api, Rule::new(120, Duration::from_secs(60)));
}

#[test]
fn every_fault_is_told_at_once() {
    let told = faults(
        &[
            ("PORT", "eighty"),
            ("LOG_LEVEL", "loud"),
            ("KONTOR_RATE_API", "many"),
            ("REDIS_URL", "http://cache"),
        ],
        "pool_max = 1",
    );
    assert_eq!(
        told,
        [
            "PORT: found `eighty`, expected a whole number from 1 to 65535.",
            "kontor.toml: `pool_max`: found `1`, expected a whole number from 2 to 1000.",
            "KONTOR_RATE_API: found `many`, expected a number and a time such as `120/1m`.",
            "LOG_LEVEL: found `loud`, expected fatal, error, warn, info, debug or trace.",
            "REDIS_URL: found a text of 12 characters that is not shown here, expected an address that starts with `redis://`.",
        ]
    );
}

#[test]
fn a_secret_is_never_shown() {
    let told = faults(&[("DATABASE_URL", "mysql://root:hunter2@db/x")], "").join("\n");
    assert!(told.starts_with("DATABASE_URL: found a text of 25 characters"));
    assert!(!told.contains("hunter2"));
}

#[test]
fn a_misspelt_name_is_a_fault_with_the_right_one() {
    let told = faults(&[("KONTOR_PUBLIC_ULR", "https://x.example")], "prot = 80\n[server]\nport = 1\n");
    assert_eq!(
        told,
        [
            "kontor.toml: `prot`: there is no such setting. Did you mean `port`?",
            "kontor.toml: `server`: there is no such setting.",
            "KONTOR_PUBLIC_ULR: there is no such setting. Did you mean `KONTOR_PUBLIC_URL`?",
        ]
    );
}

#[test]
fn variables_that_are_read_elsewhere_are_no_faults() {
    let set =
        [("KONTOR_BLUEPRINTS", "x"), ("KONTOR_CONFIG", "y"), ("KONTOR_TEST_PG", "z"), ("HOME", "/root")];
    assert!(read(&set, "").is_ok());
}

#[test]
fn a_file_that_is_not_toml_is_told_with_its_line() {
    let told = faults(&[], "port = 80\nhost = \n");
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("kontor.toml: line 2 is not TOML"), "{}", told[0]);
}

#[test]
fn the_environment_wins_over_the_file() {
    let config = read(&[("PORT", "9000")], "port = 7000\nhost = \"0.0.0.0\"\n").expect("both are right");
    assert_eq!((config.port, config.host.to_string().as_str()), (9000, "0.0.0.0"));
}

#[test]
fn an_empty_variable_is_not_set() {
    let config = read(&[("PORT", ""), ("DATABASE_URL", " ")], "").expect("nothing is set");
    assert_eq!((config.port, config.database_url), (8080, None));
}

#[test]
fn app_url_is_another_name_for_the_public_url() {
    let config = read(&[("APP_URL", "https://crm.example.com")], "").expect("it is right");
    assert_eq!(config.public_url.as_str(), "https://crm.example.com/");
}

#[test]
fn a_list_may_be_a_list_in_the_file() {
    let config =
        read(&[], "cors_origins = [\"https://a.example\", \"https://b.example\"]").expect("both are origins");
    assert_eq!(config.cors_origins.len(), 2);
}

#[test]
fn files_are_kept_in_the_data_folder_unless_a_bucket_is_named() {
    let config = read(&[("KONTOR_DATA", "/srv/kontor")], "").expect("it is right");
    assert!(
        matches!(config.files, files::Place::Folder(f) if f == std::path::Path::new("/srv/kontor/files"))
    );
    let told = faults(&[("S3_BUCKET", "kontor"), ("S3_ACCESS_KEY", "k")], "");
    assert_eq!(told, ["S3_SECRET_KEY: must be set where `S3_BUCKET` is."]);
    let set = [("MINIO_BUCKET", "kontor"), ("S3_ACCESS_KEY", "k"), ("S3_SECRET_KEY", "s")];
    match read(&set, "s3_endpoint = \"http://minio:9000\"").expect("it is right").files {
        files::Place::S3(s3) => {
            assert_eq!((s3.bucket.as_str(), s3.region.as_str()), ("kontor", "us-east-1"));
            assert_eq!(s3.endpoint.expect("set").as_str(), "http://minio:9000/");
        }
        place => panic!("{place:?}"),
    }
}

#[test]
fn metrics_can_be_switched_off() {
    assert_eq!(read(&[("KONTOR_METRICS_ADDR", "off")], "").expect("it is right").metrics, None);
}

#[test]
fn proxies_are_addresses_or_networks() {
    let config = read(&[("KONTOR_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8")], "").expect("both are right");
    assert_eq!(config.trusted_proxies.len(), 2);
    assert_eq!(faults(&[("KONTOR_TRUSTED_PROXIES", "proxy")], "").len(), 1);
}

#[test]
fn the_pages_about_settings_are_up_to_date() {
    kept("docs/configuration.md", &page());
    kept(".env.example", &env_example());
}

/// Compares a generated document with the code, or writes it when `KONTOR_BLESS=1` (`cargo xtask gen`).
fn kept(path: &str, expected: &str) {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path);
    if std::env::var("KONTOR_BLESS").is_ok_and(|v| v == "1") {
        std::fs::write(&path, expected).expect("the document can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{} is out of date: run `cargo xtask gen`.", path.display());
}
