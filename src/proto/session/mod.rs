//! The server's side of a mail session as a state machine: no I/O, no clock.
//!
//! A *session* is a connection from greeting to close; a *transaction* is an envelope (MAIL, RCPT) and its message, of
//! which a session has one at a time. They are two types: RSET, HELO and EHLO end the transaction and keep the session.
//!
//! 1. [`Session::receive`] takes whole command lines, or message content, off what the client has sent. It stops where
//!    something else must happen first.
//! 2. What the driver has to do is in [`Turn::actions`]; what it has to write, in [`Turn::replies`].
//! 3. [`Session::wait`] says what the driver has to wait for, exactly one thing, and [`Session::deadline`] for how
//!    long.
//! 4. [`Session::step`] takes what has happened.
//!
//! Pipelining (RFC 2920): recipients gather in a batch until another command comes, or no whole line is left. The vault
//! is asked about all of them at once, the relay is offered those it admits at once, and the replies come in order. The
//! command that ended the batch is carried out after it.
//!
//! Backpressure: while the relay has not taken what is outgoing, no content is received, and so the client is not read.
//!
//! Tickets are opaque. Each one that was issued is given back ([`Action::Release`]) unless its message was delivered, or may
//! be.

mod commands;
mod content;
mod hello;
mod interface;
mod message;
mod outcome;
mod recipients;
mod transaction;

pub use interface::{Action, AdmitOutcome, Event, Policy, RelayResult, Turn, Wait};
pub use outcome::{EndReason, MessageId, MessageResult, MessageSummary, RcptOutcome, RecipientResult, SessionId};
pub use transaction::Offer;

use super::command::{self, Command, Phase};
use super::line::{LineError, Lines, Next};
use super::reply::{self, Reply};
use hello::Hello;
use message::{Discarded, Passing};
use std::mem;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;
use transaction::Transaction;

/// How long a client may be silent that has a recipient accepted, which keeps a connection to the next host from
/// others. RFC 5321 §4.5.3.2.7 would have five minutes; clients that are about to send a message take none.
const RECIPIENT_TIMEOUT: Duration = Duration::from_secs(60);

/// A command or the reply to a line that is none, to be carried out once the batch before it is replied to.
type Parked = Box<Result<Command, Reply>>;

/// Where a session stands. What only a transaction or a message needs is boxed: most sessions are idle.
enum State<T> {
    /// Not greeted yet.
    Connected,
    /// Neither HELO nor EHLO has come.
    Greeted,
    /// Between two transactions.
    Ready(Hello),
    /// From MAIL on. Recipients gather.
    Envelope(Hello, Box<Transaction<T>>),
    /// The batch of recipients is complete: the vault, then the relay is asked.
    Recipients(Hello, Box<Transaction<T>>, Option<Parked>),
    /// DATA was answered by 354.
    Content(Hello, Box<Passing<T>>),
    /// The relay is to take what has come of the message.
    Forwarding(Hello, Box<Passing<T>>),
    /// The final dot has come: the relay's verdict decides.
    AwaitingVerdict(Hello, Box<Passing<T>>),
    /// The message is refused, and its transaction has ended; the final dot is still to come.
    Discarding(Hello, Box<Discarded>),
    /// The session has ended.
    Closed(EndReason),
}

/// What a session has done so far, against its limits.
#[derive(Default)]
struct Usage {
    commands: u32,
    errors: u32,
    unknown: u32,
}

/// A session, in any state.
pub struct Session<T> {
    policy: Rc<Policy>,
    id: SessionId,
    peer: IpAddr,
    /// The client may send in our name.
    is_own: bool,
    messages: u32,
    usage: Usage,
    lines: Lines,
    /// Replies are to be written before anything else is done.
    flush_due: bool,
    /// When the client got its last reply, or last sent content.
    silent_since: Duration,
    state: State<T>,
}

impl<T> Session<T> {
    /// A session that has just been accepted.
    pub fn new(policy: Rc<Policy>, id: SessionId, peer: IpAddr) -> Self {
        Self {
            policy,
            id,
            peer,
            is_own: false,
            messages: 0,
            usage: Usage::default(),
            lines: Lines::default(),
            flush_due: false,
            silent_since: Duration::ZERO,
            state: State::Connected,
        }
    }

    /// This, of a client that may send in our name, if `is_own`.
    pub fn with_own_network(self, is_own: bool) -> Self {
        Self { is_own, ..self }
    }

    /// Names it in the log.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// The client's address.
    pub fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Why it has ended, if it has.
    pub fn end_reason(&self) -> Option<EndReason> {
        match self.state {
            State::Closed(reason) => Some(reason),
            _ => None,
        }
    }

