//! Connections to the relay ([`crate::wire::relay_smtp`]), each used by one transaction at a time.

use super::verdict::verdict;
use crate::channel::{HandoffSender, Stream};
use crate::proto::command::Mail;
use crate::proto::session::{Event, Offer, RelayResult};
use crate::wire::frame;
use crate::wire::relay_smtp::{MAX_CHUNK_OCTETS, ToRelay, ToSmtp};
use crate::wire::{Ticket, relay_smtp};
use std::cell::RefCell;
use std::io;
use std::net::IpAddr;

/// Idle connections kept at the most.
const MAX_IDLE_LINKS: usize = 32;

/// Connections on which no transaction is under way.
pub(super) struct Links {
    relay: HandoffSender,
    idle: RefCell<Vec<Link>>,
}

impl Links {
    /// The connections go to any process of the role relay.
    pub(super) fn new(relay: HandoffSender) -> Self {
        Self { relay, idle: RefCell::default() }
    }

    /// One that is idle, or a new one.
    async fn get(&self) -> io::Result<Link> {
        if let Some(link) = self.idle.borrow_mut().pop() {
            return Ok(link);
        }
        let stream = self.relay.connect().await?;
        Ok(Link { stream, input: Vec::new(), output: Vec::new(), aborted: 0 })
    }

    /// Takes back one whose last transaction has ended: its verdict was given, or it was aborted.
    pub(super) fn put(&self, mut link: Link) {
        link.shrink();
        let mut idle = self.idle.borrow_mut();
        if idle.len() < MAX_IDLE_LINKS {
            idle.push(link);
        }
    }

    /// Tells the relay of an offer and waits for its verdicts. A transaction that begins gets a `link`.
    pub(super) async fn offer(
        &self,
        offer: Offer<'_, Ticket>,
        client: IpAddr,
        link: &mut Option<Box<Link>>,
    ) -> Event<Ticket> {
        if link.is_none() && offer.begin.is_some() {
            match self.get().await {
                Ok(new) => *link = Some(Box::new(new)),
                Err(_) => return Event::RelayUnavailable,
            }
        }
        match link {
            Some(link) => link.offer(offer, client).await.map_or(Event::RelayLost, Event::RecipientVerdicts),
            None => Event::RelayLost,
        }
    }
}

/// A connection. A transaction has it from its first recipient that is admitted.
pub(super) struct Link {
    stream: Stream,
    input: Vec<u8>,
    output: Vec<u8>,
    /// `Aborted` that are still to come; what comes before them is void.
    aborted: u32,
}

impl Link {
    async fn offer(&mut self, offer: Offer<'_, Ticket>, client: IpAddr) -> io::Result<Vec<RelayResult>> {
        if let Some(Mail { reverse_path, size, eight_bit, utf8 }) = offer.begin {
            let reverse_path = reverse_path.as_ref().map_or("", |path| path.as_str());
            let (size, eight_bit, utf8, client) = (*size, *eight_bit, *utf8, client.into());
            self.push(&ToRelay::Begin { reverse_path, size, eight_bit, utf8, client })?;
        }
        let mut due = 0;
        for ticket in offer.tickets() {
            self.push(&ToRelay::Recipient { ticket: *ticket })?;
            due += 1;
        }
        self.flush().await?;
        let mut verdicts = Vec::with_capacity(due);
        for _ in 0..due {
            verdicts.push(verdict(self.next_verdict().await?));
        }
        Ok(verdicts)
    }

    /// Sends content on. Waits while the relay does not read it.
    pub(super) async fn forward(&mut self, content: &[u8]) -> io::Result<()> {
        self.push_content(content)?;
        self.flush().await
    }

    /// Sends the rest of the content and the end of the message in one flush, and waits for the verdict.
    pub(super) async fn end(&mut self, rest: &[u8]) -> io::Result<RelayResult> {
        self.push_content(rest)?;
        self.push(&ToRelay::End)?;
        self.flush().await?;
        self.next_verdict().await.map(verdict)
    }

    /// Makes the relay forget the transaction. Never waits.
    ///
    /// # Errors
    /// Of the connection; also if it has no room, which is to say that the relay is busy with this very transaction.
    /// Then it is to be dropped, and the relay forgets as well.
    pub(super) fn abort(&mut self) -> io::Result<()> {
        self.push(&ToRelay::Abort)?;
        if self.stream.try_write(&self.output)? < self.output.len() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.output.clear();
        self.aborted += 1;
        Ok(())
    }

    /// Adds a frame to what goes out with the next flush.
    fn push(&mut self, frame: &ToRelay<'_>) -> io::Result<()> {
        frame::encode(frame, &mut self.output).map_err(io::Error::other)
    }

    fn push_content(&mut self, content: &[u8]) -> io::Result<()> {
        content.chunks(MAX_CHUNK_OCTETS).try_for_each(|chunk| self.push(&ToRelay::Chunk(chunk)))
    }

    /// Not cancel safe: after a cancelled flush the connection is to be dropped.
    async fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.output).await?;
        self.output.clear();
        Ok(())
    }

    /// The next verdict on the transaction under way.
    async fn next_verdict(&mut self) -> io::Result<relay_smtp::Verdict> {
        loop {
            while let Some((frame, taken)) = frame::decode::<ToSmtp>(&self.input).map_err(io::Error::other)? {
                self.input.drain(..taken);
                match frame {
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
    fn shrink(&mut self) {
        if self.output.is_empty() {
            self.output = Vec::new();
        }
        if self.input.is_empty() {
            self.input = Vec::new();
        }
    }
}
