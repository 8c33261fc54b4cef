//! Uses held by messages in flight: volatile, each until its deadline.

use crate::alias::{Account, Standing, Time};
use crate::vault::store::Key;
use crate::wire::Ticket;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// All of them.
pub(super) struct Held {
    by_key: HashMap<Key, Vec<(Ticket, Instant)>>,
    /// How many there are; the writer waits a moment for spends that are likely to come.
    count: Arc<AtomicUsize>,
}

impl Held {
    pub(super) fn new(count: Arc<AtomicUsize>) -> Self {
        Self { by_key: HashMap::new(), count }
    }

    /// Holds one use for `lifetime`, if `account` has one; how it stands.
    pub(super) fn hold(
        &mut self,
        key: Key,
        ticket: Ticket,
        lifetime: Duration,
        account: &Account,
        now: Time,
    ) -> Standing {
        let moment = Instant::now();
        self.retain(key, |_, deadline| deadline > moment);
        let held = self.by_key.get(&key).map_or(0, Vec::len);
        let standing = account.standing(u32::try_from(held).unwrap_or(u32::MAX), now);
        if standing == Standing::Alive {
            self.by_key.entry(key).or_default().push((ticket, moment + lifetime));
            self.count.fetch_add(1, Ordering::Relaxed);
        }
        standing
    }

    /// Lets go of what `ticket` holds, if it does.
    pub(super) fn release(&mut self, key: Key, ticket: Ticket) {
        self.retain(key, |held, _| held != ticket);
    }

    fn retain(&mut self, key: Key, keep: impl Fn(Ticket, Instant) -> bool) {
        let Some(holds) = self.by_key.get_mut(&key) else { return };
        let before = holds.len();
        holds.retain(|(ticket, deadline)| keep(*ticket, *deadline));
        self.count.fetch_sub(before - holds.len(), Ordering::Relaxed);
        if holds.is_empty() {
            self.by_key.remove(&key);
        }
    }
}
