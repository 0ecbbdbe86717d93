//! A database per test, copied from a template that is migrated once.
use meta::Library;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use store::databases::{self, Databases};
use store::{MigrateOptions, Store, StoreConfig};

/// Keeps two test processes from making the same template at once.
const TEMPLATE_LOCK: i64 = 0x7465_6d70;

/// Templates of other states of the code that are kept, for those who go back and forth.
const OLD_TEMPLATES: usize = 6;

/// A migrated database without workspaces. It goes when this goes.
pub struct TestDb {
    pub url: String,
    /// For the files of whoever runs over this database.
    pub folder: tempfile::TempDir,
    name: String,
}

impl TestDb {
    pub async fn new() -> TestDb {
        let cluster = cluster();
        let server = Databases::connect(cluster).await.expect("the test server answers");
        let template = template(&server, cluster).await;
        let name = format!("kontor_test_{}", uuid::Uuid::now_v7().simple());
        server.create_from(&name, &template).await.expect("a database for this test");
        let folder = tempfile::tempdir().expect("a folder for files");
        TestDb { url: databases::at(cluster, &name), name, folder }
    }

    /// A database in which nothing is, not even Kontor.
    pub async fn empty() -> TestDb {
        let cluster = cluster();
        let server = Databases::connect(cluster).await.expect("the test server answers");
        let name = format!("kontor_test_{}", uuid::Uuid::now_v7().simple());
        server.create(&name).await.expect("a database for this test");
        let folder = tempfile::tempdir().expect("a folder for files");
        TestDb { url: databases::at(cluster, &name), name, folder }
    }

    pub fn config(&self) -> StoreConfig {
        // Many tests run at once, each with pools of its own.
        StoreConfig { max_connections: 6, door_connections: 3, ..StoreConfig::new(&self.url) }
    }

    pub async fn store(&self) -> Store {
        Store::connect(&self.config()).await.expect("the database of this test answers")
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let name = self.name.clone();
        // A drop cannot wait on the test's own runtime, which may be on its way out.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async { Databases::connect(cluster()).await?.drop(&name).await })
        });
        if let Ok(Err(e)) = dropping.join() {
            eprintln!("a test database stays behind: {e:#}");
        }
    }
}

/// A superuser's URL: `KONTOR_TEST_DATABASE_URL`, else the cluster that `tools/test-postgres` keeps.
fn cluster() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| match std::env::var("KONTOR_TEST_DATABASE_URL") {
        Ok(url) => url,
        Err(_) => started(),
    })
}

fn started() -> String {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/test-postgres");
    let output = Command::new(&tool).output().expect("tools/test-postgres can be run");
    assert!(output.status.success(), "tools/test-postgres: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_string()
}

/// The name tells what is in it, so a change of migrations or blueprints makes another one.
async fn template(server: &Databases, cluster: &str) -> String {
    let library = Library::shipped();
    let name = format!("kontor_template_{}", store::fingerprint(library));
    if server.exists(&name).await.expect("the list of databases") {
        return name;
    }
    let maker = Databases::connect(cluster).await.expect("the test server answers");
    maker.lock(TEMPLATE_LOCK).await.expect("the lock of the template");
    if !server.exists(&name).await.expect("the list of databases") {
        make_template(&maker, cluster, library, &name).await;
    }
    name
}

async fn make_template(server: &Databases, cluster: &str, library: &Library, name: &str) {
    let old = server.named_like("kontor_template_").await.expect("the list of databases");
    for unused in old.iter().rev().skip(OLD_TEMPLATES) {
        // Another process may be copying it this moment; then it stays until next time.
        let _in_use = server.drop(unused).await;
    }
    let draft = "kontor_template_in_the_making";
    server.create(draft).await.expect("an empty database");
    let store = Store::connect(&StoreConfig::new(databases::at(cluster, draft))).await.expect("it answers");
    store.migrate(library, MigrateOptions::default()).await.expect("the blueprints' tables can be made");
    store.close();
    drop(store);
    // Only a finished template gets its name; connections that are still closing are in the way for a moment.
    for attempt in 1.. {
        match server.rename(draft, name).await {
            Ok(()) => break,
            Err(e) if attempt == 50 => panic!("the template cannot be renamed: {e:#}"),
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20 * attempt)).await,
        }
    }
}
