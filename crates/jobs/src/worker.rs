//! Claims jobs, runs them, and tells what became of them: with the next claim, in one transaction.
use crate::run::{Run, Work};
use crate::schedule::{self, Schedule};
use crate::{Queue, verdict};
use kernel::{Outcome, Uuid};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use store::doors::jobs::{self as door, Claimed, Ending, Holding, Room};
use store::{Notice, Store};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::{interval, sleep};

#[derive(Debug, Clone, Copy)]
pub struct WorkerConfig {
    /// A run whose worker has not been heard of for this long goes to another one. Renewed three times as often.
    pub lease: Duration,
    /// How often is looked without having been notified.
    pub poll: Duration,
    /// How long runs may go on when the worker is asked to stop; then they are given back.
    pub drain: Duration,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self { lease: 60 * second, poll: 5 * second, drain: 10 * second }
    }
}

/// Runs the jobs whose kinds it has works for. Any number of them may run over one database.
pub struct Worker {
    store: Store,
    works: HashMap<&'static str, Arc<dyn Work>>,
    schedules: Vec<Schedule>,
    config: WorkerConfig,
    id: Uuid,
}

/// What goes on in one worker.
#[derive(Default)]
struct Bench {
    tasks: JoinSet<Outcome<()>>,
    running: HashMap<Id, Running>,
    ended: Vec<(Holding, Ending)>,
}

struct Running {
    queue: Queue,
    kind: &'static str,
    run: Arc<Run>,
    last_attempt: bool,
    task: AbortHandle,
    since: Instant,
}

impl Worker {
    pub fn new(store: Store, works: Vec<Arc<dyn Work>>) -> Self {
        let works = works.into_iter().map(|w| (w.kind(), w)).collect();
        Self { store, works, schedules: vec![], config: WorkerConfig::default(), id: kernel::new_id() }
    }

    pub fn schedules(mut self, schedules: Vec<Schedule>) -> Self {
        self.schedules = schedules;
        self
    }

    pub fn config(mut self, config: WorkerConfig) -> Self {
        self.config = config;
        self
    }

    /// Runs what is due, and what becomes due meanwhile, until nothing is. Fires no schedules.
    pub async fn run_due(&self) -> Outcome<()> {
        let mut bench = Bench::default();
        let mut beat = interval(self.config.lease / 3);
        loop {
            self.turn(&mut bench, true).await?;
            if bench.tasks.is_empty() {
                return Ok(());
            }
            tokio::select! {
                () = bench.one_ended() => {}
                _ = beat.tick() => self.renew(&bench).await,
            }
        }
    }

