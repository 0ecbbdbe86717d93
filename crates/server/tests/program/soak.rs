//! A steady load at a bounded rate: memory, connections, tables and the queue must come to rest. Some seconds in the daily tests;
//! `tools/soak 30` for half an hour, with a line of figures every so often.
use crate::house::{House, Part, insist};
use crate::kills::after::{self, one};
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testkit::{Client, Method, TestDb};

/// Of the server and the worker: each may have its pools' twenty and six, and one that listens.
const CONNECTIONS: u64 = 2 * 27;

#[derive(Default)]
struct Load {
    over: AtomicBool,
    requests: AtomicU64,
    /// Refused or lost: nothing may be.
    troubles: AtomicU64,
    /// Milliseconds of the requests since the last sample.
    took: Mutex<Vec<f64>>,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    memory: [u64; 2],
    connections: u64,
    dead: u64,
    live: u64,
    size: u64,
    queue: u64,
}

fn setting(name: &str, default: f64) -> f64 {
    std::env::var(name).map_or(default, |n| n.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_steady_load_comes_to_rest() {
    let whole = Duration::from_secs_f64(60.0 * setting("KONTOR_SOAK_MINUTES", 0.25));
    let rate = setting("KONTOR_SOAK_RATE", 20.0);
    let db = TestDb::new().await;
    let mut house = House::new(&db.url).await;
    let load = Arc::new(Load::default());
    let workers = [
        tokio::spawn(small_ones(house.client.clone(), load.clone(), rate)),
        tokio::spawn(large_ones(house.client.clone(), load.clone())),
    ];
    let (since, every) = (Instant::now(), (whole / 60).max(Duration::from_secs(1)));
    let mut samples = vec![];
    while since.elapsed() < whole {
        tokio::time::sleep(every).await;
        let sample = sample(&house).await;
        tell(since.elapsed(), &sample, &load);
        samples.push(sample);
    }
    load.over.store(true, Relaxed);
    for worker in workers {
        worker.await.expect("the load goes on to its end");
    }
    after::no_job_is_left(&house).await;
    house.end(Part::Both);
    after::check(&house).await;
    let requests = load.requests.load(Relaxed);
    assert_eq!(load.troubles.load(Relaxed), 0, "of {requests} requests");
    verdict(&samples);
    println!("VERDICT: at rest after {requests} requests in {:?}", since.elapsed());
}

/// What is compared is the last quarter with the second: before that, caches and pools fill.
fn verdict(samples: &[Sample]) {
    let quarter = samples.len() / 4;
    assert!(quarter > 0, "too few samples for a verdict");
    let mean = |from: usize, of: &dyn Fn(&Sample) -> u64| {
        samples[from..from + quarter].iter().map(of).sum::<u64>() / quarter as u64
    };
    for (who, at) in [("server", 0), ("worker", 1)] {
        let memory = |s: &Sample| s.memory[at];
        let (early, late) = (mean(quarter, &memory), mean(samples.len() - quarter, &memory));
        println!("memory of the {who}: {early} MB in the second quarter, {late} MB in the last");
        assert!(late <= early + early / 4 + 16, "memory of the {who} grows: {early} MB, then {late} MB");
    }
    let most = samples.iter().map(|s| s.connections).max().unwrap_or_default();
    assert!(most <= CONNECTIONS, "{most} connections");
    let queue = mean(samples.len() - quarter, &|s| s.queue);
    assert!(queue <= 20, "{queue} jobs wait");
    let last = samples[samples.len() - 1];
    assert!(last.dead <= 50_000 + last.live, "{} dead rows of {}", last.dead, last.live);
}

async fn sample(house: &House) -> Sample {
    let name = house.url.rsplit('/').next().expect("a name");
    let sql = format!(
        "select concat_ws(' ', (select count(*) - 1 from pg_stat_activity where datname = '{name}'),
            sum(n_dead_tup), sum(n_live_tup), pg_database_size(current_database()) / 1048576,
            (select count(*) from kontor.jobs where state in ('waiting', 'running') and run_at <= now()))
         from pg_stat_user_tables"
    );
    let told = one(&house.url, &sql).await;
    let n: Vec<u64> = told.split(' ').map(|n| n.parse().expect("a number")).collect();
    Sample { memory: house.memory(), connections: n[0], dead: n[1], live: n[2], size: n[3], queue: n[4] }
}

fn tell(at: Duration, s: &Sample, load: &Load) {
    let mut took = std::mem::take(&mut *load.took.lock().expect("no panic while it was held"));
    took.sort_by(f64::total_cmp);
    let at_share = |share: f64| took.get((took.len() as f64 * share) as usize).copied().unwrap_or_default();
    println!(
        "{:>5.0} s  {:>7} requests  p50 {:>5.1} ms  p99 {:>6.1} ms  memory {} + {} MB  {} connections  {} live, {} dead rows  {} MB  {} jobs",
        at.as_secs_f64(),
        load.requests.load(Relaxed),
        at_share(0.5),
        at_share(0.99),
        s.memory[0],
        s.memory[1],
        s.connections,
        s.live,
        s.dead,
        s.size,
        s.queue
    );
}

/// Reads, searches, records made and changed, so many a second.
async fn small_ones(client: Client, load: Arc<Load>, rate: f64) {
    let mut beat = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
    let (mut n, mut id) = (0u64, String::new());
    while !load.over.load(Relaxed) {
        beat.tick().await;
        n += 1;
        if id.is_empty() || n % 10 == 0 {
            let body = json!({ "name": format!("Steady {n}"), "email": format!("s{n}@example.org") });
            id = send(&client, &load, Method::POST, "/api/v1/clients", Some(body)).await;
        } else if n % 10 == 5 {
            let body = json!({ "website": format!("https://s{n}.example") });
            send(&client, &load, Method::PATCH, &format!("/api/v1/clients/{id}"), Some(body)).await;
        } else {
            let one = format!("/api/v1/clients/{id}");
            let searched = format!("/api/v1/search?q=Steady%20{}", n / 2);
            let paths = [
                one.as_str(),
                "/api/v1/clients?order=created_at.desc&limit=50",
                &searched,
                "/api/v1/me",
                "/api/v1/changes?limit=20",
            ];
            send(&client, &load, Method::GET, paths[n as usize % paths.len()], None).await;
        }
    }
}

/// Changes of many and their undo, exports, imports: one every two seconds.
async fn large_ones(client: Client, load: Arc<Load>) {
    let mut beat = tokio::time::interval(Duration::from_secs(2));
    for n in 0u64.. {
        beat.tick().await;
        if load.over.load(Relaxed) {
            return;
        }
        match n % 4 {
            0 => {
                let body = json!({ "source": if n % 8 == 0 { "event" } else { "referral" } });
                // Those of the last two minutes: as many at the end as at the beginning.
                let since = kernel::Timestamp::now() - jiff::SignedDuration::from_secs(120);
                let path = format!("/api/v1/clients?name=like.Steady%20*&created_at=gte.{since}");
                send(&client, &load, Method::PATCH, &path, Some(body)).await;
            }
            1 => {
                let order =
                    json!({ "object": "clients", "query": "select=name,email&limit=1000", "format": "csv" });
                send(&client, &load, Method::POST, "/api/v1/exports", Some(order)).await;
            }
            2 => {
                let newest = send(
                    &client,
                    &load,
                    Method::GET,
                    "/api/v1/changes?limit=1&object=client&action=update",
                    None,
                )
                .await;
                if !newest.is_empty() {
                    send(
                        &client,
                        &load,
                        Method::POST,
                        &format!("/api/v1/changes/{newest}/undo"),
                        Some(json!({})),
                    )
                    .await;
                }
            }
            _ => import(&client, &load, n).await,
        }
    }
}

async fn import(client: &Client, load: &Load, n: u64) {
    let rows: String = (0..50).map(|row| format!("import-{n}-{row},Imported {n} {row}\n")).collect();
    let path = format!("/api/v1/imports/uploads?name=steady-{n}.csv");
    let text = format!("id,name\n{rows}").into_bytes();
    let upload = insist(client, Method::POST, &path, Some(text), "application/octet-stream", None).await.0;
    let mapping =
        "object = \"client\"\nkey = [\"external_id\"]\n[columns]\nid = \"external_id\"\nname = \"name\"\n";
    let order = json!({ "upload": upload.expect_status(201).json["id"], "mapping": mapping });
    send(client, load, Method::POST, "/api/v1/imports/jobs", Some(order)).await;
}

/// The id of what was answered, if it has one.
async fn send(
    client: &Client,
    load: &Load,
    method: Method,
    path: &str,
    body: Option<serde_json::Value>,
) -> String {
    let since = Instant::now();
    let bytes = body.map(|b| b.to_string().into_bytes());
    let answer = client.try_send(method.clone(), path, bytes, "application/json").await;
    load.requests.fetch_add(1, Relaxed);
    load.took.lock().expect("no panic while it was held").push(since.elapsed().as_secs_f64() * 1_000.0);
    match answer {
        // Somebody changed it meanwhile, or took it back already: an answer like any other.
        Ok(answer) if answer.status() < 400 || answer.status() == 409 => {
            let id = [&answer.json["id"], &answer.json["changes"][0]["id"]];
            id.into_iter().find_map(|id| id.as_str()).unwrap_or_default().to_owned()
        }
        other => {
            println!("{method} {path}: {other:?}");
            load.troubles.fetch_add(1, Relaxed);
            String::new()
        }
    }
}
