//! vault ← relay.

use super::Ticket;
use super::metrics::Metrics;
use super::relay_smtp::Verdict;
use super::rpc::protocol;
use crate::alias::RealAddress;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a notification may take, for `relay` to deliver and for the vault to wait.
pub const NOTIFICATION_TIMEOUT: Duration = Duration::from_secs(20);

protocol! {
    /// What the process that connects to the next host may ask of the vault.
    pub VaultRelay {
        Redeem => RedeemAnswer,
        Spend => SpendAnswer,
        Refund => RefundAnswer,
        NextNotification => Notification,
    }
    one_way {
        Settle,
        NotificationSent,
        Metrics,
    }
}

/// Whose is this ticket? Works once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redeem {
    /// As given by `smtp`.
    pub ticket: Ticket,
    /// The sender's reverse-path without angle brackets; empty for the null path.
    pub reverse_path: String,
}

/// The answer to [`Redeem`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RedeemAnswer {
    /// The ticket was good.
    Redeemed {
        /// Where the mail goes.
        target: RealAddress,
        /// The reverse-path to use, rewritten so that a bounce comes to us and not, with the real address in it, to the
        /// sender. Empty for the null path.
        reverse_path: String,
        /// Whether [`Spend`] is due before the final dot.
        counted: bool,
    },
    /// The ticket is not, or no longer, good for this.
    No,
    /// The store does not answer.
    Unavailable,
}

/// Count the use, durably, before the message becomes the next host's.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spend {
    /// A redeemed ticket.
    pub ticket: Ticket,
}

/// The answer to [`Spend`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpendAnswer {
    /// It is counted.
    Done,
    /// The alias has no use left, or the ticket is not good for this.
    No,
    /// The store does not answer: the use may or may not have been counted.
    Unavailable,
}

/// The next host refused the message after all: give the use back.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// A spent ticket.
    pub ticket: Ticket,
}

/// The answer to [`Refund`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefundAnswer {
    /// It is given back.
    Done,
    /// The ticket is not spent.
    No,
    /// The store does not answer: the use stays counted, or not.
    Unavailable,
}

/// Is there an e-mail of our own to be sent? Answered when there is.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextNotification;

/// The answer to [`NextNotification`]: an e-mail that tempalias itself sends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// For [`NotificationSent`].
    pub number: u32,
    /// To whom.
    pub target: RealAddress,
    /// Header and body, CRLF line ends. The reverse-path is null.
    pub message: Vec<u8>,
}

/// The next host has the message: the spent ticket can be forgotten.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    /// A spent ticket.
    pub ticket: Ticket,
}

/// What the next host said to a [`Notification`].
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationSent {
    /// Of the notification.
    pub number: u32,
    /// The next host's judgement.
    pub verdict: Verdict,
}
