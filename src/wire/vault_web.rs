//! vault ← web.

use super::metrics::Metrics;
use super::vault_admin::Status;
use crate::alias::{Account, AliasAddress, Change, Domain, Fault, Time, Wish};
use crate::words::Language;
use serde::{Deserialize, Serialize};

/// What the process at port 80 may ask of the vault.
///
/// Those with `aid` name an alias by the text in the URL (`name`, or `name@domain`) and prove
/// ownership with the manage key that creation returned.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Make aliases.
    Create(Order),
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
    /// Make a token: what makes aliases for this target and within these limits from now on.
    MakeToken {
        /// The real address as the visitor typed it.
        target: String,
        /// Where its aliases are to live; the first configured domain when absent.
        domain: Option<String>,
        /// Days of each alias.
        days: Option<i64>,
        /// Messages of each alias.
        max_usage: Option<i64>,
        /// Of the letter, if one is due.
        language: Language,
    },
    /// Make a token void.
    RevokeToken {
        /// The token.
        token: String,
    },
    /// What would this link of a letter do?
    Look {
        /// The last segment of its path.
        link: String,
    },
    /// Do it.
    Follow {
        /// The last segment of its path.
        link: String,
    },
    /// Send the target a letter whose link makes tempalias refuse it for ever, or no longer.
    OptOut {
        /// The real address as the visitor typed it.
        target: String,
        /// Of the letter.
        language: Language,
    },
    /// Does the store answer? For health checks.
    Ping,
    /// What the process has counted; wants no answer.
    Metrics(Metrics),
    /// How the daemon is; for whoever reads metrics.
    Status,
}

/// Aliases that are wanted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// For whom.
    pub whose: Whose,
    /// Where they are to live; the first configured domain, or the token's, when absent.
    pub domain: Option<String>,
    /// How many.
    pub count: i64,
    /// Known to this client alone: an order with the same key is the same order.
    pub idempotency_key: Option<String>,
    /// Of the letter, if one is due.
    pub language: Language,
}

/// For whom aliases are made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whose {
    /// For who is named now.
    Target {
        /// The real address as the visitor typed it.
        target: String,
        /// Their limits.
        wish: Wish,
    },
    /// For whom a token was made, within its limits.
    Token(String),
}

/// What the vault answers. No answer carries a real address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// To `Create`: as many as were ordered.
    Created(Vec<Made>),
    /// To `Inspect` and `Change`.
    Alias(Alias),
    /// To `MakeToken`; to `Follow` when the link hands out a token.
    Token(Token),
    /// To `Look`.
    Link(Purpose),
    /// To `Follow`: these live now.
    Activated(Vec<AliasAddress>),
    /// To `Revoke`, `RevokeToken`, `Ping`, `Metrics`, to `OptOut` when the letter is out, to `Follow` when nothing more is to be told.
    Done,
    /// To `Status`.
    Status(Status),
    /// The wish is not granted.
    Refused(Fault),
    /// No such alias, or not its key; a link that leads nowhere: one answer for all.
    No,
    /// Not a token, or void.
    NoToken,
    /// A letter that is due cannot be sent now.
    Unsent,
    /// The store does not answer.
    Unavailable,
}

/// An alias as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// Its address.
    pub address: AliasAddress,
    /// Limits, uses, paused, pending.
    pub account: Account,
    /// The vault's clock, by which the limits are judged.
    pub now: Time,
}

/// An alias that was just made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The alias.
    pub alias: Alias,
    /// Proves ownership from now on; only its hash is stored.
    pub key: String,
}

/// What a token is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The token; `None` if its target must first follow the link in the letter.
    pub token: Option<String>,
    /// Where its aliases live unless another domain is asked for.
    pub domain: Domain,
    /// Days of each alias.
    pub days: Option<u32>,
    /// Messages of each alias.
    pub max_usage: Option<u32>,
    /// When the token ends.
    pub until: Time,
    /// The vault's clock.
    pub now: Time,
}

/// What a link in a letter is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// Makes aliases live.
    Activate(Vec<AliasAddress>),
    /// Hands out a token.
    HandOut {
        /// Days of each alias.
        days: Option<u32>,
        /// Messages of each alias.
        max_usage: Option<u32>,
    },
    /// Refuses the target for ever.
    OptOut,
    /// Takes that back.
    OptIn,
}
