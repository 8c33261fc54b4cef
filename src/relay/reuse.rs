//! How long a connection to a next host is reused. Hosts limit what one connection may do, each in its own way, and do
//! not announce it: a connection retires before it meets those limits.

use crate::proto::status::Status;
use std::time::Duration;
use tokio::time::Instant;

/// Transactions on one connection. OpenSMTPD refuses the 101st; hosts with lower limits are met in
/// [`super::delivery`], by another try on a new connection.
const MAX_MAILS: u32 = 100;

/// Age of a connection. Hosts behind a balancer want their clients spread anew from time to time.
const MAX_AGE: Duration = Duration::from_secs(5 * 60);

/// Transactions in a row that delivered nothing. Exim and Postfix count each RSET that no message came before, and hang
/// up after 10 and 100 of them.
const MAX_UNDELIVERED: u32 = 5;

/// Refusals. Postfix answers each command a second later after 10 of them, and hangs up after 20.
const MAX_REFUSALS: u32 = 5;

/// What a connection has been used for.
pub(super) struct Reuse {
    opened: Instant,
    mails: u32,
    /// Transactions since the last one that delivered a message.
    undelivered: u32,
    /// Refusals since the connection was opened.
    refusals: u32,
    /// Whether the last transaction was refused anything.
    refused: bool,
}

impl Reuse {
    /// Of a connection that was just opened.
    pub(super) fn new() -> Self {
        Self { opened: Instant::now(), mails: 0, undelivered: 0, refusals: 0, refused: false }
    }

    /// A transaction begins.
    pub(super) fn begin(&mut self) {
        self.mails += 1;
        self.undelivered += 1;
        self.refused = false;
    }

    /// A reply to MAIL, RCPT or DATA: anything but a refusal changes nothing.
    pub(super) fn replied(&mut self, status: Status) {
        if status.is_refusal() {
            self.refusals += 1;
            self.refused = true;
        }
    }

    /// The reply to the final dot.
    pub(super) fn ended(&mut self, status: Status) {
        if status.is_positive() {
            self.undelivered = 0;
        }
        self.replied(status);
    }

    /// Whether a transaction was begun on it.
    #[cfg(test)]
    pub(super) fn has_served(&self) -> bool {
        self.mails > 0
    }

    /// Whether the last transaction was refused anything: hosts punish the connection for it, and not the next mail's
    /// sender.
    pub(super) fn was_refused(&self) -> bool {
        self.refused
    }

    /// Whether the connection has served for long enough.
    pub(super) fn is_over(&self) -> bool {
        self.mails >= MAX_MAILS
            || self.undelivered >= MAX_UNDELIVERED
            || self.refusals >= MAX_REFUSALS
            || self.opened.elapsed() >= MAX_AGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::status::EnhancedCode;

    fn status(code: u16) -> Status {
        Status { code, enhanced: EnhancedCode::new((code / 100) as u8, 0, 0) }
    }

    /// Replies of each transaction, the last of them to the final dot; after how many the connection retires.
    #[test]
    fn a_connection_retires() {
        for (replies, transactions) in [
            (&[250, 250, 250][..], 100),
            // A recipient refused beside one that was taken.
            (&[250, 550, 250, 250], 5),
            (&[250, 550], 5),
            (&[450], 5),
            (&[250, 250, 451], 5),
            (&[250, 550, 550, 550], 2),
            // Given up by our client after RCPT.
            (&[250, 250, 0], 5),
        ] {
            let mut reuse = Reuse::new();
            let mut count = 0;
            while !reuse.is_over() {
                reuse.begin();
                let (&last, before) = replies.split_last().unwrap();
                before.iter().for_each(|&code| reuse.replied(status(code)));
                reuse.ended(status(last));
                count += 1;
            }
            assert_eq!(count, transactions, "{replies:?}");
            assert_eq!(reuse.was_refused(), replies.iter().any(|code| *code >= 400), "{replies:?}");
        }
        let aged = |age: Duration| Reuse { opened: Instant::now().checked_sub(age).unwrap(), ..Reuse::new() };
        assert!(aged(MAX_AGE).is_over() && !aged(MAX_AGE / 2).is_over());
    }

    #[test]
    fn a_delivery_pays_for_transactions_without_one() {
        let mut reuse = Reuse::new();
        for _ in 0..19 {
            for _ in 0..4 {
                reuse.begin();
            }
            reuse.begin();
            reuse.ended(status(250));
            assert!(!reuse.is_over() && !reuse.was_refused());
        }
    }
}
