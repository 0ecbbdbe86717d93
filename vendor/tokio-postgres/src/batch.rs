//! Kontor's addition to this crate: several statements under one `Sync`.
//!
//! Every other request of this crate ends with a `Sync` of its own. PostgreSQL answers each `Sync` by a `ReadyForQuery`
//! and a flush, so that four statements in one write are answered in up to four. Statements of a batch are answered
//! together, stop at the first that fails, and, outside of a transaction block, are one implicit transaction (see
//! "Pipelining" in the chapter "Message Flow" of PostgreSQL's manual).
use crate::client::{InnerClient, Responses};
use crate::codec::FrontendMessage;
use crate::connection::RequestMessages;
use crate::query::{encode_bind, extract_row_affected};
use crate::types::BorrowToSql;
use crate::{Error, Row, Statement};
use bytes::BytesMut;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use std::future;
use std::task::{Context, Poll, ready};

/// Statements in the making. Nothing is sent before `send`.
pub struct Batch<'a> {
    client: &'a InnerClient,
    buf: BytesMut,
    statements: Vec<Statement>,
}

/// What the server answers to a batch, in order.
pub struct Answers {
    statements: Vec<Statement>,
    responses: Responses,
    at: usize,
}

/// One answer, with the number of the statement it belongs to.
pub enum Item {
    /// A row of it.
    Row(usize, Row),
    /// It has ended; so many rows were affected.
    Done(usize, u64),
}

impl<'a> Batch<'a> {
    pub(crate) fn new(client: &'a InnerClient) -> Self {
        Batch {
            client,
            buf: BytesMut::new(),
            statements: vec![],
        }
    }

    /// One more statement. Its values are encoded here; when one does not fit, the batch is to be dropped.
    pub fn push<P, I>(&mut self, statement: &Statement, params: I) -> Result<(), Error>
    where
        P: BorrowToSql,
        I: IntoIterator<Item = P>,
        I::IntoIter: ExactSizeIterator,
    {
        encode_bind(statement, params, "", &mut self.buf)?;
        frontend::execute("", 0, &mut self.buf).map_err(Error::encode)?;
        self.statements.push(statement.clone());
        Ok(())
    }

    /// Sends everything in one write.
    pub fn send(mut self) -> Result<Answers, Error> {
        frontend::sync(&mut self.buf);
        let message = FrontendMessage::Raw(self.buf.freeze());
        let responses = self.client.send(RequestMessages::Single(message))?;
        Ok(Answers {
            statements: self.statements,
            responses,
            at: 0,
        })
    }
}

impl Answers {
    /// The next answer; `None` at the end. After an error nothing follows: the server skips what is behind it.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Item>, Error>> {
        loop {
            let at = self.at;
            return Poll::Ready(match ready!(self.responses.poll_next(cx))? {
                Message::BindComplete => continue,
                Message::DataRow(body) => match self.statements.get(at) {
                    Some(statement) => Row::new(statement.clone(), body).map(|row| Some(Item::Row(at, row))),
                    None => Err(Error::unexpected_message()),
                },
                Message::CommandComplete(body) => {
                    self.at += 1;
                    extract_row_affected(&body).map(|rows| Some(Item::Done(at, rows)))
                }
                Message::EmptyQueryResponse => {
                    self.at += 1;
                    Ok(Some(Item::Done(at, 0)))
                }
                Message::ReadyForQuery(_) => Ok(None),
                _ => Err(Error::unexpected_message()),
            });
        }
    }

    /// The same as a future.
    pub async fn next(&mut self) -> Result<Option<Item>, Error> {
        future::poll_fn(|cx| self.poll_next(cx)).await
    }
}
