//! One stream: what reached its seat, trimmed for its holder, until the holder is another or is gone.
use crate::seat::Seat;
use crate::{Live, Since, missed};
use identity::Pass;
use kernel::{Failure, Outcome};
use policy::Actor;
use records::Told;
use serde_json::Value as Json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Rights that end by themselves are looked at as often; those that are taken tell at once.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// Change sets that are trimmed together.
const AT_ONCE: usize = 32;
/// How long a reader who was cut may take to hear of it.
const FAREWELL: Duration = Duration::from_secs(5);

/// What is told.
#[derive(Debug, Clone)]
pub enum Event {
    /// From here on nothing is missed.
    Hello(Since),
    Change {
        id: Since,
        what: Json,
    },
    /// Something was missed: what is shown may be old.
    Reload,
    /// The session is over, or its holder has other rights by now: come again.
    Again,
}

/// Ends with what it tells of.
pub struct Events(mpsc::Receiver<Event>);

impl Events {
    pub async fn next(&mut self) -> Option<Event> {
        self.0.recv().await
    }
}

pub(crate) fn begin(live: Live, actor: Arc<Actor>, pass: Pass, seat: Seat, since: Option<Since>) -> Events {
    let (out, events) = mpsc::channel(8);
    let mut stream = Stream { live, actor, pass, seat, out };
    tokio::spawn(async move { stream.run(since).await });
    Events(events)
}

struct Stream {
    live: Live,
    actor: Arc<Actor>,
    pass: Pass,
    seat: Seat,
    out: mpsc::Sender<Event>,
}

/// The reader is gone, or is told to go.
struct Ended;

impl Stream {
    async fn run(&mut self, since: Option<Since>) {
        let mut stopping = self.live.0.stopping.subscribe();
        let out = self.out.clone();
        tokio::select! {
            _ = self.tell_all(since) => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
            () = out.closed() => {}
        }
    }

    async fn tell_all(&mut self, since: Option<Since>) -> Result<(), Ended> {
        self.tell(Event::Hello(Since::now())).await?;
        if let Some(since) = since {
            let missed = missed::since(&self.live.0.engine, &self.actor, since).await;
            self.tell_each(missed).await?;
        }
        let mut turns = self.live.0.identity.turns();
        let mut look = tokio::time::interval(LOOK_AGAIN);
        loop {
            tokio::select! {
                first = self.seat.queue.recv() => match first {
                    Some(first) => self.changed(first).await?,
                    None => return self.cut().await,
                },
                _ = turns.changed() => self.look_again().await?,
                _ = look.tick() => self.look_again().await?,
            }
        }
    }

    async fn changed(&mut self, first: Arc<Told>) -> Result<(), Ended> {
        let mut told = vec![first];
        while told.len() < AT_ONCE
            && let Ok(next) = self.seat.queue.try_recv()
        {
            told.push(next);
        }
        // Believed as long as the requests of the same session are.
        self.look_again().await?;
        let told: Vec<&Told> = told.iter().map(AsRef::as_ref).collect();
        let changes = missed::changes(&self.live.0.engine, &self.actor, &told).await;
        self.tell_each(changes).await
    }

    async fn tell_each(&self, events: Outcome<Vec<Event>>) -> Result<(), Ended> {
        let events = match events {
            Ok(events) => events,
            Err(e) => {
                tracing::warn!("Changes could not be told: {e}");
                vec![Event::Reload]
            }
        };
        for event in events {
            self.tell(event).await?;
        }
        Ok(())
    }

    async fn look_again(&mut self) -> Result<(), Ended> {
        match self.live.0.identity.holder(&self.pass).await {
            Ok(now) if same_rights(&now, &self.actor) => {
                self.actor = now;
                Ok(())
            }
            // The database is away: nothing can be said about anybody, and nothing is told meanwhile.
            Err(Failure::Broken(_)) => Ok(()),
            _ => {
                self.tell(Event::Again).await?;
                Err(Ended)
            }
        }
    }

    async fn cut(&self) -> Result<(), Ended> {
        let _gone = self.out.send_timeout(Event::Reload, FAREWELL).await;
        Err(Ended)
    }

    async fn tell(&self, event: Event) -> Result<(), Ended> {
        self.out.send(event).await.map_err(|_| Ended)
    }
}

fn same_rights(a: &Actor, b: &Actor) -> bool {
    (a.workspace, a.member, a.super_admin, a.client) == (b.workspace, b.member, b.super_admin, b.client)
        && a.assignments == b.assignments
        && a.team == b.team
        && a.scopes == b.scopes
}
