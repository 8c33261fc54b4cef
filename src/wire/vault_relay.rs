//! vault ← relay.

use super::Ticket;
use super::metrics::Metrics;
use super::relay_smtp::Verdict;
use crate::alias::RealAddress;
use serde::{Deserialize, Serialize};

/// What the process that speaks to the Internet may ask of the vault.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Whose is this ticket? Works once.
    Redeem {
        /// As given by `smtp`.
        ticket: Ticket,
        /// The sender's reverse-path without angle brackets; empty for the null path.
        reverse_path: String,
    },
    /// Count the use, durably, before the message becomes the next host's.
    Spend {
        /// A redeemed ticket.
        ticket: Ticket,
    },
    /// The next host refused the message after all: give the use back.
    Refund {
        /// A spent ticket.
        ticket: Ticket,
    },
    /// The next host has the message: the spent ticket can be forgotten.
    Settle {
        /// A spent ticket.
        ticket: Ticket,
    },
    /// Is there a letter of ours to be sent? Answered when there is.
    Letter,
    /// What the next host said to it; wants no answer.
    Sent {
        /// From [`Answer::Letter`].
        number: u32,
        /// Its judgement.
        verdict: Verdict,
    },
    /// What the process has counted; wants no answer.
    Metrics(Metrics),
}

/// What the vault answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// To [`Request::Redeem`].
    Redeemed {
        /// Where the mail goes.
        target: RealAddress,
        /// The reverse-path to use, rewritten so that a bounce comes to us and not, with the
        /// real address in it, to the sender. Empty for the null path.
        reverse_path: String,
        /// Whether `Spend` is due before the final dot.
        counted: bool,
    },
    /// To [`Request::Letter`].
    Letter {
        /// For [`Request::Sent`].
        number: u32,
        /// To whom.
        target: RealAddress,
        /// Header and body, CRLF line ends. The reverse-path is null.
        message: Vec<u8>,
    },
    /// To `Spend`, `Refund`, `Settle`, `Sent` and `Metrics`.
    Done,
    /// The ticket is not, or no longer, good for this; to `Spend`: the alias has no use left.
    No,
    /// The store does not answer. After `Spend` the use may or may not have been counted.
    Unavailable,
}
