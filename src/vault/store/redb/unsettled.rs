//! Uses that are spent and may still be given back: volatile, each until its deadline.
//!
//! They need not outlive the process: with it ends every message whose use could be given back, and what was spent stays
//! spent.

use crate::vault::store::Key;
use crate::wire::Ticket;
use std::collections::HashMap;
use std::time::Instant;

/// All of them.
#[derive(Default)]
pub(super) struct Unsettled(HashMap<Key, Vec<Use>>);

struct Use {
    ticket: Ticket,
    deadline: Instant,
    /// A refund is on its way to the disk.
    is_refunded: bool,
}

impl Unsettled {
    /// Notes that this ticket spends a use.
    pub(super) fn note(&mut self, key: Key, ticket: Ticket, deadline: Instant) {
        self.0.entry(key).or_default().push(Use { ticket, deadline, is_refunded: false });
    }

    /// Whether an alias has such a use at `now`.
    pub(super) fn has_any(&self, key: Key, now: Instant) -> bool {
        self.0.get(&key).is_some_and(|uses| uses.iter().any(|one| one.deadline > now))
    }

    /// Begins to give the use of this ticket back at `now`: false if it cannot be, or not any more.
    pub(super) fn begin_refund(&mut self, key: Key, ticket: Ticket, now: Instant) -> bool {
        let mut uses = self.0.get_mut(&key).into_iter().flatten();
        match uses.find(|one| one.ticket == ticket && one.deadline > now && !one.is_refunded) {
            Some(one) => {
                one.is_refunded = true;
                true
            }
            None => false,
        }
    }

    /// The refund has failed, and may be tried again.
    pub(super) fn fail_refund(&mut self, key: Key, ticket: Ticket) {
        for one in self.0.get_mut(&key).into_iter().flatten().filter(|one| one.ticket == ticket) {
            one.is_refunded = false;
        }
    }

    /// Forgets the use of this ticket.
    pub(super) fn remove(&mut self, key: Key, ticket: Ticket) {
        if let Some(uses) = self.0.get_mut(&key) {
            uses.retain(|one| one.ticket != ticket);
            if uses.is_empty() {
                self.0.remove(&key);
            }
        }
    }

    /// Forgets all uses of an alias.
    pub(super) fn clear(&mut self, key: Key) {
        self.0.remove(&key);
    }

    /// Forgets those that are past their deadline.
    pub(super) fn expire(&mut self, now: Instant) {
        self.0.retain(|_, uses| {
            uses.retain(|one| one.deadline > now);
            !uses.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_use_is_refunded_once_within_its_lifetime() {
        let (key, ticket, start) = ([1; 16], Ticket::from_random([2; 16]), Instant::now());
        let after = |minutes: u64| start + Duration::from_secs(60 * minutes);
        let mut unsettled = Unsettled::default();
        unsettled.note(key, ticket, after(10));
        unsettled.expire(after(9));
        assert!(unsettled.has_any(key, after(9)) && !unsettled.has_any([2; 16], after(9)));
        assert!(unsettled.begin_refund(key, ticket, after(9)));
        assert!(!unsettled.begin_refund(key, ticket, after(9)), "it is on its way");
        unsettled.fail_refund(key, ticket);
        assert!(unsettled.begin_refund(key, ticket, after(9)), "it may be tried again");
        unsettled.remove(key, ticket);
        assert!(!unsettled.begin_refund(key, ticket, start) && !unsettled.has_any(key, start));
        unsettled.note(key, ticket, after(10));
        assert!(!unsettled.has_any(key, after(10)) && !unsettled.begin_refund(key, ticket, after(10)));
        unsettled.expire(after(10));
        assert!(unsettled.0.is_empty());
    }
}
