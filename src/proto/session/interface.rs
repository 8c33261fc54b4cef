//! What goes into the machine and what comes out of it.

use super::outcome::{MessageId, MessageSummary, RecipientResult};
use super::transaction::Offer;
use crate::alias::{AliasAddress, Domain, Mailbox};
use crate::proto::reply::Reply;
use jiff::Timestamp;
use std::rc::Rc;
use std::time::Duration;

/// The settings of a session.
#[derive(Debug)]
pub struct Policy {
    /// Of this host: for the greeting, replies and `Received`.
    pub hostname: String,
    /// Where aliases live.
    pub domains: Vec<Domain>,
    /// These and the hostname: no sender from outside is in one of them.
    pub own_names: Rc<[Domain]>,
    /// Octets of message content; announced with SIZE.
    pub max_message_size: u64,
    /// Recipients in a transaction.
    pub max_recipients: usize,
    /// Commands in a session.
    pub max_commands: u32,
    /// Commands in a session that were wrong, before it is ended.
    pub max_errors: u32,
    /// Unknown recipients in a session, before it is ended.
    pub max_unknown: u32,
    /// How long a client may be silent between commands.
    pub command_timeout: Duration,
    /// How long a client may be silent within a message.
    pub data_timeout: Duration,
    /// From MAIL to the client's final dot.
    pub transaction_timeout: Duration,
    /// From the client's final dot to the relay's verdict. Longer than the relay may need at the most: after it the
    /// client is told to send the message again.
    pub after_final_dot: Duration,
}

impl Policy {
    /// A role's mailbox, in the first of our domains.
    pub(super) fn role(&self, name: &str) -> Option<AliasAddress> {
        let domain = self.domains.first()?;
        AliasAddress::parse(&format!("{name}@{domain}"), &self.domains).filter(AliasAddress::is_role)
    }

    /// The role's mailbox that a path at this host's own name means, if it means one.
    pub(super) fn role_at_this_host(&self, path: &Mailbox) -> Option<AliasAddress> {
        let hostname = Domain::parse(&self.hostname).ok()?;
        if hostname.is(path.domain()) { self.role(&path.bare_local()?) } else { None }
    }

    /// Whether a sender is one of ours, but for return paths that look like ours: those only the vault can tell.
    pub(super) fn is_ours(&self, sender: &Mailbox) -> bool {
        !sender.is_rewritten() && self.own_names.iter().any(|name| name.is(sender.domain()))
    }
}

/// One turn of the machine: when it is, and where what comes of it goes.
pub struct Turn<'a, T> {
    /// Monotonic, since any moment that stays the same for a session. Deadlines are of the same kind.
    pub now: Duration,
    /// Tells the date; asked at DATA only, for `Received`.
    pub date: fn() -> Timestamp,
    /// To be carried out before the next turn, in order. None of them waits for anything.
    pub actions: &'a mut Vec<Action<T>>,
    /// Octets for the client.
    pub replies: &'a mut Vec<u8>,
}

impl<T> Turn<'_, T> {
    pub(super) fn act(&mut self, action: Action<T>) {
        self.actions.push(action);
    }

    pub(super) fn reply(&mut self, reply: &Reply) {
        reply.write(self.replies);
    }
}

/// What the driver has to wait for; the result is the next [`Event`], or octets for [`super::Session::receive`].
#[derive(Debug)]
pub enum Wait<'s, T> {
    /// The time in which a client must be silent: then [`Event::GreetingDue`] or [`Event::EarlyTalk`].
    Greeting,
    /// Replies are written, then octets of the client. A drain ends the session here if `drainable`.
    Client {
        /// Whether no transaction is under way.
        drainable: bool,
    },
    /// Replies are written before anything else is done: then [`Event::Flushed`].
    Flush,
    /// Answers to the first of [`Action::Admit`] that have none yet: then [`Event::AdmitsAnswered`].
    Vault,
    /// The relay is told of this in one flush: then [`Event::RecipientVerdicts`].
    Offer(Offer<'s, T>),
    /// The relay takes this content: then [`Event::Forwarded`].
    Forward(&'s [u8]),
    /// The relay takes this content and the end of the message in one flush: then [`Event::MessageVerdict`].
    End(&'s [u8]),
    /// Nothing: the session has ended, its last replies are to be written.
    Closed,
}

/// What has happened.
#[derive(Debug)]
pub enum Event<T> {
    /// The client was silent before the greeting.
    GreetingDue,
    /// It was not.
    EarlyTalk,
    /// All replies are written.
    Flushed,
    /// The client has closed the connection, or the connection is lost.
    ClientClosed,
    /// The deadline has passed while the driver waited.
    TimedOut,
    /// The daemon drains, and the session is [drainable](Wait::Client).
    Drain,
    /// The drain deadline has passed.
    DrainExpired,
    /// The vault's answers to the first of [`Action::Admit`] that had none, in the order of asking.
    AdmitsAnswered(Vec<AdmitOutcome<T>>),
    /// The relay's verdict on each ticket of the [offer](Wait::Offer), in that order.
    RecipientVerdicts(Vec<RelayResult>),
    /// No connection to a relay can be had: it knows nothing of the transaction.
    RelayUnavailable,
    /// The connection to the relay is lost, and the transaction with it.
    RelayLost,
    /// The relay has taken what was outgoing.
    Forwarded,
    /// The relay's verdict on the message.
    MessageVerdict(RelayResult),
}

/// The relay's verdict: taken, or the reply that refuses.
pub type RelayResult = Result<(), Reply>;

/// The vault's answer to [`Action::Admit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdmitOutcome<T> {
    /// It takes one more message.
    Admitted(T),
    /// Every use is spent, and one of them may still be given back.
    Busy,
    /// There is no such alias, or it is dead.
    No,
    /// The vault or its store does not answer.
    Unavailable,
}

/// What the driver has to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Action<T> {
    /// Ask the vault to admit a message to this alias. Its answer is wanted with [`Wait::Vault`].
    Admit(AliasAddress),
    /// Answers that are due are not wanted any more: tickets that come are to be released.
    CancelAdmits,
    /// Give the ticket back to the vault.
    Release(T),
    /// Make the relay forget the transaction. Its connection is then free for other sessions.
    Abort,
    /// The connection to the relay is free for other sessions.
    FreeRelay,
    /// Close the connection to the relay.
    DropRelay,
    /// Count a recipient that was replied to.
    CountRecipient(RecipientResult),
    /// Log a message that begins.
    MessageBegun {
        /// As in `Received`.
        id: MessageId,
        /// Of the recipients.
        aliases: Vec<Box<str>>,
    },
    /// Log and count a message that was replied to.
    MessageDone(MessageSummary),
}
