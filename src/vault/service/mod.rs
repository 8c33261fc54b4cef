//! Where the doors' questions are answered. One file a door; what they share is here.

mod admin;
mod consent;
mod orders;
mod relay;
mod smtp;
mod tokens;
mod web;

use super::outbox::Letters;
use super::seal::Seal;
use super::store::{Engine, Outage};
use super::tickets::Tickets;
use crate::alias::Time;
use crate::channel::MaybeReady;
use crate::config::settings::vault::{Fixed, Live};
use crate::runtime::{MetricRecorder, RoleHandler};
use crate::wire::metrics::{Metric, Metrics};
use crate::wire::vault_admin::Process;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Instant;
use tokio::sync::Mutex;
use tracing::{info, warn};

/// The vault's state.
pub(super) struct Desk {
    settings: RefCell<Rc<Live>>,
    seal: Seal,
    engine: Rc<dyn Engine>,
    tickets: RefCell<Tickets>,
    /// For the relay to send.
    letters: Letters,
    /// One opts out or in at a time.
    opting: Mutex<()>,
    /// Orders under way, by Idempotency-Key.
    turns: RefCell<HashMap<String, Rc<Mutex<()>>>>,
    /// Whether the store does not answer when it is read, and when it is written; told once each.
    unreadable: Cell<bool>,
    unwritable: Cell<bool>,
    recorder: MetricRecorder,
    /// All processes of the daemon.
    processes: RefCell<Vec<Process>>,
    /// What the others have counted, by pid.
    counted: RefCell<BTreeMap<i32, Metrics>>,
    started: Instant,
}

impl Desk {
    pub(super) fn new(fixed: &Fixed, live: &Live, seal: Seal, engine: Rc<dyn Engine>) -> Self {
        Self {
            settings: RefCell::new(Rc::new(live.clone())),
            seal,
            engine,
            tickets: RefCell::new(Tickets::new(fixed.ticket_lifetime)),
            letters: Letters::default(),
            opting: Mutex::default(),
            turns: RefCell::default(),
            unreadable: Cell::new(false),
            unwritable: Cell::new(false),
            recorder: MetricRecorder::default(),
            processes: RefCell::default(),
            counted: RefCell::default(),
            started: Instant::now(),
        }
    }

    /// Takes the outcome of a step that reads.
    fn read<T>(&self, outcome: Result<T, Outage>) -> Result<T, Outage> {
        self.heard(&self.unreadable, outcome)
    }

    /// Takes the outcome of a step that writes: a full disk can still be read.
    fn written<T>(&self, outcome: Result<T, Outage>) -> Result<T, Outage> {
        self.heard(&self.unwritable, outcome)
    }

    /// The store's clock. One that is our own tells nothing of the store.
    async fn now(&self) -> Result<Time, Outage> {
        match self.engine.now() {
            MaybeReady::Ready(now) => now,
            MaybeReady::Future(now) => {
                let now = now.await;
                if now.is_ok() {
                    // Another host's: it is there, and whether it can be written to is seen when it is.
                    self.written(Ok(()))?;
                }
                self.read(now)
            }
        }
    }

    /// An outage is told once when it begins and once when it ends.
    fn heard<T>(&self, out: &Cell<bool>, outcome: Result<T, Outage>) -> Result<T, Outage> {
        let was_out = self.is_out();
        out.set(outcome.is_err());
        match &outcome {
            Err(cause) if !was_out => warn!(%cause, "the store does not answer"),
            Ok(_) if was_out && !self.is_out() => info!("the store answers again"),
            _ => {}
        }
        outcome
    }

    fn is_out(&self) -> bool {
        self.unreadable.get() || self.unwritable.get()
    }

    /// Removes what is past its time, in the background.
    pub(super) fn sweep(self: &Rc<Self>) {
        for (ticket, key) in self.tickets.borrow_mut().expire(Instant::now()) {
            tokio::task::spawn_local(self.engine.release(key, ticket).get());
        }
        let desk = Rc::clone(self);
        match desk.engine.sweep() {
            // Nothing to do, and nothing learnt of the store.
            MaybeReady::Ready(_) => {}
            MaybeReady::Future(swept) => {
                drop(tokio::task::spawn_local(async move { desk.written(swept.await).map(drop) }))
            }
        }
    }

    fn settings(&self) -> Rc<Live> {
        Rc::clone(&self.settings.borrow())
    }

    /// Notes what a process has counted.
    fn note(&self, pid: i32, metrics: Metrics) {
        self.counted.borrow_mut().insert(pid, metrics);
    }
}

impl RoleHandler<Live> for Desk {
    fn reload(&self, live: Live) {
        *self.settings.borrow_mut() = Rc::new(live);
    }

    fn metrics(&self) -> Metrics {
        self.recorder.set(Metric::Tickets, self.tickets.borrow().count() as u64);
        self.recorder.set(Metric::StoreUp, u64::from(!self.is_out()));
        self.recorder.snapshot()
    }

    fn all_ready(&self, processes: Vec<Process>) {
        *self.processes.borrow_mut() = processes;
    }
}

#[cfg(test)]
mod tests;
