//! The one SMTP client: drives [`ClientSession`] over a [`Transport`]. Relay keeps such connections in a pool, and
//! `tempalias doctor` makes one to look at the next host.
//!
//! 1. Greeting, EHLO.
//! 2. Each command is written in full, and its replies are read one by one: each has a time limit of its own.
//! 3. Content gathers in the buffer until it is flushed. Small content goes out together with the final dot, at once.
//! 4. An error keeps its cause, and says whether the final dot had been flushed.

mod error;
#[cfg(test)]
mod tests;

pub use error::{ConnectionError, ConnectionLost};

use super::{Timer, Transport};
use crate::alias::RealAddress;
use crate::proto::client::{ClientError, ClientEvent, ClientSession, DialogPhase, MailFrom};
use crate::proto::response::Extensions;
use crate::proto::status::Status;
use crate::sys::read_buffer::consume;
use std::io;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long what the host said last may take to come, once nothing can be written to it any more.
const PARTING_REPLY_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the host may take, by what is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For TCP to connect to one address.
    pub connect: Duration,
    /// Greeting, EHLO, MAIL, RCPT, RSET, QUIT; and to take a block of commands.
    pub command: Duration,
    /// DATA to its reply.
    pub data_init: Duration,
    /// To take a block of content.
    pub data_block: Duration,
    /// The final dot to its reply.
    pub data_end: Duration,
}

/// A connection on which the host has greeted.
pub struct SmtpConnection {
    transport: Transport,
    client: ClientSession,
    input: Vec<u8>,
    /// What goes out with the next flush.
    output: Vec<u8>,
    timer: Timer,
    timeouts: Timeouts,
}

impl SmtpConnection {
    /// Takes the greeting on a transport that is connected, and says EHLO as `hostname`; HELO to hosts that do not know
    /// EHLO.
    ///
    /// # Errors
    /// [`ConnectionLost`].
    pub async fn over(transport: Transport, hostname: &str, timeouts: Timeouts) -> Result<Self, ConnectionLost> {
        let (client, timer) = (ClientSession::new(hostname), Timer::new(timeouts.command));
        let mut this = Self { transport, client, input: Vec::new(), output: Vec::new(), timer, timeouts };
        match this.event().await? {
            ClientEvent::Ready => Ok(this),
            _ => Err(this.lost(ClientError::OutOfOrder.into())),
        }
    }

    /// What the host has announced.
    pub fn extensions(&self) -> Extensions {
        self.client.extensions()
    }

    /// The reply to EHLO of a host that took HELO instead.
    pub fn refused_ehlo(&self) -> Option<Status> {
        self.client.refused_ehlo()
    }

    /// Whether the connection can be used for another transaction.
    pub fn is_ready(&self) -> bool {
        self.client.is_ready()
    }

    /// Whether the connection, on which no transaction is under way, is of no more use: closed by the host, or the host
    /// has said something that nobody asked for, such as 421. Does not wait.
    pub fn is_stale(&mut self) -> bool {
        !self.client.is_ready() || self.has_ended()
    }

    /// Whether the host has ended the connection since its last reply, by closing it or with a reply that nobody asked
    /// for, such as 421. Does not wait.
    pub fn has_ended(&mut self) -> bool {
        self.receive_arrived().is_err()
    }

    /// Octets of content that wait for [`Self::flush`].
    pub fn unflushed(&self) -> usize {
        self.output.len()
    }

    /// MAIL, and RCPT for each of `recipients`: the host's status for each, in order; or the status with which it
    /// refuses MAIL.
    ///
    /// # Errors
    /// [`ConnectionLost`].
    pub async fn mail(
        &mut self,
        mail: &MailFrom,
        recipients: &[&RealAddress],
    ) -> Result<Result<Vec<Status>, Status>, ConnectionLost> {
        self.command(|client, output| client.mail(mail, recipients, output)).await?;
        match self.event().await? {
            ClientEvent::MailAccepted => self.statuses(recipients.len()).await.map(Ok),
            ClientEvent::MailRefused(status) => Ok(Err(status)),
            _ => Err(self.lost(ClientError::OutOfOrder.into())),
        }
    }

