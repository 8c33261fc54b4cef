//! Uses held by messages in flight (reservations): volatile, each until its deadline.

use crate::alias::{AliasState, Standing, Time};
use crate::vault::store::Key;
use crate::wire::Ticket;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// All of them.
pub(super) struct Holds {
    by_key: HashMap<Key, Vec<(Ticket, Instant)>>,
    /// How many there are: the writer knows by it whether more spends are likely to come soon.
    count: Arc<AtomicUsize>,
}

impl Holds {
    pub(super) fn new(count: Arc<AtomicUsize>) -> Self {
        Self { by_key: HashMap::new(), count }
    }

    /// Holds one use for `lifetime`, if `state` has one left. Answers how the alias stood before.
    pub(super) fn hold(
        &mut self,
        key: Key,
        ticket: Ticket,
        lifetime: Duration,
        state: &AliasState,
        now: Time,
    ) -> Standing {
        let moment = Instant::now();
        self.retain(key, |_, deadline| deadline > moment);
        let held = self.by_key.get(&key).map_or(0, Vec::len);
        let standing = state.standing(u32::try_from(held).unwrap_or(u32::MAX), now);
        if standing == Standing::Alive {
            self.by_key.entry(key).or_default().push((ticket, moment + lifetime));
            self.count.fetch_add(1, Ordering::Relaxed);
        }
        standing
    }

    /// Gives the use that `ticket` holds back, if it does.
    pub(super) fn release(&mut self, key: Key, ticket: Ticket) {
        self.retain(key, |holder, _| holder != ticket);
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
