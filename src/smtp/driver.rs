//! The driver of a mail session: carries out what [`proto::session`](crate::proto::session) wants, and waits.
//!
//! 1. What the client has sent goes into the machine; its actions are carried out at once.
//! 2. While the machine waits for vault or relay, the client is not read: that is the backpressure.
//! 3. When the machine waits for the client, all replies are flushed, then more is read.
//!
//! Everything that waits can be cancelled when the drain deadline passes, and every wait has a deadline.

use super::admissions::Admissions;
use super::connection::Connection;
use super::context::SmtpContext;
use super::link::Link;
use crate::net::Timer;
use crate::proto::session::{
    Action, EndReason, Event, MessageResult, MessageSummary, RecipientResult, RelayResult, Session, SessionId, Turn,
    Wait,
};
use crate::runtime::{ConnectionPermit, DrainGuard};
use crate::wire::Ticket;
use crate::wire::metrics::Metric;
use crate::wire::vault_smtp::{Admit, Release};
use jiff::Timestamp;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use tracing::{debug, info};

/// One session and its client. Small while it is idle: what a transaction needs is made for it and gone with it.
pub(super) struct SessionDriver {
    context: Rc<SmtpContext>,
    session: Session<Ticket>,
    connection: Connection,
    admissions: Admissions,
    /// Of the transaction, as long as the relay knows of it.
    link: Option<Box<Link>>,
    timer: Timer,
    _permit: ConnectionPermit,
}

impl SessionDriver {
    pub(super) fn new(
        connection: Connection,
        peer: IpAddr,
        id: SessionId,
        permit: ConnectionPermit,
        context: Rc<SmtpContext>,
    ) -> Self {
        let is_own = context.is_own(peer, connection.local_ip());
        Self {
            session: Session::new(Rc::clone(&context.policy), id, peer).with_own_network(is_own),
            connection,
            admissions: Admissions::default(),
            link: None,
            timer: Timer::new(context.policy.command_timeout),
            context,
            _permit: permit,
        }
    }

    /// Serves the session from greeting to close.
    #[expect(clippy::manual_async_fn, reason = "an async fn has room for two: its argument, and what that is moved to")]
    pub(super) fn serve(mut self, guard: DrainGuard) -> impl Future<Output = ()> {
        async move {
            let until_expired = guard.clone();
            tokio::select! {
                () = self.converse(&guard) => {}
                () = until_expired.expired() => self.step(Event::DrainExpired),
            }
            // Its tickets are released already, while this client is still being replied to.
            if let Some(reason) = self.session.end_reason() {
                self.log_end(reason);
                if reason != EndReason::ClientClosed {
                    Box::pin(self.connection.close(reason == EndReason::Quit)).await;
                }
            }
        }
    }

    async fn converse(&mut self, guard: &DrainGuard) {
        self.greet().await;
        loop {
            self.receive();
            match self.session.wait() {
                Wait::Client { drainable } => {
                    if self.flush().await {
                        self.read(drainable.then_some(guard)).await;
                    }
                }
                Wait::Flush => {
                    self.flush().await;
                }
                // Boxed: a session waits for its client for longer than for others.
                Wait::Vault | Wait::Offer(_) | Wait::Forward(_) | Wait::End(_) => Box::pin(self.consult()).await,
                Wait::Greeting | Wait::Closed => return,
            }
        }
    }

    /// A client that speaks before the greeting does not speak SMTP (RFC 5321 §3.1).
    async fn greet(&mut self) {
        let delay = self.context.greeting_delay;
        let early = if delay.is_zero() {
            self.connection.has_input()
        } else {
            Box::pin(tokio::time::timeout(delay, self.connection.read())).await.is_ok()
        };
        self.step(if early { Event::EarlyTalk } else { Event::GreetingDue });
    }

    /// Gives the machine what the client has sent.
    fn receive(&mut self) {
        let (now, mut actions) = (self.now(), Vec::new());
        let (input, replies) = self.connection.buffers();
        let mut turn = Turn { now, date: Timestamp::now, actions: &mut actions, replies };
        let taken = self.session.receive(input, &mut turn);
        self.connection.consume(taken);
        self.perform(actions);
    }

    /// Tells the machine what has happened.
    fn step(&mut self, event: Event<Ticket>) {
        let (now, mut actions) = (self.now(), Vec::new());
        let (_, replies) = self.connection.buffers();
        self.session.step(event, &mut Turn { now, date: Timestamp::now, actions: &mut actions, replies });
        self.perform(actions);
    }

    fn now(&self) -> Duration {
        self.context.started.elapsed()
    }

    fn time_left(&self) -> Duration {
        self.session.deadline().saturating_sub(self.now())
    }

