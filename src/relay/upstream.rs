//! One connection to the next host.

use super::permits::Permit;
use crate::config::settings::relay::Fixed;
use crate::net::{Timer, Transport};
use crate::proto::response::{self, Extensions};
use crate::proto::status::Status;
use crate::runtime::consume;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::Instant;

/// The connection is of no more use: closed, silent for too long, or not SMTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost;

/// A connection that has been greeted.
pub(super) struct Upstream {
    transport: Transport,
    input: Vec<u8>,
    /// What goes out with the next [`Self::flush`].
    pub(super) output: Vec<u8>,
    pub(super) extensions: Extensions,
    /// Whether it has served before: then its loss may only mean that the host has grown tired of it.
    pub(super) reused: bool,
    pub(super) idle_since: Instant,
    timer: Timer,
    /// Replies that are due and tell nobody anything: to RSET.
    void: u32,
    /// While it is in use.
    pub(super) permit: Option<Permit>,
}

impl Upstream {
    /// Connects and says EHLO; HELO to hosts that do not know it.
    pub(super) async fn connect(address: SocketAddr, settings: &Fixed) -> Result<Self, Lost> {
        let mut timer = Timer::new(settings.command_timeout);
        let connected = timer.timeout(settings.connect_timeout, Transport::connect(address)).await;
        let Some(Ok(transport)) = connected else { return Err(Lost) };
        let mut this = Self {
            transport,
            input: Vec::new(),
            output: Vec::new(),
            extensions: Extensions::default(),
            reused: false,
            idle_since: Instant::now(),
            timer,
            void: 0,
            permit: None,
        };
        let limit = settings.command_timeout;
        if !this.reply(limit).await?.is_positive() {
            return Err(Lost);
        }
        this.output.extend_from_slice(format!("EHLO {}\r\n", settings.hostname).as_bytes());
        this.flush(limit).await?;
        let (status, extensions) = this.reply_to_ehlo(limit).await?;
        if status.is_positive() {
            this.extensions = extensions;
            return Ok(this);
        }
        this.output.extend_from_slice(format!("HELO {}\r\n", settings.hostname).as_bytes());
        this.flush(limit).await?;
        if this.reply(limit).await?.is_positive() { Ok(this) } else { Err(Lost) }
    }

    /// Writes all of `output`. The limit is for each block that the host takes.
    pub(super) async fn flush(&mut self, limit: Duration) -> Result<(), Lost> {
        let mut written = 0;
        while written < self.output.len() {
            match self.timer.timeout(limit, self.transport.write(&self.output[written..])).await {
                Some(Ok(n)) if n > 0 => written += n,
                _ => return Err(Lost),
            }
        }
        self.output.clear();
        Ok(())
    }

    /// The next reply.
    pub(super) async fn reply(&mut self, limit: Duration) -> Result<Status, Lost> {
        self.reply_to_ehlo(limit).await.map(|(status, _)| status)
    }

    async fn reply_to_ehlo(&mut self, limit: Duration) -> Result<(Status, Extensions), Lost> {
        let deadline = Instant::now() + limit;
        loop {
            while let Some((status, extensions, taken)) = response::parse(&self.input).map_err(|_| Lost)? {
                consume(&mut self.input, taken);
                if self.void == 0 {
                    return Ok((status, extensions));
                }
                self.void -= 1;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.timer.timeout(left, self.transport.read(&mut self.input)).await {
                Some(Ok(octets)) if octets > 0 => {}
                _ => return Err(Lost),
            }
        }
    }

    /// Makes the host forget a transaction that ended before DATA. Its reply is skipped when others are read.
    pub(super) async fn reset(&mut self, limit: Duration) -> Result<(), Lost> {
        self.output.clear();
        self.output.extend_from_slice(b"RSET\r\n");
        self.void += 1;
        self.flush(limit).await
    }

    /// Whether the host has closed it, or said something unasked (421), while it was idle.
    pub(super) fn is_stale(&mut self) -> bool {
        if self.void == 0 && !self.input.is_empty() {
            return true;
        }
        loop {
            match self.transport.try_read(&mut self.input, 512) {
                Err(e) => return e.kind() != std::io::ErrorKind::WouldBlock,
                // The reply to RSET may have come.
                Ok(n) if n > 0 && self.void > 0 => {}
                Ok(_) => return true,
            }
        }
    }

    /// Takes leave. Nobody waits for the answer.
    pub(super) fn quit(mut self) {
        // A host that does not listen any more misses nothing.
        let _ = self.transport.try_write(b"QUIT\r\n");
    }
}
