//! Outstanding tickets: volatile, each with a deadline. What a ticket has spent is given back or not, but once.
//!
//! ```text
//! Admitted ──redeem──▶ Redeemed ──spend──▶ Spending ──counted──▶ Spent ──settle, refund, deadline──▶ gone
//!     └───────────────────┴── release,         └── refused, or
//!                             deadline ──▶ gone    not counted ──▶ gone
//! ```
//!
//! `Redeemed` may be redeemed again: the relay may need the address more than once before the message is complete.

use super::store::Key;
use crate::alias::AliasAddress;
use crate::wire::Ticket;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Uses left of an alias up to which a spend is likely to be refused, however few tickets there are: those of other
/// vaults are not known here.
const SCARCE_USES: u32 = 2;

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

/// The alias of a ticket, as it was when the ticket was issued.
#[derive(Clone, Copy)]
pub(super) struct Admitted {
    pub(super) key: Key,
    /// Uses left; `None` if its messages are not limited.
    pub(super) remaining: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Admitted,
    Redeemed,
    Spending,
    Spent { deadline: Instant },
}

struct Entry {
    source: TargetSource,
    /// `None` for role addresses: there is nothing to spend.
    admitted: Option<Admitted>,
    /// The process that it was issued to.
    caller: i32,
    state: State,
}

impl Entry {
    /// Whether a spend that is counted is likely to come soon, or is under way.
    fn is_expected(&self) -> bool {
        matches!(self.state, State::Redeemed | State::Spending)
            && self.admitted.is_some_and(|admitted| admitted.remaining.is_some())
    }
}

/// What is to be spent for a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spendable {
    /// A use of this alias, if it is counted.
    Alias(Key),
    /// Nothing.
    Role,
}

/// A ticket whose use was spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spent {
    pub(super) key: Key,
    /// Until when the use may be given back.
    pub(super) deadline: Instant,
}

/// How long tickets live.
#[derive(Clone, Copy)]
pub(super) struct Lifetimes {
    /// From issue to spend.
    pub(super) unspent: Duration,
    /// From spend to refund.
    pub(super) spent: Duration,
}

/// All outstanding tickets.
pub(super) struct Tickets {
    entries: HashMap<Ticket, Entry>,
    by_alias: HashMap<Key, u32>,
    by_caller: HashMap<i32, usize>,
    /// Tickets by their deadlines: those that are spent, and the others. All in a queue live equally long, so the oldest
    /// is always in front.
    unspent: VecDeque<(Instant, Ticket)>,
    spent: VecDeque<(Instant, Ticket)>,
    lifetimes: Lifetimes,
    /// How many of them [are expected](Entry::is_expected).
    expected_spends: Arc<AtomicUsize>,
}

impl Tickets {
    /// None yet. How many spends are likely to come soon is kept in `expected_spends`.
    pub(super) fn new(lifetimes: Lifetimes, expected_spends: Arc<AtomicUsize>) -> Self {
        Self {
            entries: HashMap::new(),
            by_alias: HashMap::new(),
            by_caller: HashMap::new(),
            unspent: VecDeque::new(),
            spent: VecDeque::new(),
            lifetimes,
            expected_spends,
        }
    }

    pub(super) fn lifetimes(&self) -> Lifetimes {
        self.lifetimes
    }

    pub(super) fn count(&self) -> usize {
        self.entries.len()
    }

    /// How many were issued to a process and are outstanding.
    pub(super) fn count_of(&self, caller: i32) -> usize {
        self.by_caller.get(&caller).copied().unwrap_or(0)
    }

    /// Issues a ticket to a process.
    pub(super) fn issue(
        &mut self,
        ticket: Ticket,
        source: TargetSource,
        admitted: Option<Admitted>,
        caller: i32,
        now: Instant,
    ) {
        *self.by_caller.entry(caller).or_default() += 1;
        if let Some(Admitted { key, .. }) = admitted {
            *self.by_alias.entry(key).or_default() += 1;
        }
        self.entries.insert(ticket, Entry { source, admitted, caller, state: State::Admitted });
        self.unspent.push_back((now + self.lifetimes.unspent, ticket));
    }

