//! relay ← smtp: connections that carry transactions one after the other, for any mail session.
//!
//! `Begin`, `Recipient`…, then `Chunk`… and `End`, or at any point `Abort`. Each `Recipient` gets one [`Verdict`], in
//! order. A transaction of which a `Chunk` or `End` was sent gets one more, for the message; it may come before `End`
//! (the relay has given up and reads on only to stay in step). `Abort` gets none, and makes void every verdict still
//! due: [`ToSmtp::Aborted`] marks the place.

use super::Ticket;
use serde::{Deserialize, Serialize, Serializer};

/// Octets of message content in one [`ToRelay::Chunk`] at the most.
pub const MAX_CHUNK_OCTETS: usize = 32 * 1024;

/// From `smtp`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToRelay<'a> {
    /// MAIL: the transaction's envelope so far.
    Begin {
        /// Without angle brackets; empty for the null path.
        reverse_path: &'a str,
        /// SIZE as declared by the client (RFC 1870), if it was.
        size: Option<u64>,
        /// BODY=8BITMIME (RFC 6152).
        eight_bit: bool,
        /// SMTPUTF8 (RFC 6531).
        utf8: bool,
    },
    /// RCPT: one more recipient.
    Recipient {
        /// Redeemed by the relay.
        ticket: Ticket,
    },
    /// Message content: complete or partial lines, CRLF line ends, no dot-stuffing.
    Chunk(#[serde(serialize_with = "octets")] &'a [u8]),
    /// The message is complete.
    End,
    /// Forget the transaction; nothing of it is delivered.
    Abort,
}

/// In one piece; serde would write a slice octet by octet.
fn octets<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(octets)
}

/// To `smtp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToSmtp {
    /// About one recipient, or about the message.
    Verdict(Verdict),
    /// In answer to `Abort`.
    Aborted,
}

/// The class and codes of the next host's reply, or our own. Never its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Reply code of RFC 5321 §4.2, 200 to 599; never 221 or 421, which speak about a connection
    /// that is not the client's.
    pub code: u16,
    /// Enhanced status code of RFC 3463: class, subject, detail.
    pub enhanced: (u8, u16, u16),
    /// Whose judgement it is.
    pub origin: Origin,
}

/// Who made a [`Verdict`], so that the client gets fitting words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// The next host answered.
    NextHost,
    /// The next host could not be reached, or was lost.
    NoNextHost,
    /// The next host lacks an extension the message needs.
    Unsupported,
    /// Every use of the alias is spent, and one of them may still be given back.
    Busy,
    /// The alias is dead by now: the client reads what it reads about an unknown recipient.
    Dead,
    /// The sender is one of ours only in name.
    Forged,
    /// The vault did not answer, or one of several recipients is [`Self::Busy`] or [`Self::Dead`].
    NoVault,
    /// The recipient does not fit into this transaction: its next host is another, or it needs another MAIL.
    OtherTransaction,
}

impl Verdict {
    /// Whether the recipient or message was taken.
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }
}
