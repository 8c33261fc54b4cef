//! vault ← web.
//!
//! Requests with `aid` name an alias by the text in the URL (`name`, or `name@domain`) and prove ownership with the
//! manage key that creation returned. No answer holds a real address.

use super::metrics::Metrics;
use super::rpc::protocol;
use super::vault_admin::DaemonStatus;
use crate::alias::{AliasAddress, AliasState, Change, Domain, OrderError, RequestedLimits, Time};
use crate::words::Language;
use serde::{Deserialize, Serialize};

protocol! {
    /// What the process at port 80 may ask of the vault.
    pub VaultWeb {
        Order => Result<Vec<CreatedAlias>, RequestError>,
        Inspect => Result<AliasInfo, RequestError>,
        Amend => Result<AliasInfo, RequestError>,
        RevokeAlias => Result<(), RequestError>,
        IssueToken => Result<IssuedToken, RequestError>,
        RevokeToken => Result<(), RequestError>,
        InspectLink => Result<LinkPurpose, RequestError>,
        FollowLink => Result<Followed, RequestError>,
        OptOut => Result<(), RequestError>,
        Ping => Result<(), RequestError>,
        GetMetrics => Result<DaemonStatus, RequestError>,
    }
    one_way {
        Metrics,
    }
}

/// Why what was asked for is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestError {
    /// The request is not granted.
    Rejected(OrderError),
    /// No such alias, or not its key; a link that leads nowhere: one answer for all.
    NotFound,
    /// Not a token, or void.
    InvalidToken,
    /// An e-mail that is due cannot be sent now.
    EmailNotSent,
    /// The store does not answer.
    Unavailable,
}

/// Make aliases: as many are answered as were ordered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// For whom.
    pub whose: OrderFor,
    /// Where they are to live; the first configured domain, or the token's, when absent.
    pub domain: Option<String>,
    /// How many.
    pub count: i64,
    /// Known to this client alone: an order with the same key is the same order.
    pub idempotency_key: Option<String>,
    /// Of the e-mail, if one is due.
    pub language: Language,
}

/// For whom aliases are made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderFor {
    /// For the address given here.
    Target {
        /// The real address as the visitor typed it.
        target: String,
        /// Their limits.
        limits: RequestedLimits,
    },
    /// For the target of a token, within its limits.
    Token(String),
}

/// How does an alias stand?
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspect {
    /// Name or address of the alias.
    pub aid: String,
    /// Its manage key.
    pub key: String,
}

/// Extend, pause, resume an alias.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amend {
    /// Name or address of the alias.
    pub aid: String,
    /// Its manage key.
    pub key: String,
    /// What changes.
    pub change: Change,
}

/// Kill an alias at once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeAlias {
    /// Name or address of the alias.
    pub aid: String,
    /// Its manage key.
    pub key: String,
}

/// Make a token: what makes aliases for this target and within these limits from now on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueToken {
    /// The real address as the visitor typed it.
    pub target: String,
    /// Where its aliases are to live; the first configured domain when absent.
    pub domain: Option<String>,
    /// Days of each alias.
    pub days: Option<i64>,
    /// Messages of each alias.
    pub max_usage: Option<i64>,
    /// Of the e-mail, if one is due.
    pub language: Language,
}

/// Make a token void.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeToken {
    /// The token.
    pub token: String,
}

/// What would this link of an e-mail do?
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectLink {
    /// The last segment of its path.
    pub link: String,
}

/// Do what this link is for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowLink {
    /// The last segment of its path.
    pub link: String,
}

/// What came of [`FollowLink`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Followed {
    /// These aliases live now.
    Activated(Vec<AliasAddress>),
    /// Here it is.
    Token(IssuedToken),
    /// The target is refused from now on, or no longer.
    Done,
}

/// Send the target an e-mail whose link makes tempalias refuse it forever, or no longer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptOut {
    /// The real address as the visitor typed it.
    pub target: String,
    /// Of the e-mail.
    pub language: Language,
}

/// Does the store answer? For health checks.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping;

/// How is the daemon? For the metrics listener.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetMetrics;

/// An alias as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasInfo {
    /// Its address.
    pub address: AliasAddress,
    /// Limits, uses, paused, pending.
    pub state: AliasState,
    /// The vault's clock, by which the limits are judged.
    pub now: Time,
}

/// An alias that was just made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedAlias {
    /// The alias.
    pub alias: AliasInfo,
    /// Proves ownership from now on; only its hash is stored.
    pub key: String,
}

/// What a token is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedToken {
    /// The token; `None` if its target must first follow the link in the e-mail.
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

/// What a link in an e-mail is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkPurpose {
    /// Makes aliases live.
    Activate(Vec<AliasAddress>),
    /// Hands out a token.
    HandOut {
        /// Days of each alias.
        days: Option<u32>,
        /// Messages of each alias.
        max_usage: Option<u32>,
    },
    /// Refuses the target forever.
    OptOut,
    /// Takes that back.
    OptIn,
}