    /// RCPT for each of `recipients`, in the transaction under way: the host's status for each, in order.
    ///
    /// # Errors
    /// [`ConnectionLost`].
    pub async fn rcpt(&mut self, recipients: &[&RealAddress]) -> Result<Vec<Status>, ConnectionLost> {
        self.command(|client, output| client.rcpt(recipients, output)).await?;
        self.statuses(recipients.len()).await
    }

    async fn statuses(&mut self, recipients: usize) -> Result<Vec<Status>, ConnectionLost> {
        let mut statuses = Vec::with_capacity(recipients);
        while statuses.len() < recipients {
            match self.event().await? {
                ClientEvent::Recipient(status) => statuses.push(status),
                _ => return Err(self.lost(ClientError::OutOfOrder.into())),
            }
        }
        Ok(statuses)
    }

    /// DATA: the content may follow, or the host refuses with this status.
    ///
    /// # Errors
    /// [`ConnectionLost`].
    pub async fn data(&mut self) -> Result<Result<(), Status>, ConnectionLost> {
        self.command(ClientSession::data).await?;
        match self.event().await? {
            ClientEvent::GoAhead => Ok(Ok(())),
            ClientEvent::DataRefused(status) => Ok(Err(status)),
            _ => Err(self.lost(ClientError::OutOfOrder.into())),
        }
    }

    /// Adds content, with CRLF line ends and not yet dot-stuffed, to what goes out with the next flush.
    ///
    /// # Errors
    /// [`ConnectionLost`].
    pub fn content(&mut self, content: &[u8]) -> Result<(), ConnectionLost> {
        self.client.content(content, &mut self.output).map_err(|error| self.lost(error.into()))
    }

    /// Flushes what is left of the content together with the final dot: the host's reply to the message. It may be a
    /// refusal that the host did not want to keep until the dot; the connection is then not [ready](Self::is_ready).
    ///
    /// # Errors
    /// [`ConnectionLost`].
    pub async fn end(&mut self) -> Result<Status, ConnectionLost> {
        // A reply before the dot is a reply to nothing. Taken for the reply to the dot, it would reach the sender.
        let mut event = self.receive_arrived()?;
        if event.is_none() {
            self.client.end(&mut self.output).map_err(|error| self.lost(error.into()))?;
            event = Some(match self.flush_content().await? {
                Some(refusal) => ClientEvent::Message(refusal),
                None => self.event().await?,
            });
        }
        match event {
            Some(ClientEvent::Message(status)) => Ok(status),
            _ => Err(self.lost(ClientError::OutOfOrder.into())),
        }
    }

    /// RSET: the host forgets a transaction that ended before DATA. Does not wait for the reply.
    ///
    /// # Errors
    /// [`ConnectionLost`].
    pub async fn reset(&mut self) -> Result<(), ConnectionLost> {
        self.command(ClientSession::reset).await
    }

    /// QUIT, if there is room for it at once. Waits for nothing.
    pub fn quit(mut self) {
        // QUIT is a courtesy (RFC 5321 §4.1.1.10): if there is no room, the connection is just closed.
        if self.client.quit(&mut self.output).is_ok() {
            let _ = self.transport.try_write(&self.output);
        }
    }

    /// RSET and QUIT, and the replies to them.
    ///
    /// # Errors
    /// [`ConnectionLost`].
    pub async fn close(mut self) -> Result<(), ConnectionLost> {
        self.reset().await?;
        self.command(ClientSession::quit).await?;
        self.event().await.map(drop)
    }

    /// Frees the buffers: an idle connection takes no memory for them.
    pub fn shrink(&mut self) {
        if self.input.is_empty() {
            self.input = Vec::new();
        }
        self.output = Vec::new();
    }

    /// Writes all that waits. The time limit is for all of it, however little the host takes at a time.
    ///
    /// # Errors
    /// [`ConnectionLost`].
    pub async fn flush(&mut self) -> Result<(), ConnectionLost> {
        self.write().await.map_err(|cause| self.lost(cause))
    }

