//! Ctrl-C and the service manager's request to end.
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Cheap to clone; every part that runs for long listens to one.
#[derive(Clone)]
pub struct Shutdown(watch::Receiver<u8>);

impl Shutdown {
    /// From now on the signals no longer end the process by themselves.
    pub fn listen() -> std::io::Result<Shutdown> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let (asked, times) = watch::channel(0_u8);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                asked.send_modify(|times| *times = times.saturating_add(1));
            }
        });
        Ok(Shutdown(times))
    }

    /// Ends when somebody has asked.
    pub async fn asked(&self) {
        self.times(1).await;
    }

    /// Ends when somebody has asked again, because it took too long.
    pub async fn insisted(&self) {
        self.times(2).await;
    }

    async fn times(&self, least: u8) {
        if self.0.clone().wait_for(|times| *times >= least).await.is_err() {
            // The runtime is going down, and with it the task that listens; whoever waits here goes with it.
            std::future::pending::<()>().await;
        }
    }
}
