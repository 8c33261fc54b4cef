//! Where the doors' questions are answered. One file a door; what they share is here.

mod admin;
mod relay;
mod smtp;
mod web;

use super::engine::{Engine, Outage};
use super::seal::Seal;
use super::tickets::Tickets;
use crate::config::settings;
use crate::role::{Duties, Tally};
use crate::wire::figures::{Figure, Figures, Report};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tracing::{info, warn};

/// The vault's state.
pub(super) struct Desk {
    settings: RefCell<Rc<settings::Vault>>,
    seal: Seal,
    engine: Rc<dyn Engine>,
    tickets: RefCell<Tickets>,
    /// Whether the store's absence has been told.
    out: Cell<bool>,
    tally: Tally,
    /// How the other processes are, by pid.
    processes: RefCell<BTreeMap<i32, Report>>,
    /// The monitor's pid.
    monitor: i32,
    started: Instant,
    callers: Cell<usize>,
    left: Notify,
}

impl Desk {
    pub(super) fn new(settings: &settings::Vault, seal: Seal, engine: Rc<dyn Engine>) -> Self {
        Self {
            settings: RefCell::new(Rc::new(settings.clone())),
            seal,
            engine,
            tickets: RefCell::new(Tickets::new(settings.ticket_lifetime)),
            out: Cell::new(false),
            tally: Tally::default(),
            processes: RefCell::default(),
            monitor: std::os::unix::process::parent_id().cast_signed(),
            started: Instant::now(),
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

    fn settings(&self) -> Rc<settings::Vault> {
        Rc::clone(&self.settings.borrow())
    }

    pub(super) fn drain(&self) -> Duration {
        self.settings().drain
    }

    /// Notes how a process is.
    pub(super) fn note(&self, pid: i32, report: Report) {
        self.processes.borrow_mut().insert(pid, report);
    }
}

impl Duties<settings::Vault> for Desk {
    fn reload(&self, settings: settings::Vault) {
        *self.settings.borrow_mut() = Rc::new(settings);
    }

    fn figures(&self) -> Figures {
        self.tally.set(Figure::UsesHeld, self.tickets.borrow().count() as u64);
        self.tally.set(Figure::StoreUp, u64::from(!self.out.get()));
        self.tally.figures()
    }

    fn together(&self, walls: String) {
        self.note(self.monitor, Report { role: "monitor".to_owned(), walls, figures: Figures::default() });
    }
}

#[cfg(test)]
mod tests;
