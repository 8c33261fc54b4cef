//! vault ← the administrator.

use serde::{Deserialize, Serialize};

/// What the administrator may ask of the vault.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Figures about the table.
    Stats,
    /// Remove now what has expired.
    Sweep,
    /// Kill one alias.
    Revoke {
        /// Its address.
        address: String,
    },
    /// Kill every alias of this real address.
    Forget {
        /// The real address.
        address: String,
    },
}

/// What the vault answers: counts, never a real address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// To `Stats`.
    Stats(Stats),
    /// How many aliases were removed; to `Sweep`, `Revoke` and `Forget`.
    Removed(u64),
    /// Not an address.
    Refused,
    /// The store does not answer.
    Unavailable,
}

/// Figures about the table and the messages in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Aliases in the table; `None` where the store cannot tell without reading it all.
    pub aliases: Option<u64>,
    /// Tickets out.
    pub held: u64,
    /// Uses counted since the start.
    pub spent: u64,
}
