//! vault ← smtp.

use super::Ticket;
use super::metrics::Metrics;
use crate::alias::AliasAddress;
use serde::{Deserialize, Serialize};

/// What the process at port 25 may ask of the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Keep one use of this alias for a message that is about to come.
    Hold {
        /// The alias, in canonical form.
        recipient: AliasAddress,
    },
    /// The message did not come. Without effect once the use is spent.
    Release {
        /// From [`Answer::Held`].
        ticket: Ticket,
    },
    /// What the process has counted; wants no answer.
    Metrics(Metrics),
}

/// What the vault answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// One use is held until the ticket's deadline.
    Held {
        /// To be given to the relay.
        ticket: Ticket,
    },
    /// Alive, but every use that is left is held by messages in flight.
    Busy,
    /// Unknown, expired, not yet valid, used up, paused or revoked: one answer for all.
    No,
    /// The store does not answer.
    Unavailable,
    /// To [`Request::Release`] and [`Request::Metrics`].
    Done,
}
