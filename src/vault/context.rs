//! What the services share: settings, keys, store, tickets, outbox, metrics.

use super::hashes::KeyedHashes;
use super::keys::ServerKey;
use super::metrics::DaemonMetrics;
use super::outbox::Outbox;
use super::retry::Retries;
use super::seal::Seal;
use super::store::{Engine, ObservedStore};
use super::tickets::{Lifetimes, Tickets};
use crate::channel::MaybeReady;
use crate::config::settings::vault::{Fixed, Live};
use crate::runtime::{Drain, Fatal, RoleHandler};
use crate::wire::metrics::{Metric, Metrics};
use crate::wire::vault_admin::Process;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Instant;
use tokio::sync::Mutex;

/// The state of the vault. The services are functions over it.
pub(super) struct VaultContext {
    live: RefCell<Rc<Live>>,
    pub(super) hashes: KeyedHashes,
    pub(super) seal: Seal,
    pub(super) store: ObservedStore,
    pub(super) tickets: RefCell<Tickets>,
    /// Notifications on their way to `relay`.
    pub(super) outbox: Outbox,
    pub(super) metrics: DaemonMetrics,
    /// The requests that are being answered, but for those by which a `relay` only waits for notifications.
    pub(super) requests: Drain,
    pub(super) retries: Retries,
    /// Held by the one who opts out or in.
    pub(super) consent_lock: Mutex<()>,
    pub(super) order_locks: OrderLocks,
}

impl VaultContext {
    /// The state at the start, on a store that is open.
    ///
    /// # Errors
    /// Of the cryptographic library.
    pub(super) fn new(
        fixed: &Fixed,
        live: &Live,
        server_key: ServerKey,
        engine: Rc<dyn Engine>,
    ) -> Result<Self, Fatal> {
        Ok(Self {
            live: RefCell::new(Rc::new(live.clone())),
            hashes: KeyedHashes::new(&server_key)?,
            seal: Seal::new(server_key),
            tickets: RefCell::new(Tickets::new(
                Lifetimes { unspent: fixed.ticket_lifetime, spent: fixed.unsettled_lifetime },
                engine.expected_spends(),
            )),
            store: ObservedStore::new(engine),
            outbox: Outbox::default(),
            metrics: DaemonMetrics::default(),
            requests: Drain::default(),
            retries: Retries::default(),
            consent_lock: Mutex::default(),
            order_locks: OrderLocks::default(),
        })
    }

    /// The settings as they are now: a reload may replace them while a request is being answered.
    pub(super) fn live(&self) -> Rc<Live> {
        Rc::clone(&self.live.borrow())
    }

    /// Removes what is past its time: tickets, and in the background what the store sweeps.
    pub(super) fn sweep(&self) {
        self.tickets.borrow_mut().expire(Instant::now());
        match self.store.sweep() {
            MaybeReady::Ready(_) => {}
            MaybeReady::Future(swept) => drop(tokio::task::spawn_local(swept)),
        }
    }
}

impl RoleHandler<Live> for VaultContext {
    fn reload(&self, live: Live) {
        *self.live.borrow_mut() = Rc::new(live);
    }

    fn metrics(&self) -> Metrics {
        self.metrics.set(Metric::Tickets, self.tickets.borrow().count() as u64);
        self.metrics.set(Metric::StoreUp, u64::from(self.store.is_available()));
        self.metrics.own()
    }

    fn all_ready(&self, processes: Vec<Process>) {
        self.metrics.set_processes(processes);
    }
}

/// Requests with an Idempotency-Key at the same time at the most: with the same one, of which all but the first wait for
/// it, and with any. All that wait take room at the door, and what they wait for may take as long as an e-mail.
const MAX_SAME_ORDERS: usize = 32;
const MAX_KEYED_ORDERS: usize = 512;

/// A lock for each Idempotency-Key that is in use.
#[derive(Default)]
pub(super) struct OrderLocks(RefCell<HashMap<String, Rc<Mutex<()>>>>);

impl OrderLocks {
    /// The lock of this key: the same request over another connection waits for the answer of the first. `None` if too
    /// many wait already.
    pub(super) fn of(&self, key: &str) -> Option<Rc<Mutex<()>>> {
        let mut locks = self.0.borrow_mut();
        // Those that nobody holds or waits for.
        locks.retain(|_, lock| Rc::strong_count(lock) > 1);
        // One of the references is that of the map.
        if locks.values().map(|lock| Rc::strong_count(lock) - 1).sum::<usize>() >= MAX_KEYED_ORDERS {
            return None;
        }
        let lock = locks.entry(key.to_owned()).or_default();
        (Rc::strong_count(lock) <= MAX_SAME_ORDERS).then(|| Rc::clone(lock))
    }
}
