//! A small HTTP/1.1 client on kept-alive connections: what it costs, it takes from the server under test, so it does
//! as little as can be.
use crate::load::Spread;
use crate::report::Figures;
use crate::story::Story;
use anyhow::{Context, Result, bail};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub async fn run(
    address: &str,
    key: &str,
    connections: usize,
    time: Duration,
    story: &'static Story,
    spread: &Spread,
) -> Result<Figures> {
    let (address, key) = (Arc::<str>::from(address), Arc::<str>::from(key));
    // A second to warm up: prepared statements, caches.
    let warm = all(&address, &key, connections, Duration::from_secs(1), story, spread, 1).await?;
    drop(warm);
    let started = Instant::now();
    let mut latencies = all(&address, &key, connections, time, story, spread, 2).await?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(Figures::of(&mut latencies, seconds))
}

async fn all(
    address: &Arc<str>,
    key: &Arc<str>,
    connections: usize,
    time: Duration,
    story: &'static Story,
    spread: &Spread,
    seed: u64,
) -> Result<Vec<u32>> {
    let until = Instant::now() + time;
    let tasks: Vec<_> = (0..connections)
        .map(|c| {
            let seed = seed << 32 | c as u64;
            tokio::spawn(one(address.clone(), key.clone(), until, story, spread.clone(), seed))
        })
        .collect();
    let mut latencies = vec![];
    for task in tasks {
        latencies.extend(task.await??);
    }
    Ok(latencies)
}

/// One connection, one request after the other. Latencies in microseconds.
async fn one(
    address: Arc<str>,
    key: Arc<str>,
    until: Instant,
    story: &'static Story,
    spread: Spread,
    seed: u64,
) -> Result<Vec<u32>> {
    let mut stream = TcpStream::connect(&*address).await.context("connecting to Kontor")?;
    stream.set_nodelay(true)?;
    let mut latencies = vec![];
    let mut buffer = vec![0u8; 1 << 16];
    let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    while Instant::now() < until {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let (method, path, body) = (story.request)(random >> 8, &spread);
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: kontor\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let at = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        let (status, read) = reply(&mut stream, &mut buffer).await?;
        latencies.push(at.elapsed().as_micros() as u32);
        if !(200..300).contains(&status) {
            bail!("{method} {path}: {status}\n{}", String::from_utf8_lossy(&buffer[..read]));
        }
    }
    Ok(latencies)
}

/// Reads one reply; its status, and how many bytes of the buffer it took.
async fn reply(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<(u16, usize)> {
    let mut read = 0;
    let mut end = None;
    loop {
        if read == buffer.len() {
            buffer.resize(buffer.len() * 2, 0);
        }
        let n = stream.read(&mut buffer[read..]).await?;
        if n == 0 {
            bail!("the server closed the connection");
        }
        read += n;
        if end.is_none() {
            end = whole(&buffer[..read])?;
        }
        if end.is_some_and(|end| read >= end) {
            let status = std::str::from_utf8(&buffer[9..12])?.parse()?;
            return Ok((status, read));
        }
    }
}

/// Where the reply ends, once its head is here.
fn whole(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(head) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&bytes[..head])?.to_ascii_lowercase();
    let length = text.lines().find_map(|l| l.strip_prefix("content-length:"));
    let length: usize = match length {
        Some(length) => length.trim().parse()?,
        None if text.starts_with("http/1.1 204") => 0,
        None => bail!("a reply without content-length"),
    };
    Ok(Some(head + 4 + length))
}