    /// The same for content. If it cannot be written, the host may have refused the message before it closed the
    /// connection: then this is its reply to the message.
    ///
    /// # Errors
    /// [`ConnectionLost`].
    pub async fn flush_content(&mut self) -> Result<Option<Status>, ConnectionLost> {
        let Err(cause) = self.write().await else { return Ok(None) };
        self.output.clear();
        match timeout(PARTING_REPLY_TIMEOUT, self.event()).await {
            Ok(Ok(ClientEvent::Message(refusal))) => Ok(Some(refusal)),
            _ => Err(self.lost(cause)),
        }
    }

    async fn write(&mut self) -> Result<(), ConnectionError> {
        let limit = match self.client.phase() {
            DialogPhase::DataBlock => self.timeouts.data_block,
            DialogPhase::Command | DialogPhase::DataInit | DialogPhase::DataEnd => self.timeouts.command,
        };
        let deadline = Instant::now() + limit;
        let mut written = 0;
        while written < self.output.len() {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.timer.timeout(left, self.transport.write(&self.output[written..])).await {
                Some(Ok(0)) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Some(Ok(octets)) => written += octets,
                Some(Err(cause)) => return Err(cause.into()),
                None => return Err(io::Error::from(io::ErrorKind::TimedOut).into()),
            }
        }
        self.output.clear();
        self.client.flushed();
        Ok(())
    }

    /// One command, or some in one piece. A reply that has come before them would be taken for the reply to them.
    async fn command(
        &mut self,
        write: impl FnOnce(&mut ClientSession, &mut Vec<u8>) -> Result<(), ClientError>,
    ) -> Result<(), ConnectionLost> {
        self.receive_arrived()?;
        write(&mut self.client, &mut self.output).map_err(|error| self.lost(error.into()))?;
        self.flush().await
    }

    /// Waits for the next reply that means something. A command that had to wait for another reply goes out meanwhile,
    /// and the time limit begins anew with it.
    async fn event(&mut self) -> Result<ClientEvent, ConnectionLost> {
        let limit = match self.client.phase() {
            DialogPhase::Command | DialogPhase::DataBlock => self.timeouts.command,
            DialogPhase::DataInit => self.timeouts.data_init,
            DialogPhase::DataEnd => self.timeouts.data_end,
        };
        let mut deadline = Instant::now() + limit;
        loop {
            let event = self.receive()?;
            if !self.output.is_empty() {
                self.flush().await?;
                deadline = Instant::now() + limit;
            }
            if let Some(event) = event {
                return Ok(event);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.timer.timeout(left, self.transport.read(&mut self.input)).await {
                Some(Ok(0)) => return Err(self.lost(io::Error::from(io::ErrorKind::UnexpectedEof).into())),
                Some(Ok(_)) => {}
                Some(Err(cause)) => return Err(self.lost(cause.into())),
                None => return Err(self.lost(io::Error::from(io::ErrorKind::TimedOut).into())),
            }
        }
    }

    fn receive(&mut self) -> Result<Option<ClientEvent>, ConnectionLost> {
        let (taken, event) =
            self.client.receive(&self.input, &mut self.output).map_err(|error| self.lost(error.into()))?;
        consume(&mut self.input, taken);
        Ok(event)
    }

    /// What has come already, between commands. Does not wait, and makes a system call only if something new is there.
    fn receive_arrived(&mut self) -> Result<Option<ClientEvent>, ConnectionLost> {
        loop {
            if let Some(event) = self.receive()? {
                return Ok(Some(event));
            }
            match self.transport.try_read(&mut self.input) {
                Ok(0) => return Err(self.lost(io::Error::from(io::ErrorKind::UnexpectedEof).into())),
                Ok(_) => {}
                Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(cause) => return Err(self.lost(cause.into())),
            }
        }
    }

    fn lost(&mut self, cause: ConnectionError) -> ConnectionLost {
        self.client.lost();
        ConnectionLost { cause, dot_flushed: self.client.is_in_doubt() }
    }
}
