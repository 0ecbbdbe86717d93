//! `LISTEN` on a connection of its own that comes back by itself.
use crate::Store;
use anyhow::Result;
use futures_util::{StreamExt, stream};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, NoTls};

/// Notices that a slow reader may fall behind by; beyond it, it is told that it missed some.
const BACKLOG: usize = 1024;
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// A connection stands (again): whatever was cached before may have changed unnoticed.
    Connected,
    Message {
        channel: String,
        payload: String,
    },
}

/// Dropping it ends the connection.
pub struct Listener {
    sender: broadcast::Sender<Notice>,
    task: JoinHandle<()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Listener {
    /// Every notice from now on. Lagging behind is reported by the receiver as `RecvError::Lagged`: drop caches then.
    pub fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.sender.subscribe()
    }
}

impl Store {
    /// Listens on channels (names are constants of the code) until the listener is dropped.
    pub fn listen(&self, channels: &[&str]) -> Listener {
        let (sender, _) = broadcast::channel(BACKLOG);
        let store = self.clone();
        let commands: String = channels.iter().map(|c| format!("listen \"{c}\";")).collect();
        let to = sender.clone();
        let task = tokio::spawn(async move { stay_connected(&store, &commands, &to).await });
        Listener { sender, task }
    }
}

async fn stay_connected(store: &Store, commands: &str, to: &broadcast::Sender<Notice>) {
    let mut pause = Duration::from_millis(100);
    loop {
        match listen_once(store, commands, to).await {
            Ok(()) => pause = Duration::from_millis(100),
            Err(e) => tracing::warn!(error = %format!("{e:#}"), "Not listening to the database"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Returns when a connection that stood has ended.
async fn listen_once(store: &Store, commands: &str, to: &broadcast::Sender<Notice>) -> Result<()> {
    let (client, mut connection) = store.inner.config.owner()?.connect(NoTls).await?;
    let mut messages = stream::poll_fn(move |cx| connection.poll_message(cx));
    // `listen` is answered only while the connection is polled, so both run side by side.
    let mut listening = std::pin::pin!(client.batch_execute(commands));
    let mut ready = false;
    loop {
        tokio::select! {
            done = &mut listening, if !ready => {
                done?;
                ready = true;
                let _nobody_yet = to.send(Notice::Connected);
            }
            message = messages.next() => match message {
                Some(Ok(AsyncMessage::Notification(n))) => {
                    let notice = Notice::Message { channel: n.channel().into(), payload: n.payload().into() };
                    let _nobody_yet = to.send(notice);
                }
                Some(Ok(_)) => {}
                Some(Err(e)) if !ready => return Err(e.into()),
                Some(Err(_)) | None => return Ok(()),
            },
        }
    }
}
