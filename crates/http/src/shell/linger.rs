//! A refusal reaches whom it is for. Who is answered before their body was read through is still sending: a server that
//! closes then resets the connection, and the answer is lost on the way (RFC 9112, section 9.6). So what is left of the
//! body is read and thrown away beside the answer, within bounds.
use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::Request;
use futures_util::{Stream, StreamExt};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// Bodies up to this many bytes stand in the buffers of the connection: nothing is lost by leaving them.
const SMALL: u64 = 8 * 1024;
/// So many bytes are thrown away before the connection is closed after all.
const MOST: usize = 64 * 1024 * 1024;
/// As long is waited for them.
const LONGEST: Duration = Duration::from_secs(15);

/// What is left of a body when it was answered.
pub(super) struct Rest(Arc<Mutex<BodyDataStream>>);

/// The request as its handler gets it, and the rest of its body where that may become one.
pub(super) fn keep(request: Request) -> (Request, Option<Rest>) {
    if HttpBody::size_hint(request.body()).upper().is_some_and(|bytes| bytes <= SMALL) {
        return (request, None);
    }
    let (head, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body.into_data_stream()));
    (Request::from_parts(head, Body::from_stream(Lent(body.clone()))), Some(Rest(body)))
}

impl Rest {
    /// To be called with the answer in hand. Whoever still reads the body reads on; else it is read to its end.
    pub(super) fn drain(self) {
        if let Some(body) = Arc::into_inner(self.0) {
            let body = body.into_inner().unwrap_or_else(PoisonError::into_inner);
            tokio::spawn(tokio::time::timeout(LONGEST, throw_away(body)));
        }
    }
}

async fn throw_away(mut body: BodyDataStream) {
    let mut bytes = 0;
    while let Some(Ok(piece)) = body.next().await {
        bytes += piece.len();
        if bytes > MOST {
            return;
        }
    }
}

/// A body that its handler may drop without ending it.
struct Lent(Arc<Mutex<BodyDataStream>>);

impl Stream for Lent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(cx)
    }
}
