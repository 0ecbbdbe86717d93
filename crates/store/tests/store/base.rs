//! A database per test, with a small trade in it.
use kernel::{Row, Uuid, Value};
use meta::{Library, Model};
use policy::Actor;
use query::Statement;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use store::databases::{self, Databases};
use store::doors::workspaces::{self, NewWorkspace};
use store::{MigrateOptions, Store, StoreConfig};
use tokio_postgres::{Client, NoTls};

pub struct Base {
    pub url: String,
    pub store: Store,
    name: String,
}

impl Base {
    /// Nothing in it.
    pub async fn empty() -> Base {
        let server = Databases::connect(cluster()).await.expect("the test server answers");
        let name = format!("store_test_{}", kernel::new_id().simple());
        server.create(&name).await.expect("a database for this test");
        Self::open(name).await
    }

    /// Migrated for `library`: a copy of one that was migrated once for this process.
    pub async fn new() -> Base {
        let server = Databases::connect(cluster()).await.expect("the test server answers");
        let name = format!("store_test_{}", kernel::new_id().simple());
        server.create_from(&name, template(&server).await).await.expect("a database for this test");
        Self::open(name).await
    }

    /// Of an owner who is no superuser, as managed servers have it.
    pub async fn of_plain_owner() -> Base {
        let mut base = Self::empty().await;
        let owner = format!("owner_{}", base.name);
        let superuser = base.owner().await;
        let sql = format!(
            "do $do$ begin create role kontor_app nologin; exception when duplicate_object or unique_violation then null; end $do$;
             create role {owner} login; grant kontor_app to {owner}; alter database {} owner to {owner}",
            base.name
        );
        superuser.batch_execute(&sql).await.expect("another owner");
        base.url = base.url.replace("//kontor@", &format!("//{owner}@"));
        base.store = Store::connect(&config(&base.url)).await.expect("the owner may connect");
        base
    }

    async fn open(name: String) -> Base {
        let url = databases::at(cluster(), &name);
        let store = Store::connect(&config(&url)).await.expect("the database of this test answers");
        Base { url, store, name }
    }

    /// As the owner, past the store.
    pub async fn owner(&self) -> Client {
        client(&self.url).await
    }

    /// As the application's role, with the tenant set for the session: what an injected statement would be.
    pub async fn app(&self, workspace: Uuid) -> Client {
        let client = client(&self.url).await;
        let sql = format!("set role kontor_app; select set_config('kontor.workspace', '{workspace}', false)");
        client.batch_execute(&sql).await.expect("the application's role");
        client
    }

    pub async fn workspace(&self, slug: &str) -> Actor {
        let new = NewWorkspace { slug: slug.into(), name: slug.into(), ..NewWorkspace::default() };
        let made = workspaces::create(&self.store, &new).await.expect("a workspace");
        Actor::system(made.id, "Test")
    }

    pub async fn client(&self, actor: &Actor, name: &str) -> Uuid {
        self.insert(actor, "client", &[("name", name.into())]).await
    }

    pub async fn insert(&self, actor: &Actor, object: &str, values: &[(&str, Value)]) -> Uuid {
        let cx = self.store.begin(actor).await.expect("a transaction");
        let (id, statement) = insert(cx.model(), actor, object, values);
        cx.execute(&statement).await.expect("the row is taken");
        cx.commit().await.expect("a commit");
        id
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        let name = self.name.clone();
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                Databases::connect(cluster()).await?.drop(&name).await?;
                let superuser = client(cluster()).await;
                anyhow::Ok(superuser.batch_execute(&format!("drop role if exists owner_{name}")).await?)
            })
        });
        if let Ok(Err(e)) = dropping.join() {
            eprintln!("a test database stays behind: {e:#}");
        }
    }
}

pub fn insert(model: &Model, actor: &Actor, object: &str, values: &[(&str, Value)]) -> (Uuid, Statement) {
    let object = model.object(object).expect("the object");
    let id = kernel::new_id();
    let now = kernel::Timestamp::now();
    let mut row: Row = values.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    row.insert("id".into(), id.into());
    row.insert("created_at".into(), Value::Time(now));
    row.insert("updated_at".into(), Value::Time(now));
    row.insert("version".into(), Value::Int(1));
    (id, query::write::insert(object, actor.workspace, &row))
}

pub fn config(url: &str) -> StoreConfig {
    StoreConfig { max_connections: 4, door_connections: 2, ..StoreConfig::new(url) }
}

pub async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

pub fn cluster() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| match std::env::var("KONTOR_TEST_DATABASE_URL") {
        Ok(url) => url,
        Err(_) => started(),
    })
}

fn started() -> String {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/test-postgres");
    let output = Command::new(tool).output().expect("tools/test-postgres can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_string()
}

/// One for each state of migrations and blueprints, made by whichever process comes first.
async fn template(server: &Databases) -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    let name = NAME.get_or_init(|| format!("store_template_{}", store::fingerprint(Library::shipped())));
    if server.exists(name).await.expect("the list of databases") {
        return name;
    }
    let maker = Databases::connect(cluster()).await.expect("the test server answers");
    maker.lock(7).await.expect("the lock of the template");
    if !server.exists(name).await.expect("the list of databases") {
        let old = maker.named_like("store_template_").await.expect("the list of databases");
        for unused in old.iter().rev().skip(4) {
            let _in_use = maker.drop(unused).await;
        }
        let draft = format!("{name}_draft");
        maker.drop(&draft).await.expect("what a broken run left");
        maker.create(&draft).await.expect("an empty database");
        {
            let store = Store::connect(&config(&databases::at(cluster(), &draft))).await.expect("it answers");
            store.migrate(Library::shipped(), MigrateOptions::default()).await.expect("a migration");
            store.close();
        }
        while maker.rename(&draft, name).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
    name
}
