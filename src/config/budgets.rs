//! How long a transaction may take in all, by the time-outs of its parts. These are no keys of the file: each is the
//! sum of time-outs that are, all of which take a restart.
//!
//! ```text
//! admit ── client's commands and content ──▶ final dot ──▶ spend ── relay's last phases ──▶ verdict, refund
//!   │        with relay: connect, greeting, MAIL, RCPT       │         │                           │
//!   │                                                        │         └── unsettled_lifetime ────▶│
//!   │                                                        └── after_final_dot ─────────────────▶│
//!   └──────────────────────────── ticket_lifetime ────────────────────────────────────────────────▶│
//! ```

use super::settings::relay;
use std::time::Duration;

/// For processes that wait for the CPU, and for what is on its way between them.
const SCHEDULING_MARGIN: Duration = Duration::from_secs(60);

/// Blocks of content that relay may still have to send when `smtp` has handed it the end of a message: the one that is
/// being written, what the pair of sockets between the two holds (208 KiB, 64 KiB a block), and the last one with the
/// final dot.
const BLOCKS_BEHIND: u32 = 6;

/// The least time in which a spent use can be given back: RFC 5321 §4.5.3.2.6 lets a next host take ten minutes for its
/// reply to the final dot.
const MIN_UNSETTLED_LIFETIME: Duration = Duration::from_secs(630);

/// Steps of the store that one message waits for, one after the other: spending a use takes two at the most, giving it
/// back, or settling it, one.
const STORE_STEPS: u32 = 3;

/// Sums of time-outs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Budgets {
    /// From the client's final dot to relay's verdict. Longer than relay may take at the most, because a client that
    /// is told 451 while the message may still be delivered sends it twice.
    pub(super) after_final_dot: Duration,
    /// From RCPT to the end of the transaction.
    pub(super) ticket_lifetime: Duration,
    /// From the spend of a use, which comes after the client's final dot, to the end of the transaction, so that it can be
    /// given back however late it turns out that the message is not delivered.
    pub(super) unsettled_lifetime: Duration,
}

/// The budgets of a transaction for which the client may take `transaction_timeout`, and each step of the store
/// `store_timeout`.
pub(super) fn budgets(transaction_timeout: Duration, relay: &relay::Fixed, store_timeout: Duration) -> Budgets {
    // A permit for a connection, the DNS, TCP.
    let connect = relay.connect_timeout.saturating_mul(3);
    // The greeting, EHLO, and HELO for hosts that do not know it.
    let greeting = relay.command_timeout.saturating_mul(3);
    // MAIL and RCPT; before them, where there is no PIPELINING, the reply owed to RSET.
    let envelope = relay.command_timeout.saturating_mul(3);
    // A kept connection may turn out to be closed, at DATA at the latest: then all of it is done again on a new one.
    let again = sum(&[connect, greeting, envelope]);
    let before_content = again.saturating_mul(2);
    let after_final_dot = sum(&[
        again,
        // DATA is written, if the message was short enough to be kept until its end.
        relay.command_timeout,
        relay.data_init_timeout,
        relay.data_block_timeout.saturating_mul(BLOCKS_BEHIND),
        relay.data_end_timeout,
        store_timeout.saturating_mul(STORE_STEPS),
        SCHEDULING_MARGIN,
    ]);
    Budgets {
        after_final_dot,
        ticket_lifetime: sum(&[transaction_timeout, before_content, after_final_dot]),
        unsettled_lifetime: after_final_dot.max(MIN_UNSETTLED_LIFETIME),
    }
}

fn sum(parts: &[Duration]) -> Duration {
    parts.iter().fold(Duration::ZERO, |sum, part| sum.saturating_add(*part))
}

#[cfg(test)]
mod tests {
    use super::super::settings::relay::{Fixed, Host};
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn relay() -> Fixed {
        Fixed {
            hostname: String::new(),
            smarthost: Host { name: String::new(), port: 0 },
            dnsbl: Vec::new(),
            connect_timeout: seconds(1),
            command_timeout: seconds(10),
            data_init_timeout: seconds(100),
            data_block_timeout: seconds(1_000),
            data_end_timeout: seconds(10_000),
            drain_timeout: seconds(100_000),
        }
    }

    #[test]
    fn each_phase_counts() {
        let Budgets { after_final_dot, ticket_lifetime, unsettled_lifetime } =
            budgets(seconds(1_000_000), &relay(), seconds(2));
        assert_eq!(after_final_dot, seconds(63 + 10 + 100 + 6 * 1_000 + 10_000 + 3 * 2 + 60));
        assert_eq!(ticket_lifetime, seconds(1_000_000 + 2 * (3 + 30 + 30)) + after_final_dot);
        assert_eq!(unsettled_lifetime, after_final_dot);
    }

    #[test]
    fn the_longest_time_outs_are_no_overflow() {
        let Budgets { after_final_dot, ticket_lifetime, .. } = budgets(Duration::MAX, &relay(), Duration::MAX);
        assert_eq!((after_final_dot, ticket_lifetime), (Duration::MAX, Duration::MAX));
    }

    /// A next host that refuses the message nine minutes after its dot: the use is given back, whatever the time-outs.
    #[test]
    fn a_use_can_be_given_back_for_ten_minutes() {
        let zero = seconds(0);
        let impatient = Fixed {
            connect_timeout: zero,
            command_timeout: zero,
            data_init_timeout: zero,
            data_block_timeout: zero,
            data_end_timeout: zero,
            ..relay()
        };
        assert_eq!(budgets(zero, &impatient, zero).unsettled_lifetime, seconds(630));
    }
}
