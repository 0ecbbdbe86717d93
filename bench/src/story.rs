//! What is measured: the request that Kontor gets; `bench/sql/<name>.sql` is the same for pgbench.
use crate::load::Spread;

pub struct Story {
    pub name: &'static str,
    pub about: &'static str,
    /// The share of pgbench's throughput that DESIGN.md section 7 asks for.
    pub target: f64,
    /// Method, path and body for the `i`th request, `i` random.
    pub request: fn(i: u64, spread: &Spread) -> (&'static str, String, String),
}

const SYLLABLES: [&str; 32] = [
    "an", "bor", "cla", "dim", "el", "fre", "gus", "ham", "ir", "jov", "kar", "lu", "mil", "nor", "os",
    "pet", "qua", "ros", "ste", "tar", "ul", "ver", "wal", "xen", "yus", "zor", "ber", "dan", "gil", "hek",
    "lin", "sam",
];

pub const ALL: &[Story] = &[
    Story {
        name: "record",
        about: "a record by id",
        target: 0.40,
        request: |i, spread| {
            let id = Spread::contact_id(spread.first_workspace(i));
            ("GET", format!("/api/v1/contacts/{id}"), String::new())
        },
    },
    Story {
        name: "list",
        about: "list of 50, filtered, sorted, its client embedded",
        target: 0.45,
        request: |i, _| {
            let title = ["Director", "Buyer", "Engineer", "Assistant"][(i % 4) as usize];
            let from = i % 28 + 1;
            let path = format!(
                "/api/v1/contacts?job_title=eq.{title}&created_at=lt.2025-11-{from:02}T00:00:00Z\
                 &order=created_at.desc&limit=50\
                 &select=id,name,email,phone,job_title,created_at,client(id,name)"
            );
            ("GET", path, String::new())
        },
    },
    Story {
        name: "create",
        about: "create a contact, with its log",
        target: 0.40,
        request: |i, spread| {
            let client = Spread::client_id(i % (spread.clients() / spread.workspaces) * spread.workspaces);
            // Names as different as people's are: looking for duplicates is part of what is measured.
            let name = |from: u64, n: usize| -> String {
                (0..n).map(|k| SYLLABLES[(from >> (k * 8)) as usize % SYLLABLES.len()]).collect()
            };
            let (first, last) = (name(i, 2), name(i >> 16, 3));
            let body = format!(
                r#"{{"first_name":"{first}","last_name":"{last}","email":"new.{i}@example.com","client_id":"{client}"}}"#
            );
            ("POST", "/api/v1/contacts?select=id".into(), body)
        },
    },
    Story {
        name: "change",
        about: "change a contact's title, with its log",
        target: 0.40,
        request: |i, spread| {
            let id = Spread::contact_id(spread.first_workspace(i));
            ("PATCH", format!("/api/v1/contacts/{id}?select=id"), format!(r#"{{"job_title":"Title {i}"}}"#))
        },
    },
    Story {
        name: "aggregate",
        about: "count by consent over 50,000",
        target: 0.45,
        request: |_, _| ("GET", "/api/v1/contacts?select=marketing_consent,count()".into(), String::new()),
    },
];
