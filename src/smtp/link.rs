//! Connections to the relay ([`crate::wire::relay_smtp`]), each used by one session at a time.

use crate::channel::{SlotIn, Stream};
use crate::wire::frame;
use crate::wire::relay_smtp::{MAX_CHUNK, ToRelay, ToSmtp, Verdict};
use std::cell::RefCell;
use std::io;

/// Idle connections kept at the most.
const MAX_IDLE: usize = 32;

/// Connections on which no transaction is under way.
pub(super) struct Links {
    relay: SlotIn,
    idle: RefCell<Vec<Link>>,
}

impl Links {
    /// To whichever relay takes them.
    pub(super) fn new(relay: SlotIn) -> Self {
        Self { relay, idle: RefCell::default() }
    }

    /// One that is idle, or a new one.
    pub(super) async fn get(&self) -> io::Result<Link> {
        if let Some(link) = self.idle.borrow_mut().pop() {
            return Ok(link);
        }
        let stream = self.relay.connect().await?;
        Ok(Link { stream, input: Vec::new(), output: Vec::new(), aborted: 0 })
    }

    /// Takes back one whose last transaction is over: its verdict was given, or it was aborted.
    pub(super) fn put(&self, mut link: Link) {
        link.rest();
        let mut idle = self.idle.borrow_mut();
        if idle.len() < MAX_IDLE {
            idle.push(link);
        }
    }
}

/// Taken when a transaction's first recipient is held.
pub(super) struct Link {
    stream: Stream,
    input: Vec<u8>,
    output: Vec<u8>,
    /// `Aborted` that are still to come; what comes before them is void.
    aborted: u32,
}

impl Link {
    /// Adds a frame to what goes out with the next [`Self::flush`].
    pub(super) fn push(&mut self, frame: &ToRelay<'_>) -> io::Result<()> {
        frame::encode(frame, &mut self.output).map_err(io::Error::other)
    }

    /// Adds message content.
    pub(super) fn push_content(&mut self, content: &[u8]) -> io::Result<()> {
        content.chunks(MAX_CHUNK).try_for_each(|chunk| self.push(&ToRelay::Chunk(chunk)))
    }

    pub(super) async fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.output).await?;
        self.output.clear();
        Ok(())
    }

    /// Makes the relay forget the transaction.
    pub(super) async fn abort(&mut self) -> io::Result<()> {
        self.push(&ToRelay::Abort)?;
        self.aborted += 1;
        self.flush().await
    }

    /// The next verdict on the transaction under way.
    pub(super) async fn verdict(&mut self) -> io::Result<Verdict> {
        loop {
            while let Some((said, taken)) = frame::decode::<ToSmtp>(&self.input).map_err(io::Error::other)? {
                self.input.drain(..taken);
                match said {
                    ToSmtp::Aborted => self.aborted = self.aborted.saturating_sub(1),
                    ToSmtp::Verdict(verdict) if self.aborted == 0 => return Ok(verdict),
                    ToSmtp::Verdict(_) => {}
                }
            }
            if self.stream.read(&mut self.input).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Frees buffers that a large message has grown.
    fn rest(&mut self) {
        if self.output.is_empty() {
            self.output = Vec::new();
        }
        if self.input.is_empty() {
            self.input = Vec::new();
        }
    }
}