    /// Writes all replies; false if that ended the session.
    async fn flush(&mut self) -> bool {
        if self.connection.has_output() || matches!(self.session.wait(), Wait::Flush) {
            let limit = self.context.policy.command_timeout;
            let flushed = {
                let flush = pin!(self.connection.flush());
                self.timer.timeout(limit, flush).await
            };
            self.step(match flushed {
                Some(Ok(())) => Event::Flushed,
                // A client that does not take replies is gone.
                Some(Err(_)) | None => Event::ClientClosed,
            });
        }
        !matches!(self.session.wait(), Wait::Closed)
    }

    /// Waits for more of the client, or for the drain if that ends the session.
    async fn read(&mut self, guard: Option<&DrainGuard>) {
        let event = {
            let (limit, connection) = (self.time_left(), &mut self.connection);
            let read = pin!(async {
                let draining = async {
                    match guard {
                        Some(guard) => guard.stopping().await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    biased;
                    octets = connection.read() => match octets {
                        Ok(1..) => None,
                        Ok(0) | Err(_) => Some(Event::ClientClosed),
                    },
                    () = draining => Some(Event::Drain),
                }
            });
            self.timer.timeout(limit, read).await.unwrap_or(Some(Event::TimedOut))
        };
        if let Some(event) = event {
            self.step(event);
        }
    }

    /// Waits for the vault and the relay, until it is the client's turn.
    async fn consult(&mut self) {
        loop {
            let limit = self.time_left();
            let Self { context, session, admissions, link, timer, .. } = self;
            let event = match session.wait() {
                Wait::Vault => timer.timeout(limit, admissions.answers()).await.map(Event::AdmitsAnswered),
                Wait::Offer(offer) => timer.timeout(limit, context.links.offer(offer, session.peer(), link)).await,
                Wait::Forward(content) => {
                    let forwarded = timer.timeout(limit, forward(link, content)).await;
                    forwarded.map(|forwarded| forwarded.map_or(Event::RelayLost, |()| Event::Forwarded))
                }
                Wait::End(rest) => {
                    let ended = timer.timeout(limit, end(link, rest)).await;
                    ended.map(|verdict| verdict.map_or(Event::RelayLost, Event::MessageVerdict))
                }
                Wait::Greeting | Wait::Client { .. } | Wait::Flush | Wait::Closed => return,
            };
            self.step(event.unwrap_or(Event::TimedOut));
        }
    }

    fn perform(&mut self, actions: Vec<Action<Ticket>>) {
        let context = &self.context;
        for action in actions {
            match action {
                Action::Admit(recipient) => self.admissions.request(Admit { recipient }, &context.vault),
                Action::CancelAdmits => self.admissions.cancel(&context.vault),
                Action::Release(ticket) => context.vault.send(Release { ticket }),
                Action::Abort => {
                    if let Some(mut link) = self.link.take()
                        && link.abort().is_ok()
                    {
                        context.links.put(*link);
                    }
                }
                Action::FreeRelay => {
                    if let Some(link) = self.link.take() {
                        context.links.put(*link);
                    }
                }
                Action::DropRelay => self.link = None,
                Action::CountRecipient(result) => context.recorder.increment(match result {
                    RecipientResult::Accepted => Metric::RecipientsAccepted,
                    RecipientResult::Unknown => Metric::RecipientsUnknown,
                    RecipientResult::Deferred => Metric::RecipientsDeferred,
                    RecipientResult::Rejected => Metric::RecipientsRejected,
                }),
                Action::MessageBegun { id, aliases } => {
                    aliases.iter().for_each(|alias| debug!(%id, alias, "recipient"));
                }
                Action::MessageDone(summary) => {
                    context.recorder.increment(match summary.result() {
                        MessageResult::Delivered => Metric::MessagesDelivered,
                        MessageResult::Deferred => Metric::MessagesDeferred,
                        MessageResult::Rejected => Metric::MessagesRejected,
                    });
                    let MessageSummary { id, size, recipients, code } = summary;
                    info!(%id, peer = %self.session.peer(), size, recipients, code, "message");
                }
            }
        }
    }

    fn log_end(&self, reason: EndReason) {
        let (id, peer) = (self.session.id(), self.session.peer());
        if reason.is_cut_off() {
            info!(%id, %peer, ?reason, "a session was cut off");
        } else if let Some(reply) = reason.reply() {
            debug!(%id, %peer, code = reply.code, "session ended");
        }
    }
}

async fn forward(link: &mut Option<Box<Link>>, content: &[u8]) -> io::Result<()> {
    link.as_mut().ok_or(io::ErrorKind::NotConnected)?.forward(content).await
}

async fn end(link: &mut Option<Box<Link>>, rest: &[u8]) -> io::Result<RelayResult> {
    link.as_mut().ok_or(io::ErrorKind::NotConnected)?.end(rest).await
}
