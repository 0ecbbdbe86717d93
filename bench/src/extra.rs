//! What has no twin in pgbench: the search over everything, deep pages, changes of a thousand rows.
use crate::load::Spread;
use anyhow::{Context, Result, bail};
use std::fmt::Write;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One kept-alive connection.
pub struct Http {
    stream: TcpStream,
    key: String,
}

pub struct Answer {
    pub head: String,
    pub body: String,
    pub took: Duration,
}

impl Http {
    pub async fn connect(address: &str, key: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("connecting to Kontor")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, key: key.into() })
    }

    pub async fn send(&mut self, method: &str, path: &str, more: &str, body: &str) -> Result<Answer> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: kontor\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\n{more}content-length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        let at = Instant::now();
        self.stream.write_all(request.as_bytes()).await?;
        let mut bytes = vec![];
        let mut buffer = vec![0u8; 1 << 16];
        loop {
            let n = self.stream.read(&mut buffer).await?;
            if n == 0 {
                bail!("the server closed the connection");
            }
            bytes.extend_from_slice(&buffer[..n]);
            let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = header(&head, "content-length").and_then(|l| l.parse().ok()).unwrap_or(0usize);
            if bytes.len() < end + 4 + length {
                continue;
            }
            let took = at.elapsed();
            let body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
            if !head.starts_with("HTTP/1.1 2") {
                bail!("{method} {path}: {head}\n{body}");
            }
            return Ok(Answer { head, body, took });
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let of = |line: &'a str| line.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case(name));
    head.lines().find_map(of).map(|(_, value)| value.trim())
}

/// All of it, as text for RESULTS.md.
pub async fn run(address: &str, key: &str, spread: &Spread) -> Result<String> {
    let mut text = String::new();
    search(address, key, spread, &mut text).await?;
    let mut http = Http::connect(address, key).await?;
    pages(&mut http, &mut text).await?;
    many(&mut http, spread, &mut text).await?;
    Ok(text)
}

/// What people type: names, their beginnings, two words, slips, addresses, telephones, numbers, and what is not there.
fn typed(spread: &Spread) -> Vec<(&'static str, String)> {
    let first = ["anna", "Élif", "jonas", "mara", "olga", "farid", "greta", "ínes"];
    let last = ["hartmann", "lindqvist", "dietrich", "jansen", "keller", "nowak", "peters", "brandt"];
    let slips = ["hartmnan", "lindqivst", "dietrihc", "jansne", "kelller", "nwoak", "petres", "brnadt"];
    let mut all = vec![];
    for i in 0..8usize {
        let n = spread.first_workspace(i as u64 * 977 + 13);
        all.push(("name", last[i].to_string()));
        all.push(("name", first[i].to_string()));
        all.push(("beginning", last[i][..4].to_string()));
        all.push(("two letters", last[i][..2].to_string()));
        all.push(("two words", format!("{} {}", first[i], last[7 - i])));
        all.push(("two words", format!("{} {}", &first[i], &last[i][..3])));
        all.push(("slip", slips[i].to_string()));
        all.push(("slip, two words", format!("{} {}", first[i], slips[7 - i])));
        all.push(("e-mail", format!("office{n}@example")));
        all.push(("company", format!("Company {n}")));
        all.push(("number", format!("company {}", n % 1000)));
        all.push(("digits", format!("{n}")));
        all.push(("telephone", format!("+49 (30) {:04}", n % 10_000)));
        all.push(("telephone", format!("030 {:05}", n % 100_000)));
        all.push(("everywhere", ["example.com", "company", "example", "exam"][i % 4].to_string()));
        all.push(("nothing", format!("zzq{i}xv")));
        all.push(("nothing", format!("qqq {}", last[i])));
    }
    all
}

async fn search(address: &str, key: &str, spread: &Spread, text: &mut String) -> Result<()> {
    let queries = typed(spread);
    let mut http = Http::connect(address, key).await?;
    let mut by_kind: Vec<(&str, Vec<f64>, usize)> = vec![];
    let mut all = vec![];
    // Twice: the first round prepares statements and warms the caches, the second counts.
    for round in 0..2 {
        for (kind, q) in &queries {
            let answer = http.send("GET", &format!("/api/v1/search?q={}", encode(q)), "", "").await?;
            if round == 0 {
                continue;
            }
            let ms = answer.took.as_secs_f64() * 1000.0;
            all.push(ms);
            let at = by_kind.iter().position(|(k, ..)| k == kind).unwrap_or_else(|| {
                by_kind.push((*kind, vec![], 0));
                by_kind.len() - 1
            });
            by_kind[at].1.push(ms);
            by_kind[at].2 += answer.body.matches("\"object\":").count();
        }
    }
    let _ = writeln!(
        text,
        "| search for | queries | finds | p50 ms | p95 ms | most ms |\n|---|---|---|---|---|---|"
    );
    by_kind.push(("**all of them**", all, 0));
    by_kind.push(("**all of them, 16 at once**", at_once(address, key, &queries).await?, 0));
    for (kind, mut times, finds) in by_kind {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() as f64 * share) as usize).min(times.len() - 1)];
        let (n, most) = (times.len(), times[times.len() - 1]);
        let _ = writeln!(text, "| {kind} | {n} | {finds} | {:.1} | {:.1} | {most:.1} |", at(0.5), at(0.95));
    }
    Ok(())
}

