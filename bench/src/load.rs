//! A million contacts in twenty workspaces, by `COPY`. Ids are made from the row's number, so that both sides can
//! name a random row without asking.
use anyhow::{Context, Result, bail};
use bytes::Bytes;
use futures_util::SinkExt;
use std::fmt::Write;
use tokio_postgres::{Client, NoTls};

/// How the rows lie over the workspaces: contact `n` belongs to workspace `n % workspaces`.
#[derive(Debug, Clone)]
pub struct Spread {
    pub rows: u64,
    pub workspaces: u64,
}

impl Spread {
    pub fn clients(&self) -> u64 {
        self.rows / 10
    }
    pub fn contact_id(n: u64) -> String {
        format!("018f0000-0000-7000-8000-{n:012x}")
    }
    pub fn client_id(n: u64) -> String {
        format!("018e0000-0000-7000-8000-{n:012x}")
    }
    /// The number of the `i`th contact of the first workspace.
    pub fn first_workspace(&self, i: u64) -> u64 {
        i % (self.rows / self.workspaces) * self.workspaces
    }
}

/// Fills an empty database; the id of the first workspace, in which everything is measured.
pub async fn fill(url: &str, spread: &Spread) -> Result<String> {
    let (db, connection) = tokio_postgres::connect(url, NoTls).await.context("connecting to PostgreSQL")?;
    tokio::spawn(connection);
    let workspaces = workspaces(&db, spread.workspaces).await?;
    let there: i64 = db.query_one("select count(*) from data.contacts", &[]).await?.get(0);
    if there as u64 >= spread.rows {
        eprintln!("{there} contacts are there already");
        return Ok(workspaces[0].clone());
    }
    if there > 0 {
        bail!("data.contacts holds {there} rows of another run; start with an empty database");
    }
    copy(&db, "clients", CLIENT_COLUMNS, spread.clients(), |n, line| client(n, &workspaces, line)).await?;
    let indexes = put_away(&db, "contacts").await?;
    copy(&db, "contacts", CONTACT_COLUMNS, spread.rows, |n, line| contact(n, spread, &workspaces, line))
        .await?;
    db.batch_execute("set maintenance_work_mem = '1GB'").await?;
    for index in indexes {
        eprintln!("{index} ...");
        db.batch_execute(&index).await?;
    }
    eprintln!("vacuum analyze ...");
    for table in ["clients", "contacts"] {
        db.batch_execute(&format!("vacuum analyze data.{table}")).await?;
    }
    Ok(workspaces[0].clone())
}

/// Drops the indexes that keep nothing unique, and tells how they were: built at once they take a fraction of the time.
async fn put_away(db: &Client, table: &str) -> Result<Vec<String>> {
    let sql = "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index \
               where indrelid = ('data.' || $1)::regclass and not indisunique";
    let mut all = vec![];
    for row in db.query(sql, &[&table]).await? {
        db.batch_execute(&format!("drop index {}", row.get::<_, String>(0))).await?;
        all.push(row.get(1));
    }
    Ok(all)
}

async fn workspaces(db: &Client, wanted: u64) -> Result<Vec<String>> {
    let sql = "select id::text from kontor.workspaces where slug like 'bench-%' order by length(slug), slug";
    let ids: Vec<String> = db.query(sql, &[]).await?.iter().map(|r| r.get(0)).collect();
    if (ids.len() as u64) < wanted {
        bail!("there are {} workspaces named bench-N, {wanted} are needed (bench/run makes them)", ids.len());
    }
    Ok(ids)
}

const CLIENT_COLUMNS: &str = "workspace_id, id, name, entity_type, type, status, email, created_at, created_by, \
    updated_at, updated_by, version";
const CONTACT_COLUMNS: &str = "workspace_id, id, first_name, last_name, name, client_id, is_primary, email, phone, \
    job_title, marketing_consent, do_not_call, email_bounced, created_at, created_by, updated_at, updated_by, version";
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
const FIRST: [&str; 16] = [
    "Anna", "Ben", "Clara", "David", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kaja", "Leo",
    "Mara", "Nils", "Olga", "Paul",
];
const LAST: [&str; 16] = [
    "Adler",
    "Brandt",
    "Conrad",
    "Dietrich",
    "Engel",
    "Falk",
    "Graf",
    "Hartmann",
    "Imhof",
    "Jansen",
    "Keller",
    "Lindqvist",
    "Moser",
    "Nowak",
    "Orth",
    "Peters",
];

fn client(n: u64, workspaces: &[String], line: &mut String) {
    let workspace = &workspaces[(n % workspaces.len() as u64) as usize];
    let id = Spread::client_id(n);
    let at = moment(n * 7);
    let _ = writeln!(
        line,
        "{workspace}\t{id}\tCompany {n}\torganisation\t{{customer}}\tactive\toffice{n}@example.com\t{at}\t{NOBODY}\t{at}\t{NOBODY}\t1"
    );
}

fn contact(n: u64, spread: &Spread, workspaces: &[String], line: &mut String) {
    let count = workspaces.len() as u64;
    let workspace = &workspaces[(n % count) as usize];
    // A client of the same workspace: numbers that agree modulo the number of workspaces.
    let client = (mixed(n) % (spread.clients() / count)) * count + n % count;
    let (first, last) = (FIRST[(mixed(n) % 16) as usize], LAST[(mixed(n + 1) % 16) as usize]);
    let (id, client, at) = (Spread::contact_id(n), Spread::client_id(client), moment(mixed(n)));
    let title = ["Director", "Buyer", "Engineer", "Assistant"][(mixed(n + 2) % 4) as usize];
    let _ = writeln!(
        line,
        "{workspace}\t{id}\t{first}\t{last} {n}\t{first} {last} {n}\t{client}\tf\t{}.{n}@example.com\t+4930{n:08}\t{title}\tunknown\tf\tf\t{at}\t{NOBODY}\t{at}\t{NOBODY}\t1",
        first.to_lowercase()
    );
}

/// A moment in 2025, spread by `n`.
fn moment(n: u64) -> String {
    let minutes = n % 525_600;
    format!(
        "2025-{:02}-{:02} {:02}:{:02}:{:02}+00",
        minutes / 43_800 + 1,
        minutes / 1_440 % 28 + 1,
        minutes / 60 % 24,
        minutes % 60,
        n % 60
    )
}

/// Splitmix64: the same rows every time, without order in them.
fn mixed(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

async fn copy(
    db: &Client,
    table: &str,
    columns: &str,
    rows: u64,
    write: impl Fn(u64, &mut String),
) -> Result<()> {
    let sink = db.copy_in(&format!("copy data.{table} ({columns}) from stdin")).await?;
    let mut sink = Box::pin(sink);
    let mut chunk = String::with_capacity(1 << 20);
    for n in 0..rows {
        write(n, &mut chunk);
        if chunk.len() > 900_000 {
            sink.send(Bytes::from(std::mem::take(&mut chunk))).await?;
        }
        if n % 200_000 == 0 {
            eprintln!("{table}: {n} of {rows}");
        }
    }
    sink.send(Bytes::from(chunk)).await?;
    let done = sink.as_mut().finish().await.with_context(|| format!("copying {table}"))?;
    eprintln!("{table}: {done} rows");
    Ok(())
}
