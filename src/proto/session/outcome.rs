//! How recipients, messages and sessions end. Replies are made of these, and never read again.

use crate::proto::reply::{self, Reply};
use std::fmt;

/// What becomes of one RCPT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RcptOutcome {
    /// The relay's next host takes it.
    Accepted,
    /// The same alias is accepted in this transaction already.
    Duplicate,
    /// Unknown, expired, not yet valid, used up, paused or revoked: one outcome for all.
    Unknown,
    /// postmaster@ or abuse@, and the configuration names nobody for them.
    NoPostmaster,
    /// Every use is spent, and one of them may still be given back.
    Busy,
    /// The vault or the relay does not answer.
    Unavailable,
    /// An address that is not ASCII, in a transaction without SMTPUTF8.
    NeedsUtf8,
    /// A domain that is not ours.
    RelayDenied,
    /// More than a transaction may have.
    TooMany,
    /// The relay refuses, for a reason of its own or of the next host's.
    Refused(Reply),
}

/// Outcomes of recipients as they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecipientResult {
    /// 2xx.
    Accepted,
    /// [`RcptOutcome::Unknown`].
    Unknown,
    /// 4xx.
    Deferred,
    /// Any other 5xx.
    Rejected,
}

impl RcptOutcome {
    /// The reply to RCPT.
    pub fn reply(&self) -> Reply {
        match self {
            Self::Accepted | Self::Duplicate => reply::RECIPIENT_OK,
            Self::Unknown => reply::UNKNOWN_USER,
            Self::NoPostmaster => reply::NO_POSTMASTER,
            Self::Busy => reply::BUSY,
            Self::Unavailable => reply::LOCAL_ERROR,
            Self::NeedsUtf8 => reply::NEEDS_UTF8,
            Self::RelayDenied => reply::RELAY_DENIED,
            Self::TooMany => reply::TOO_MANY_RECIPIENTS,
            Self::Refused(reply) => reply.clone(),
        }
    }

    /// As it is counted.
    pub fn result(&self) -> RecipientResult {
        match self {
            Self::Accepted | Self::Duplicate => RecipientResult::Accepted,
            Self::Unknown => RecipientResult::Unknown,
            Self::Busy | Self::Unavailable | Self::TooMany => RecipientResult::Deferred,
            Self::Refused(reply) if reply.code < 500 => RecipientResult::Deferred,
            Self::NoPostmaster | Self::NeedsUtf8 | Self::RelayDenied | Self::Refused(_) => RecipientResult::Rejected,
        }
    }
}

/// Outcomes of messages as they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageResult {
    /// 2xx: the next host has taken it.
    Delivered,
    /// 4xx.
    Deferred,
    /// 5xx.
    Rejected,
}

/// What is known of a message once it is replied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageSummary {
    /// As in `Received` and in the reply.
    pub id: MessageId,
    /// Octets of content.
    pub size: u64,
    /// Recipients that were accepted.
    pub recipients: usize,
    /// Code of the reply.
    pub code: u16,
}

impl MessageSummary {
    /// As it is counted.
    pub fn result(&self) -> MessageResult {
        match self.code {
            200..300 => MessageResult::Delivered,
            400..500 => MessageResult::Deferred,
            _ => MessageResult::Rejected,
        }
    }
}

/// Names a session in the log. Opaque: recipients see it in `Received`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionId(pub u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Names a message: its session, and its number in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageId {
    /// Its session.
    pub session: SessionId,
    /// From 1.
    pub number: u32,
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.session, self.number)
    }
}

/// Why a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// QUIT.
    Quit,
    /// The client has closed the connection, or the connection is lost.
    ClientClosed,
    /// The client did not wait for the greeting.
    EarlyTalk,
    /// The client was silent, or its transaction took too long.
    TimedOut,
    /// The daemon drains.
    ShuttingDown,
    /// [`super::Policy::max_commands`].
    TooManyCommands,
    /// [`super::Policy::max_errors`].
    TooManyErrors,
    /// [`super::Policy::max_unknown`].
    TooManyUnknown,
}

impl EndReason {
    /// The last reply, if the client can read it.
    pub fn reply(self) -> Option<Reply> {
        match self {
            Self::Quit => Some(reply::BYE),
            Self::ClientClosed => None,
            Self::EarlyTalk => Some(reply::EARLY_TALKER),
            Self::TimedOut => Some(reply::TIMED_OUT),
            Self::ShuttingDown => Some(reply::SHUTTING_DOWN),
            Self::TooManyCommands => Some(reply::TOO_MANY_COMMANDS),
            Self::TooManyErrors => Some(reply::TOO_MANY_ERRORS),
            Self::TooManyUnknown => Some(reply::TOO_MANY_UNKNOWN),
        }
    }

    /// Whether the client was cut off for what it did.
    pub fn is_cut_off(self) -> bool {
        matches!(self, Self::TooManyCommands | Self::TooManyErrors | Self::TooManyUnknown)
    }
}
