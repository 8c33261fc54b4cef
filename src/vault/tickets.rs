//! Outstanding tickets: volatile, single use, each with a deadline. Their states are those of a two-phase commit of one
//! use: held (reserved), then spent (committed).
//!
//! ```text
//! Held ──redeem──▶ Redeemed ──spend──▶ Spent ──settle, refund──▶ gone
//!   └──────────────────┴── release, deadline ──▶ gone
//! ```

use super::store::Key;
use crate::alias::AliasAddress;
use crate::wire::Ticket;
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Where the real address of a ticket comes from.
#[derive(Clone)]
pub(super) enum TargetSource {
    /// From the table.
    Sealed {
        /// Under which the address is sealed.
        alias: AliasAddress,
        /// The sealed address.
        sealed: Box<[u8]>,
    },
    /// The administrator's mailbox, from the configuration.
    Postmaster,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Held,
    Redeemed,
    Spent,
}

struct Entry {
    target: TargetSource,
    /// `None` when nothing is counted: the ticket is then gone once redeemed.
    counted: Option<Key>,
    state: State,
}

/// All outstanding tickets.
pub(super) struct Tickets {
    entries: HashMap<Ticket, Entry>,
    /// All live equally long, so the oldest is always in front.
    deadlines: VecDeque<(Instant, Ticket)>,
    lifetime: Duration,
}

impl Tickets {
    pub(super) fn new(lifetime: Duration) -> Self {
        Self { entries: HashMap::new(), deadlines: VecDeque::new(), lifetime }
    }

    /// How long a ticket lives, in whole seconds.
    pub(super) fn lifetime_seconds(&self) -> u64 {
        self.lifetime.as_secs().max(1)
    }

    pub(super) fn count(&self) -> usize {
        self.entries.len()
    }

    /// Issues a ticket.
    pub(super) fn issue(&mut self, ticket: Ticket, target: TargetSource, counted: Option<Key>, now: Instant) {
        self.entries.insert(ticket, Entry { target, counted, state: State::Held });
        self.deadlines.push_back((now + self.lifetime, ticket));
    }

    /// The target behind a ticket and whether its use is counted, once.
    pub(super) fn redeem(&mut self, ticket: Ticket) -> Option<(TargetSource, bool)> {
        let entry = self.entries.get_mut(&ticket).filter(|e| e.state == State::Held)?;
        entry.state = State::Redeemed;
        if entry.counted.is_some() {
            return Some((entry.target.clone(), true));
        }
        self.entries.remove(&ticket).map(|entry| (entry.target, false))
    }

    /// The alias to count for a redeemed ticket, once.
    pub(super) fn spend(&mut self, ticket: Ticket) -> Option<Key> {
        let entry = self.entries.get_mut(&ticket).filter(|e| e.state == State::Redeemed)?;
        entry.state = State::Spent;
        entry.counted
    }

    /// The alias of a spent ticket, which is now gone.
    pub(super) fn settle(&mut self, ticket: Ticket) -> Option<Key> {
        self.entries.get(&ticket).filter(|e| e.state == State::Spent)?;
        self.entries.remove(&ticket)?.counted
    }

    /// The alias whose use is free again, if the ticket was not spent.
    pub(super) fn release(&mut self, ticket: Ticket) -> Option<Key> {
        self.entries.get(&ticket).filter(|e| e.state != State::Spent)?;
        self.entries.remove(&ticket)?.counted
    }

    /// Removes tickets that are past their deadline; the uses that they held.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<(Ticket, Key)> {
        let mut freed = Vec::new();
        // One ticket that lives long must not keep the deadlines of all that came and went after it.
        if self.deadlines.len() > 2 * self.entries.len() + 1024 {
            self.deadlines.retain(|(_, ticket)| self.entries.contains_key(ticket));
        }
        while let Some(&(deadline, ticket)) = self.deadlines.front() {
            let settled = !self.entries.contains_key(&ticket);
            if !settled && deadline > now {
                break;
            }
            self.deadlines.pop_front();
            if let Some(Entry { counted: Some(key), state: State::Held | State::Redeemed, .. }) =
                self.entries.remove(&ticket)
            {
                freed.push((ticket, key));
            }
        }
        freed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(n: u8) -> Ticket {
        Ticket::from_random([n; 16])
    }

    fn tickets() -> Tickets {
        let mut tickets = Tickets::new(Duration::from_secs(10));
        tickets.issue(ticket(1), TargetSource::Postmaster, Some([1; 16]), Instant::now());
        tickets.issue(ticket(2), TargetSource::Postmaster, None, Instant::now());
        tickets
    }

    #[test]
    fn each_step_works_once_and_in_order() {
        let mut tickets = tickets();
        assert!(tickets.spend(ticket(1)).is_none(), "not redeemed");
        assert!(tickets.redeem(ticket(1)).is_some_and(|(_, counted)| counted));
        assert!(tickets.redeem(ticket(1)).is_none());
        assert!(tickets.settle(ticket(1)).is_none(), "not spent");
        assert_eq!(tickets.spend(ticket(1)), Some([1; 16]));
        assert!(tickets.spend(ticket(1)).is_none());
        assert!(tickets.release(ticket(1)).is_none(), "what is spent is not released");
        assert_eq!(tickets.settle(ticket(1)), Some([1; 16]));
        assert!(tickets.settle(ticket(1)).is_none());
    }

    #[test]
    fn an_uncounted_ticket_is_gone_once_redeemed() {
        let mut tickets = tickets();
        assert!(tickets.redeem(ticket(2)).is_some_and(|(_, counted)| !counted));
        assert_eq!(tickets.count(), 1);
    }

    #[test]
    fn deadlines_free_what_is_held() {
        let mut tickets = tickets();
        assert!(tickets.expire(Instant::now()).is_empty());
        let freed = tickets.expire(Instant::now() + Duration::from_secs(11));
        assert_eq!(freed, [(ticket(1), [1; 16])]);
        assert_eq!((tickets.count(), tickets.deadlines.len()), (0, 0));
    }

    /// With a slow smarthost, the use of an undelivered message is still given back.
    #[test]
    fn a_refund_after_slow_phases_is_taken() {
        let text = "hostname = 'mx.example.org'\ndomains = ['example.org']\n[smtp]\ntransaction_timeout = '60s'\n\
                    [relay]\nsmarthost = 'mail.example.org'\nconnect_timeout = '40s'\ncommand_timeout = '50s'\n\
                    data_init_timeout = '70s'\ndata_block_timeout = '80s'\ndata_end_timeout = '90s'\n";
        let mut tickets = Tickets::new(crate::config::parse(text).config.unwrap().vault.fixed.ticket_lifetime);
        let start = Instant::now();
        tickets.issue(ticket(1), TargetSource::Postmaster, Some([1; 16]), start);
        // Almost as long as a client may take with a relay that is as slow as it may be.
        let phases = [59, 39, 49, 49, 69, 79];
        assert!(tickets.expire(start + Duration::from_secs(phases.iter().sum())).is_empty());
        assert!(tickets.redeem(ticket(1)).is_some() && tickets.spend(ticket(1)).is_some());
        let refunded = start + Duration::from_secs(phases.iter().sum::<u64>() + 89);
        assert!(tickets.expire(refunded).is_empty());
        assert_eq!(tickets.settle(ticket(1)), Some([1; 16]));
    }
}