    /// Runs jobs until `stop`; then those under way have `drain` to finish, and what is left is given back.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let listener = self.store.listen(&[door::CHANNEL]);
        let mut notices = listener.subscribe();
        let mut bench = Bench::default();
        let mut beat = interval(self.config.lease / 3);
        let mut stop = std::pin::pin!(stop);
        let mut announced = false;
        tracing::info!(worker = %self.id, kinds = self.works.len(), "Working");
        loop {
            let wait = self.round(&mut bench, &mut announced).await;
            let mut rest = std::pin::pin!(sleep(wait));
            // A notice or a beat that changes nothing about what is due goes back to waiting for the rest.
            let stopping = loop {
                tokio::select! {
                    () = &mut stop => break true,
                    () = &mut rest => break false,
                    () = bench.one_ended(), if !bench.tasks.is_empty() => break false,
                    heard = notices.recv() => if self.hear(heard, &bench) { break false },
                    _ = beat.tick() => {
                        self.renew(&bench).await;
                        self.count_waiting().await;
                    }
                }
            };
            if stopping {
                break;
            }
        }
        self.wind_up(&mut bench, &mut notices, &mut beat).await;
    }

    /// Fires schedules, ends and claims. How long there is nothing to do unless somebody says so.
    async fn round(&self, bench: &mut Bench, announced: &mut bool) -> Duration {
        match self.try_round(bench, announced).await {
            Ok(next) => next.unwrap_or(self.config.poll).min(self.config.poll),
            // The database is away for a moment; what has ended is told when it is back.
            Err(e) => {
                tracing::warn!("The queue could not be read and will be again: {e}");
                self.config.poll.min(Duration::from_secs(1))
            }
        }
    }

    async fn try_round(&self, bench: &mut Bench, announced: &mut bool) -> Outcome<Option<Duration>> {
        if !*announced && !self.schedules.is_empty() {
            schedule::announce(&self.store, &self.schedules).await?;
            *announced = true;
        }
        let fires = schedule::fire_due(&self.store, &self.schedules).await?;
        let due = self.turn(bench, true).await?;
        Ok([fires, due].into_iter().flatten().min())
    }

    /// Tells what has ended and, if wanted, claims as much as there is room for. How long until more is due.
    async fn turn(&self, bench: &mut Bench, claim: bool) -> Outcome<Option<Duration>> {
        let rooms = if claim { bench.rooms() } else { vec![] };
        let kinds: Vec<&str> = self.works.keys().copied().collect();
        let tells: Vec<&str> = self.works.values().filter(|w| w.tells()).map(|w| w.kind()).collect();
        let asked = door::Asked { rooms: &rooms, kinds: &kinds, tells: &tells, lease: self.config.lease };
        let turn = door::turn(&self.store, self.id, &bench.ended, &asked).await?;
        bench.ended.clear();
        for claimed in &turn.claimed {
            self.start(bench, claimed);
        }
        Ok(turn.next)
    }

    fn start(&self, bench: &mut Bench, claimed: &Claimed) {
        let work = self.works.get(claimed.kind.as_str());
        let (Some(work), Some(queue)) = (work.cloned(), Queue::named(&claimed.queue)) else {
            unreachable!("only known kinds are claimed, of known queues");
        };
        let run = Arc::new(Run::new(&self.store, self.id, claimed));
        let (kind, its_run) = (work.kind(), run.clone());
        let task = bench.tasks.spawn(async move { work.run(&its_run).await });
        let last_attempt = claimed.attempt >= claimed.max_attempts;
        let running = Running { queue, kind, run, last_attempt, since: Instant::now(), task: task.clone() };
        bench.running.insert(task.id(), running);
    }

    /// Whether it is a reason to look into the queue.
    fn hear(&self, heard: Result<Notice, RecvError>, bench: &Bench) -> bool {
        let Ok(Notice::Message { payload, .. }) = heard else { return true };
        let Some(id) = payload.strip_prefix("cancel:") else { return true };
        for running in bench.running.values().filter(|r| r.run.id.to_string() == id) {
            running.run.cancel.store(true, Relaxed);
        }
        false
    }

    /// Runs whose lease went to another worker are ended here, so that no job runs twice for longer than must be.
    async fn renew(&self, bench: &Bench) {
        if bench.running.is_empty() {
            return;
        }
        let runs: Vec<Holding> = bench.running.values().map(|r| r.run.holding()).collect();
        let renewed = door::renew(&self.store, self.id, &runs, self.config.lease).await;
        let held: HashMap<Uuid, bool> = match renewed {
            Ok(held) => held.into_iter().collect(),
            Err(e) => return tracing::warn!("Leases could not be renewed and will be tried again: {e}"),
        };
        for running in bench.running.values() {
            match held.get(&running.run.id) {
                Some(false) => {}
                Some(true) => running.run.cancel.store(true, Relaxed),
                None => {
                    tracing::warn!(job.id = %running.run.id, kind = running.kind, "The lease of a job was lost");
                    running.run.cancel.store(true, Relaxed);
                    running.task.abort();
                }
            }
        }
    }

    async fn count_waiting(&self) {
        let Ok(standing) = door::standing(&self.store).await else { return };
        for queue in Queue::ALL {
            let waiting = standing.iter().find(|s| s.queue == queue.name()).map_or(0, |s| s.waiting);
            metrics::gauge!("jobs_waiting", "queue" => queue.name()).set(waiting as f64);
        }
    }

    async fn wind_up(
        &self,
        bench: &mut Bench,
        notices: &mut broadcast::Receiver<Notice>,
        beat: &mut tokio::time::Interval,
    ) {
        let mut patience = std::pin::pin!(sleep(self.config.drain));
        while !bench.tasks.is_empty() {
            tokio::select! {
                () = bench.one_ended() => {}
                heard = notices.recv() => { self.hear(heard, bench); }
                _ = beat.tick() => self.renew(bench).await,
                () = &mut patience => break,
            }
        }
        bench.give_back().await;
        if let Err(e) = self.turn(bench, false).await {
            tracing::warn!("What ended could not be told; the leases will run out: {e}");
        }
        tracing::info!(worker = %self.id, "Stopped working");
    }
}

impl Bench {
    fn rooms(&self) -> Vec<Room> {
        let mut rooms: Vec<Room> = vec![];
        for queue in Queue::ALL {
            let here = queue.concurrency() - self.running.values().filter(|r| r.queue == queue).count();
            let everywhere = queue.is_bounded_everywhere().then_some(queue.concurrency());
            if here > 0 {
                rooms.push(Room { queue: queue.name(), here, everywhere });
            }
        }
        rooms
    }

    /// Waits for a run to end and takes with it those that ended beside it.
    async fn one_ended(&mut self) {
        let Some(ended) = self.tasks.join_next_with_id().await else { return };
        self.note(ended);
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.note(ended);
        }
    }

    fn note(&mut self, ended: Result<(Id, Outcome<()>), JoinError>) {
        let (id, outcome) = match ended {
            Ok((id, outcome)) => (id, verdict::Outcome::Ended(outcome)),
            Err(e) if e.is_cancelled() => return drop(self.running.remove(&e.id())),
            Err(e) => (e.id(), verdict::Outcome::Panicked(e.into_panic())),
        };
        let Some(running) = self.running.remove(&id) else { return };
        let run = &running.run;
        let ending = verdict::ending(run, outcome, running.last_attempt);
        verdict::tell(run, running.queue, running.kind, &ending, running.since.elapsed());
        self.ended.push((run.holding(), ending));
    }

    /// Ends what runs in the middle of it, which rolls its transactions back, and counts it as never begun.
    async fn give_back(&mut self) {
        for running in self.running.values() {
            tracing::info!(job.id = %running.run.id, kind = running.kind, "Gave an unfinished job back");
            running.task.abort();
        }
        let mut held: HashMap<Id, Holding> =
            self.running.iter().map(|(id, r)| (*id, r.run.holding())).collect();
        // What ended in the last moment has ended; the others are over when their task says so.
        while let Some(ended) = self.tasks.join_next_with_id().await {
            match &ended {
                Ok((id, _)) => drop(held.remove(id)),
                Err(e) if e.is_panic() => drop(held.remove(&e.id())),
                Err(_) => {}
            }
            self.note(ended);
        }
        self.ended.extend(held.into_values().map(|h| (h, Ending::Returned)));
    }
}
