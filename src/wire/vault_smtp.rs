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
        Admit => AdmitAnswer,
    }
    one_way {
        Release,
        Metrics,
    }
}

/// Does this alias take one more message? Nothing is reserved for it: that is decided at its final dot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admit {
    /// The alias, in canonical form.
    pub recipient: AliasAddress,
}

/// The answer to [`Admit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AdmitAnswer {
    /// As it is now, it does.
    Admitted {
        /// To be given to the relay.
        ticket: Ticket,
    },
    /// Every use is spent, and one of them may still be given back.
    Busy,
    /// Unknown, expired, not yet valid, used up, paused or revoked: one answer for all.
    No,
    /// The store does not answer, or the caller has as many tickets as it may have.
    Unavailable,
}

/// The message did not come: forget the ticket. Without effect once its use is being spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// From [`AdmitAnswer::Admitted`].
    pub ticket: Ticket,
}
