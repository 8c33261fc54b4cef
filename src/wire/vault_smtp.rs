//! vault ← smtp.

use super::Ticket;
use super::metrics::Metrics;
use super::rpc::protocol;
use crate::alias::AliasAddress;
use serde::{Deserialize, Serialize};

protocol! {
    /// What the process at port 25 may ask of the vault.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub VaultSmtp {
        Hold => HoldAnswer,
    }
    one_way {
        Release,
        Metrics,
    }
}

/// Keep one use of this alias for a message that is about to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The alias, in canonical form.
    pub recipient: AliasAddress,
}

/// The answer to [`Hold`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HoldAnswer {
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
}

/// The message did not come. Without effect once the use is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// From [`HoldAnswer::Held`].
    pub ticket: Ticket,
}
