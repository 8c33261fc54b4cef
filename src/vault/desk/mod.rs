//! Where the doors' questions are answered. One file a door; what they share is here.

mod admin;
mod relay;
mod smtp;
mod web;

use super::engine::{Engine, Outage};
use super::seal::Seal;
use super::tickets::Tickets;
use crate::config::settings;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tracing::{info, warn};

/// The vault's state.
pub(super) struct Desk {
    settings: settings::Vault,
    seal: Seal,
    engine: Rc<dyn Engine>,
    tickets: RefCell<Tickets>,
    /// Whether the store's absence has been told.
    out: Cell<bool>,
    /// Uses counted since the start.
    spent: Cell<u64>,
    callers: Cell<usize>,
    left: Notify,
}

impl Desk {
    pub(super) fn new(settings: &settings::Vault, seal: Seal, engine: Rc<dyn Engine>) -> Self {
        Self {
            settings: settings.clone(),
            seal,
            engine,
            tickets: RefCell::new(Tickets::new(settings.ticket_lifetime)),
            out: Cell::new(false),
            spent: Cell::new(0),
            callers: Cell::new(0),
            left: Notify::new(),
        }
    }

    /// Takes the outcome of a step; an outage is told once when it begins and once when it ends.
    fn heard<T>(&self, outcome: Result<T, Outage>) -> Result<T, Outage> {
        match &outcome {
            Ok(_) if self.out.replace(false) => info!("the store answers again"),
            Err(cause) if !self.out.replace(true) => warn!(%cause, "the store does not answer"),
            _ => {}
        }
        outcome
    }

    /// Removes what is past its time, in the background.
    pub(super) fn sweep(self: &Rc<Self>) {
        for (ticket, key) in self.tickets.borrow_mut().expire(Instant::now()) {
            tokio::task::spawn_local(self.engine.release(key, ticket).get());
        }
        let desk = Rc::clone(self);
        tokio::task::spawn_local(async move { desk.heard(desk.engine.sweep().get().await).map(drop) });
    }

    pub(super) fn enter(&self) {
        self.callers.set(self.callers.get() + 1);
    }

    pub(super) fn leave(&self) {
        self.callers.set(self.callers.get() - 1);
        self.left.notify_one();
    }

    /// Completes when no caller is left.
    pub(super) async fn empty(&self) {
        while self.callers.get() > 0 {
            self.left.notified().await;
        }
    }

    pub(super) fn drain(&self) -> Duration {
        self.settings.drain
    }
}

#[cfg(test)]
mod tests;
