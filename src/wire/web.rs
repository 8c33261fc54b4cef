//! vault ← web.

use super::admin::Status;
use super::figures::Figures;
use crate::alias::{Account, AliasAddress, Change, Fault, Time, Wish};
use serde::{Deserialize, Serialize};

/// What the process at port 80 may ask of the vault.
///
/// The last three name an alias by the text in the URL (`name`, or `name@domain`) and prove
/// ownership with the manage key that creation returned.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Make an alias.
    Create {
        /// The real address as the visitor typed it.
        target: String,
        /// Where the alias is to live; the first configured domain when absent.
        domain: Option<String>,
        /// Its limits.
        wish: Wish,
    },
    /// How does it stand?
    Inspect {
        /// Name or address of the alias.
        aid: String,
        /// Its manage key.
        key: String,
    },
    /// Extend, pause, resume.
    Change {
        /// Name or address of the alias.
        aid: String,
        /// Its manage key.
        key: String,
        /// What changes.
        change: Change,
    },
    /// Kill it at once.
    Revoke {
        /// Name or address of the alias.
        aid: String,
        /// Its manage key.
        key: String,
    },
    /// Does the store answer? For health checks.
    Ping,
    /// What the process has counted; wants no answer.
    Figures(Figures),
    /// How the daemon is; for whoever reads metrics.
    Status,
}

/// What the vault answers. No answer carries a real address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// To `Create`.
    Created {
        /// The new alias.
        alias: Alias,
        /// Proves ownership from now on; only its hash is stored.
        key: String,
    },
    /// To `Inspect` and `Change`.
    Alias(Alias),
    /// To `Revoke`, `Ping` and `Figures`.
    Done,
    /// To `Status`.
    Status(Status),
    /// The wish is not granted.
    Refused(Fault),
    /// No such alias, or not its key: one answer for both.
    No,
    /// The store does not answer.
    Unavailable,
}

/// An alias as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// Its address.
    pub address: AliasAddress,
    /// Limits, uses, paused.
    pub account: Account,
    /// The vault's clock, by which the limits are judged.
    pub now: Time,
}