    /// The target behind a ticket that is not spent, and whether its spend is likely to be refused.
    pub(super) fn redeem(&mut self, ticket: Ticket) -> Option<(TargetSource, bool)> {
        let entry = self.entries.get_mut(&ticket)?;
        if !matches!(entry.state, State::Admitted | State::Redeemed) {
            return None;
        }
        if entry.state == State::Admitted {
            entry.state = State::Redeemed;
            if entry.is_expected() {
                self.expected_spends.fetch_add(1, Ordering::Relaxed);
            }
        }
        let scarce = entry.admitted.is_some_and(|Admitted { key, remaining }| {
            let outstanding = self.by_alias.get(&key).copied().unwrap_or(0);
            remaining.is_some_and(|remaining| remaining <= SCARCE_USES.max(outstanding))
        });
        Some((entry.source.clone(), scarce))
    }

    /// Begins to spend a redeemed ticket, once.
    pub(super) fn begin_spend(&mut self, ticket: Ticket) -> Option<Spendable> {
        let entry = self.entries.get_mut(&ticket).filter(|entry| entry.state == State::Redeemed)?;
        match entry.admitted {
            Some(Admitted { key, .. }) => {
                entry.state = State::Spending;
                Some(Spendable::Alias(key))
            }
            None => {
                self.remove(ticket);
                Some(Spendable::Role)
            }
        }
    }

    /// Ends it. If no use was counted, the ticket is gone.
    pub(super) fn end_spend(&mut self, ticket: Ticket, counted: bool, now: Instant) {
        if !counted {
            self.remove(ticket);
        } else if let Some(entry) = self.entries.get_mut(&ticket) {
            if entry.is_expected() {
                self.expected_spends.fetch_sub(1, Ordering::Relaxed);
            }
            let deadline = now + self.lifetimes.spent;
            entry.state = State::Spent { deadline };
            self.spent.push_back((deadline, ticket));
        }
    }

    /// What a spent ticket has spent; it is now gone.
    pub(super) fn take_spent(&mut self, ticket: Ticket) -> Option<Spent> {
        match self.entries.get(&ticket)? {
            &Entry { state: State::Spent { deadline }, admitted: Some(Admitted { key, .. }), .. } => {
                self.remove(ticket);
                Some(Spent { key, deadline })
            }
            _ => None,
        }
    }

    /// Forgets a ticket, unless it is spent or being spent.
    pub(super) fn release(&mut self, ticket: Ticket) {
        if self.entries.get(&ticket).is_some_and(|entry| matches!(entry.state, State::Admitted | State::Redeemed)) {
            self.remove(ticket);
        }
    }

    /// Removes tickets that are past their deadline. A spend that is under way is waited for.
    pub(super) fn expire(&mut self, now: Instant) {
        let is_unspent = |state| matches!(state, State::Admitted | State::Redeemed);
        let is_spent = |state| matches!(state, State::Spent { .. });
        let mut queue = std::mem::take(&mut self.unspent);
        self.expire_queue(&mut queue, now, is_unspent);
        self.unspent = queue;
        let mut queue = std::mem::take(&mut self.spent);
        self.expire_queue(&mut queue, now, is_spent);
        self.spent = queue;
    }

    fn expire_queue(&mut self, queue: &mut VecDeque<(Instant, Ticket)>, now: Instant, is_in: impl Fn(State) -> bool) {
        let is_current =
            |tickets: &Self, ticket: &Ticket| tickets.entries.get(ticket).is_some_and(|entry| is_in(entry.state));
        // One ticket that lives long must not keep the deadlines of all that came and went after it.
        if queue.len() > 2 * self.entries.len() + 1024 {
            queue.retain(|(_, ticket)| is_current(self, ticket));
        }
        while let Some(&(deadline, ticket)) = queue.front() {
            if is_current(self, &ticket) {
                if deadline > now {
                    break;
                }
                self.remove(ticket);
            }
            queue.pop_front();
        }
    }

    fn remove(&mut self, ticket: Ticket) {
        let Some(entry) = self.entries.remove(&ticket) else { return };
        if entry.is_expected() {
            self.expected_spends.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(count) = self.by_caller.get_mut(&entry.caller) {
            *count -= 1;
            if *count == 0 {
                self.by_caller.remove(&entry.caller);
            }
        }
        if let Some(Admitted { key, .. }) = entry.admitted
            && let Some(count) = self.by_alias.get_mut(&key)
        {
            *count -= 1;
            if *count == 0 {
                self.by_alias.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests;
