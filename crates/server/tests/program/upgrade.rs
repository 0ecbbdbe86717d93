//! A database of the first schema, with the sample data that its own program made, becomes one of today: every value that was there
//! is there, and its form is that of a database that is made today. How the fixture was made stands in docs/proofs.md.
use crate::kills::after::{form, one, run};
use crate::support::Site;
use std::io::Read;
use testkit::TestDb;

const FIRST: &[u8] = include_bytes!("../fixtures/first-schema.sql.gz");

/// What a migration is about, and not data: its own history, and the number that says that a model is a new one.
const NOT_DATA: [&str; 2] = ["kontor.migrations", "kontor.workspaces.model_revision"];

/// A database as the first program left it.
pub async fn first() -> TestDb {
    let db = TestDb::empty().await;
    let mut sql = String::new();
    flate2::read::GzDecoder::new(FIRST).read_to_string(&mut sql).expect("compressed SQL");
    let role = "do $$ begin create role kontor_app nologin;
        exception when duplicate_object or unique_violation then null; end $$";
    run(&db.url, role).await;
    run(&db.url, &sql).await;
    db
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_the_first_schema_becomes_one_of_today_and_keeps_every_value() {
    let db = first().await;
    let columns = one(
        &db.url,
        &format!("select string_agg(line, e'\\n' order by line) from ({COLUMNS}) as all_of_them"),
    )
    .await;
    let before = sums(&db.url, &columns).await;
    let rows: usize = before.iter().map(|(_, rows, _)| rows).sum();
    assert!(before.len() > 80 && rows > 1_000, "{} tables with {rows} rows", before.len());

    let old = form(&db.url).await;
    let site = Site::new(&db.url);
    let told = site.well(&["migrate"]);
    assert!(told.contains("run `kontor rollup fill`"), "what a new version computes is named: {told}");
    for ((table, rows, sum), (_, now, same)) in before.iter().zip(sums(&db.url, &columns).await) {
        assert_eq!((*rows, sum), (now, &same), "{table}");
    }
    assert!(site.well(&["migrate", "--plan"]).contains("up to date"));

    let fresh = TestDb::new().await;
    let (found, wanted) = (form(&db.url).await, form(&fresh.url).await);
    let only =
        |a: &str, b: &str| a.lines().filter(|l| !b.lines().any(|m| m == *l)).collect::<Vec<_>>().join("\n");
    assert_eq!(only(&wanted, &found), "", "a fresh database has more than an upgraded one");
    // A migration only adds, so what nobody wants any more stays: nothing else may be more than in a fresh one.
    assert_eq!(only(&only(&found, &wanted), &old), "", "an upgraded database has what neither version makes");

    site.well(&["rollup", "fill"]);
    let doctor = site.well(&["doctor"]);
    assert!(!doctor.contains("FAIL"), "{doctor}");
}

/// `schema.table` and the columns that it has, those that are computed left out.
const COLUMNS: &str = "select format('%s.%s %s', n.nspname, c.relname, string_agg(quote_ident(a.attname), ', ' order by a.attnum)) as line
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
    where n.nspname in ('kontor', 'data') and c.relkind in ('r', 'p') and not c.relispartition
      and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    group by n.nspname, c.relname";

/// Rows of every table, and a checksum of the columns named.
async fn sums(url: &str, columns: &str) -> Vec<(String, usize, String)> {
    let mut all = vec![];
    for (table, columns) in columns.lines().filter_map(|line| line.split_once(' ')) {
        let columns: Vec<&str> = columns
            .split(", ")
            .filter(|c| {
                ![table.to_owned(), format!("{table}.{c}")].iter().any(|n| NOT_DATA.contains(&n.as_str()))
            })
            .collect();
        if columns.is_empty() {
            continue;
        }
        let sql = format!(
            "select count(*) || ' ' || coalesce(sum(('x' || substr(md5(row({})::text), 1, 15))::bit(60)::bigint), 0) from {table}",
            columns.join(", ")
        );
        let told = one(url, &sql).await;
        let (rows, sum) = told.split_once(' ').expect("two of them");
        all.push((table.to_owned(), rows.parse().expect("a number"), sum.to_owned()));
    }
    all
}