/// The same from sixteen connections, each beginning at another query; milliseconds.
async fn at_once(address: &str, key: &str, queries: &[(&'static str, String)]) -> Result<Vec<f64>> {
    const CONNECTIONS: usize = 16;
    let asking = (0..CONNECTIONS).map(|n| {
        let (address, key, mut queries) = (address.to_owned(), key.to_owned(), queries.to_vec());
        tokio::spawn(async move {
            let first = n * 17 % queries.len();
            queries.rotate_left(first);
            let mut http = Http::connect(&address, &key).await?;
            let mut times = vec![];
            for (_, q) in &queries {
                let at = Instant::now();
                // A search that would take too long is refused with 503: that counts as well.
                if http.send("GET", &format!("/api/v1/search?q={}", encode(q)), "", "").await.is_err() {
                    http = Http::connect(&address, &key).await?;
                }
                times.push(at.elapsed().as_secs_f64() * 1000.0);
            }
            Ok::<_, anyhow::Error>(times)
        })
    });
    let mut all = vec![];
    for times in asking.collect::<Vec<_>>() {
        all.extend(times.await??);
    }
    Ok(all)
}

fn encode(q: &str) -> String {
    q.bytes().fold(String::new(), |mut out, b| {
        let _ = write!(out, "%{b:02X}");
        out
    })
}

/// Page 1 and the page after 49,000 rows, by the cursor that leads there.
async fn pages(http: &mut Http, text: &mut String) -> Result<()> {
    let list = "/api/v1/contacts?order=created_at.desc&limit=50&select=id,name,created_at";
    let there = http.send("GET", &format!("{list}&offset=45000"), "", "").await?;
    // With fewer rows there is no such page.
    let Some(cursor) = header(&there.head, "x-next-cursor").map(str::to_owned) else { return Ok(()) };
    for (name, path) in [
        ("page 1", list.to_string()),
        ("page 900, by cursor", format!("{list}&cursor={cursor}")),
        ("page 900, by offset", format!("{list}&offset=45000")),
    ] {
        let median = median(http, "GET", &path, "").await?;
        let _ = writeln!(text, "\n{name}: {median:.2} ms");
    }
    Ok(())
}

/// A thousand rows made by one request, and a thousand changed by one.
async fn many(http: &mut Http, spread: &Spread, text: &mut String) -> Result<()> {
    let rows: Vec<String> = (0..1000)
        .map(|i| {
            let client = Spread::client_id(i % (spread.clients() / spread.workspaces) * spread.workspaces);
            format!(r#"{{"first_name":"Bulk","last_name":"Row {i}","email":"bulk.{i}@example.com","client_id":"{client}"}}"#)
        })
        .collect();
    let body = format!("[{}]", rows.join(","));
    let minimal = "prefer: return=minimal\r\n";
    let mut made = vec![];
    let mut changed = vec![];
    for round in 0..3 {
        made.push(http.send("POST", "/api/v1/contacts", minimal, &body).await?.took.as_secs_f64() * 1000.0);
        let change = format!(r#"{{"job_title":"Bulk {round}"}}"#);
        let path = "/api/v1/contacts?first_name=eq.Bulk&order=created_at.desc&limit=1000";
        changed.push(http.send("PATCH", path, minimal, &change).await?.took.as_secs_f64() * 1000.0);
    }
    for (name, mut times) in [("1,000 contacts by one POST", made), ("1,000 contacts by one PATCH", changed)]
    {
        times.sort_by(f64::total_cmp);
        let _ = writeln!(
            text,
            "\n{name}, with their log: {:.0} ms ({:.0} rows a second)",
            times[1],
            1_000_000.0 / times[1]
        );
    }
    Ok(())
}

async fn median(http: &mut Http, method: &str, path: &str, body: &str) -> Result<f64> {
    let mut times = vec![];
    for _ in 0..51 {
        times.push(http.send(method, path, "", body).await?.took.as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[25])
}