    /// What the driver has to wait for.
    pub fn wait(&self) -> Wait<'_, T> {
        match &self.state {
            State::Closed(_) => Wait::Closed,
            _ if self.flush_due => Wait::Flush,
            State::Connected => Wait::Greeting,
            State::Greeted | State::Ready(_) => Wait::Client { drainable: true },
            State::Envelope(..) | State::Content(..) | State::Discarding(..) => Wait::Client { drainable: false },
            State::Recipients(_, transaction, _) if transaction.waits_for_vault() => Wait::Vault,
            State::Recipients(_, transaction, _) => Wait::Offer(transaction.offer()),
            State::Forwarding(_, passing) => Wait::Forward(&passing.incoming.outgoing),
            State::AwaitingVerdict(_, passing) => Wait::End(&passing.incoming.outgoing),
        }
    }

    /// Until when; for [`Wait::Client`], [`Wait::Vault`], [`Wait::Offer`], [`Wait::Forward`] and [`Wait::End`].
    pub fn deadline(&self) -> Duration {
        let policy = &self.policy;
        match &self.state {
            State::Envelope(_, transaction) => transaction.silence_ends(self.silent_since, policy),
            State::Recipients(_, transaction, _) => transaction.deadline,
            State::Content(_, passing) => self.content_deadline(passing.incoming.deadline),
            State::Discarding(_, discarded) => self.content_deadline(discarded.incoming.deadline),
            State::Forwarding(_, passing) | State::AwaitingVerdict(_, passing) => passing.incoming.deadline,
            State::Connected | State::Greeted | State::Ready(_) | State::Closed(_) => {
                self.silent_since + policy.command_timeout
            }
        }
    }

    fn content_deadline(&self, deadline: Duration) -> Duration {
        deadline.min(self.silent_since + self.policy.data_timeout)
    }

    /// Takes command lines, or content, off `input` until it must wait for something else: how many octets. What is
    /// left is part of a line, and is to be given again with more, or after the next [`Self::step`].
    pub fn receive(&mut self, input: &[u8], turn: &mut Turn<'_, T>) -> usize {
        let mut taken = 0;
        while !self.flush_due {
            let rest = &input[taken..];
            taken += match &mut self.state {
                State::Greeted | State::Ready(_) | State::Envelope(..) => match self.receive_line(rest, turn) {
                    Some(octets) => octets,
                    None => break,
                },
                State::Content(..) | State::Discarding(..) if !rest.is_empty() => self.receive_content(rest, turn),
                _ => break,
            };
        }
        taken
    }

    /// Takes what has happened. An event for which the session does not wait changes nothing.
    pub fn step(&mut self, event: Event<T>, turn: &mut Turn<'_, T>) {
        match (event, self.wait()) {
            (Event::GreetingDue, Wait::Greeting) => self.greet(turn),
            (Event::EarlyTalk, Wait::Greeting) => self.close(EndReason::EarlyTalk, turn),
            (Event::Flushed, _) => {
                self.flush_due = false;
                self.silent_since = turn.now;
            }
            (Event::ClientClosed, _) => self.close(EndReason::ClientClosed, turn),
            (Event::Drain, Wait::Client { drainable: true }) | (Event::DrainExpired, _) => {
                self.close(EndReason::ShuttingDown, turn);
            }
            (Event::TimedOut, Wait::Client { .. }) => self.close(EndReason::TimedOut, turn),
            // A client that does not take replies is gone.
            (Event::TimedOut, Wait::Flush) => self.close(EndReason::ClientClosed, turn),
            (Event::TimedOut, Wait::Vault) => self.cancel_admits(turn),
            (Event::AdmitsAnswered(answers), _) => self.admits_answered(answers, turn),
            (Event::RecipientVerdicts(verdicts), Wait::Offer(_)) => self.recipient_verdicts(verdicts, turn),
            (Event::RelayUnavailable, Wait::Offer(_)) => self.reply_to_batch(Vec::new(), turn),
            (Event::RelayLost | Event::TimedOut, Wait::Offer(_) | Wait::Forward(_) | Wait::End(_)) => {
                self.lose_relay(turn)
            }
            (Event::Forwarded, Wait::Forward(_)) => self.forwarded(turn),
            (Event::MessageVerdict(verdict), Wait::End(_)) => self.message_verdict(verdict, turn),
            _ => {}
        }
    }

    fn phase(&self) -> Phase {
        match self.state {
            State::Connected | State::Greeted | State::Closed(_) => Phase::Greeted,
            State::Ready(_) => Phase::Ready,
            _ => Phase::Transaction,
        }
    }

    /// Takes one line, if there is a whole one.
    fn receive_line(&mut self, input: &[u8], turn: &mut Turn<'_, T>) -> Option<usize> {
        let (command, taken) = match self.lines.next(input) {
            Next::Line(Ok(line), taken) => {
                (command::parse(line).and_then(|parsed| parsed.allowed_in(self.phase())), taken)
            }
            Next::Line(Err(LineError::TooLong), taken) => (Err(reply::LINE_TOO_LONG), taken),
            Next::Line(Err(LineError::Discipline), taken) => (Err(reply::BAD_LINE), taken),
            Next::Swallow(octets) => return Some(octets),
            Next::More => {
                self.close_batch(None, turn);
                return None;
            }
        };
        self.usage.commands += 1;
        if self.usage.commands > self.policy.max_commands {
            self.close(EndReason::TooManyCommands, turn);
            return Some(taken);
        }
        match command {
            Ok(Command::Rcpt(recipient)) => self.rcpt(recipient, turn),
            other if self.has_batch() => self.close_batch(Some(Box::new(other)), turn),
            other => self.execute(other, turn),
        }
        Some(taken)
    }

    /// For what moves on from the state by value. Whoever takes it puts one back.
    fn take_state(&mut self) -> State<T> {
        mem::replace(&mut self.state, State::Greeted)
    }

    /// Ends the session: its tickets are given back, the last reply is said.
    fn close(&mut self, reason: EndReason, turn: &mut Turn<'_, T>) {
        match mem::replace(&mut self.state, State::Closed(reason)) {
            // It has ended before.
            State::Closed(first) => {
                self.state = State::Closed(first);
                return;
            }
            State::Envelope(_, transaction) | State::Recipients(_, transaction, _) => transaction.abandon(turn),
            State::Content(_, passing) | State::Forwarding(_, passing) | State::AwaitingVerdict(_, passing) => {
                passing.transaction.abandon(turn);
            }
            State::Connected | State::Greeted | State::Ready(_) | State::Discarding(..) => {}
        }
        if let Some(reply) = reason.reply() {
            turn.reply(&reply);
        }
    }
}

#[cfg(test)]
mod tests;
