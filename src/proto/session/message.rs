//! The types of a message that is under way: passing to the relay, or discarded up to its final dot.

use super::Hello;
use super::interface::Policy;
use super::outcome::{MessageId, MessageSummary};
use super::transaction::Transaction;
use crate::proto::content::Content;
use crate::proto::header::{HeaderDecision, HeaderSection, TraceFields, TransmissionType};
use crate::proto::reply::{self, Reply};
use crate::proto::status::EnhancedCode;
use jiff::Timestamp;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

/// Octets of content from which on they are forwarded to the relay.
pub(super) const FORWARD_OCTETS: usize = 32 * 1024;

/// A message as the client sends it.
pub(super) struct Incoming {
    id: MessageId,
    recipients: usize,
    content: Content,
    /// What goes to the relay next.
    pub(super) outgoing: Vec<u8>,
    /// When the client must have sent its final dot; then, when the relay must have given its verdict.
    pub(super) deadline: Duration,
}

impl Incoming {
    pub(super) fn summary(&self, reply: &Reply) -> MessageSummary {
        MessageSummary { id: self.id, size: self.content.size(), recipients: self.recipients, code: reply.code }
    }

    /// The reply to a message that the next host has taken.
    pub(super) fn taken(&self) -> Reply {
        Reply::new(250, EnhancedCode::new(2, 0, 0), format!("Message {} taken by the next host", self.id))
    }
}

/// A message that goes through to the relay.
pub(super) struct Passing<T> {
    pub(super) incoming: Incoming,
    pub(super) header: HeaderSection,
    pub(super) transaction: Box<Transaction<T>>,
}

/// What becomes of a message that passes, after some more of it.
pub(super) enum Progress {
    /// More is to come.
    More,
    /// It is refused. Whether its final dot has come.
    Refused(Reply, bool),
    /// The final dot has come.
    Ended,
}

impl<T> Passing<T> {
    /// Begins a message with its trace fields.
    pub(super) fn new(
        id: MessageId,
        hello: &Hello,
        transaction: Box<Transaction<T>>,
        (peer, is_own): (IpAddr, bool),
        policy: &Policy,
        date: Timestamp,
    ) -> Self {
        let mut outgoing = Vec::new();
        let trace = TraceFields {
            helo: &hello.name,
            peer,
            hostname: &policy.hostname,
            transmission_type: match (transaction.mail.utf8, hello.extended) {
                (true, _) => TransmissionType::Utf8Smtp,
                (false, true) => TransmissionType::Esmtp,
                (false, false) => TransmissionType::Smtp,
            },
            id,
            date,
            delivered_to: transaction.only_recipient(),
        };
        trace.write(&mut outgoing);
        let incoming = Incoming {
            id,
            recipients: transaction.accepted(),
            content: Content::default(),
            outgoing,
            deadline: transaction.deadline,
        };
        let header = HeaderSection::new(transaction.aliases());
        let header = if is_own { header } else { header.guarding(Rc::clone(&policy.own_names)) };
        Self { incoming, header, transaction }
    }

    /// Takes octets off `input`: how many, and what becomes of the message.
    pub(super) fn feed(&mut self, input: &[u8], policy: &Policy) -> (usize, Progress) {
        let Incoming { content, outgoing, .. } = &mut self.incoming;
        let from = outgoing.len();
        let (taken, ended) = content.feed(input, outgoing);
        let mut decision = self.header.feed(&outgoing[from..]);
        if ended {
            decision = self.header.end();
        }
        let progress = if content.is_flawed() {
            Progress::Refused(reply::BAD_CONTENT, ended)
        } else if content.size() > policy.max_message_size {
            Progress::Refused(reply::TOO_LARGE, ended)
        } else if decision == HeaderDecision::Loop {
            Progress::Refused(reply::ROUTING_LOOP, ended)
        } else if decision == HeaderDecision::FromOurs {
            Progress::Refused(reply::SENDER_IS_OURS, ended)
        } else if ended {
            Progress::Ended
        } else {
            Progress::More
        };
        (taken, progress)
    }

    pub(super) fn wants_forward(&self) -> bool {
        self.incoming.outgoing.len() >= FORWARD_OCTETS
    }

    /// Refuses the message; its transaction is left for the caller to end.
    pub(super) fn refuse(self, reply: Reply) -> (Box<Discarded>, Box<Transaction<T>>) {
        (Box::new(Discarded { incoming: self.incoming, reply }), self.transaction)
    }
}

/// A message that is refused before its end: what still comes is thrown away, up to the final dot, so that nothing of
/// it is taken for a command.
pub(super) struct Discarded {
    pub(super) incoming: Incoming,
    pub(super) reply: Reply,
}

impl Discarded {
    /// Takes octets off `input`: how many, and whether the final dot was among them.
    pub(super) fn feed(&mut self, input: &[u8]) -> (usize, bool) {
        let Incoming { content, outgoing, .. } = &mut self.incoming;
        outgoing.clear();
        content.feed(input, outgoing)
    }
}
