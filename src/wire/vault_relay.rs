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
        SettleLast => Settled,
        NextNotification => Notification,
    }
    one_way {
        Settle,
        NotificationSent,
        Metrics,
    }
}

/// Whose is this ticket? May be asked again until it is spent.
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
        /// Whether [`Spend`] is likely to be refused, because few uses are left, or no more than messages are on their
        /// way.
        scarce: bool,
    },
    /// The ticket is not, or no longer, good for this.
    No,
    /// The store does not answer.
    Unavailable,
    /// No mail may go to the target.
    Dead,
    /// The reverse-path looks like a return path of ours, and is none.
    Forged,
}

/// May the message become the next host's, as the alias is now? Its use is spent, durably, if it is counted.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spend {
    /// A redeemed ticket.
    pub ticket: Ticket,
}

/// The answer to [`Spend`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpendAnswer {
    /// It may.
    Done {
        /// Whether a use is spent, so that [`Refund`], [`Settle`] or [`SettleLast`] is due.
        counted: bool,
        /// Whether it was the last one.
        last: bool,
    },
    /// Every use is spent, and one of them may still be given back.
    Busy,
    /// The alias is dead by now.
    No,
    /// The store does not answer, or the ticket has expired. If a use was spent, the vault gives it back.
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
    /// The store does not answer: the vault tries again.
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

/// The next host has the message, or may have it: its use is not given back any more.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    /// A spent ticket.
    pub ticket: Ticket,
}

/// [`Settle`] for the last use of an alias: once it is answered, the alias is dead for everybody.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettleLast {
    /// A spent ticket.
    pub ticket: Ticket,
}

/// The answer to [`SettleLast`]: it is done, or the vault tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled;

/// What the next host said to a [`Notification`].
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationSent {
    /// Of the notification.
    pub number: u32,
    /// The next host's judgement.
    pub verdict: Verdict,
}
