//! What a client learns from the host's replies, and how long it waits for them.

use crate::proto::status::Status;
use std::fmt;

/// What a reply means to the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientEvent {
    /// The host has greeted and takes mail: [`ClientSession::mail`] may follow.
    Ready,
    /// The reply to MAIL.
    MailAccepted,
    /// The reply to MAIL, and there is no transaction. The RCPTs that went out with MAIL are answered, too.
    MailRefused(Status),
    /// The reply to one RCPT, positive or a refusal; they come in the order of the RCPTs.
    Recipient(Status),
    /// The reply to DATA, 354: the content may follow.
    GoAhead,
    /// The reply to DATA; the transaction is still there.
    DataRefused(Status),
    /// The reply to the final dot; or a refusal that the host did not want to keep until then.
    Message(Status),
    /// The reply to QUIT.
    Closed,
}

/// Why the dialog cannot go on: the connection is of no more use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// What the host says is no reply (RFC 5321 §4.2).
    Malformed,
    /// The host greets with a reply that is not positive.
    GreetingRefused(Status),
    /// The host greets as we greet our clients.
    Ourselves,
    /// The host refuses EHLO, with this reply: for now, or HELO as well.
    HelloRefused(Status),
    /// 421, or a reply that makes no sense where it comes: 354 to RCPT, 250 to DATA.
    Unexpected(Status),
    /// The host says something that no command has asked for.
    Unasked,
    /// The driver gives a command where it has no place: a defect.
    OutOfOrder,
}

/// How long a wait may take is different in each (RFC 5321 §4.5.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialogPhase {
    /// Greeting, EHLO, MAIL, RCPT, RSET, QUIT.
    Command,
    /// DATA to its reply.
    DataInit,
    /// The content.
    DataBlock,
    /// The final dot to its reply.
    DataEnd,
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("not SMTP"),
            Self::GreetingRefused(status) => write!(f, "greets with {}", status.code),
            Self::Ourselves => f.write_str("greets as this very tempalias"),
            Self::HelloRefused(status) => write!(f, "answers EHLO with {}", status.code),
            Self::Unexpected(status) => write!(f, "a reply out of place, {}", status.code),
            Self::Unasked => f.write_str("a reply that no command asked for"),
            Self::OutOfOrder => f.write_str("a command out of order"),
        }
    }
}

impl std::error::Error for ClientError {}
