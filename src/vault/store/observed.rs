//! An engine that is observed: whether its store answers is noted with every step, and logged when that changes.

use super::{AdmitOutcome, Counter, Creation, Engine, Key, Mark, Owner, Record, SpendOutcome, Step, StoreError};
use crate::alias::{AliasState, Time};
use crate::channel::MaybeReady;
use crate::wire::Ticket;
use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;
use tracing::{info, warn};

/// The store as the services use it: the steps are those of its engine. Clones share what is noted.
#[derive(Clone)]
pub(crate) struct ObservedStore {
    engine: Rc<dyn Engine>,
    availability: Rc<Availability>,
}

/// Whether the last step that read has failed, and the last that wrote: a full disk can still be read.
#[derive(Default)]
struct Availability {
    unreadable: Cell<bool>,
    unwritable: Cell<bool>,
}

impl Availability {
    fn is_available(&self) -> bool {
        !self.unreadable.get() && !self.unwritable.get()
    }

    /// Notes the outcome of a step in the cell of its kind. An outage is logged once when it begins and once when it
    /// ends.
    fn note<T>(&self, failing: &Cell<bool>, outcome: &Result<T, StoreError>) {
        let was_available = self.is_available();
        failing.set(outcome.is_err());
        match outcome {
            Err(cause) if was_available => warn!(%cause, "the store does not answer"),
            Ok(_) if !was_available && self.is_available() => info!("the store answers again"),
            _ => {}
        }
    }

    fn note_read_outcome<T>(&self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        self.note(&self.unreadable, &outcome);
        outcome
    }

    fn note_write_outcome<T>(&self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        self.note(&self.unwritable, &outcome);
        outcome
    }
}

impl ObservedStore {
    pub(crate) fn new(engine: Rc<dyn Engine>) -> Self {
        Self { engine, availability: Rc::default() }
    }

    /// Whether the last steps of both kinds have succeeded.
    pub(crate) fn is_available(&self) -> bool {
        self.availability.is_available()
    }

    /// Whether the last step that wrote has succeeded.
    pub(crate) fn is_writable(&self) -> bool {
        !self.availability.unwritable.get()
    }

    fn reading<T: 'static>(&self, step: Step<T>) -> Step<T> {
        let availability = Rc::clone(&self.availability);
        step.map(move |outcome| availability.note_read_outcome(outcome))
    }

    fn writing<T: 'static>(&self, step: Step<T>) -> Step<T> {
        let availability = Rc::clone(&self.availability);
        step.map(move |outcome| availability.note_write_outcome(outcome))
    }
}

impl Engine for ObservedStore {
    /// A clock that is our own tells nothing of the store. Another host's that answers tells that the host is there;
    /// whether it can be written to, the next write shows.
    fn now(&self) -> Step<Time> {
        match self.engine.now() {
            MaybeReady::Ready(now) => MaybeReady::Ready(now),
            MaybeReady::Future(now) => {
                let availability = Rc::clone(&self.availability);
                MaybeReady::later(async move {
                    let now = now.await;
                    if now.is_ok() {
                        availability.note(&availability.unwritable, &now);
                    }
                    availability.note_read_outcome(now)
                })
            }
        }
    }

    fn create(&self, key: Key, record: Record, now: Time, limit: u32) -> Step<Creation> {
        self.writing(self.engine.create(key, record, now, limit))
    }

    fn count(&self, counter: Counter, limit: u32, more: u32) -> Step<bool> {
        self.writing(self.engine.count(counter, limit, more))
    }

    fn uncount(&self, counter: Counter, fewer: u32) -> Step<()> {
        self.writing(self.engine.uncount(counter, fewer))
    }

    fn read(&self, key: Key) -> Step<Option<Record>> {
        self.reading(self.engine.read(key))
    }

    fn admit(&self, key: Key) -> Step<AdmitOutcome> {
        self.reading(self.engine.admit(key))
    }

    /// One that is ready at once, or spends nothing, has written nothing.
    fn spend(&self, key: Key, ticket: Ticket, lifetime: Duration) -> Step<SpendOutcome> {
        match self.engine.spend(key, ticket, lifetime) {
            ready @ MaybeReady::Ready(_) => self.reading(ready),
            later @ MaybeReady::Future(_) => {
                let availability = Rc::clone(&self.availability);
                later.map(move |outcome| match outcome {
                    Err(_) | Ok(SpendOutcome::Done { counted: true, .. }) => availability.note_write_outcome(outcome),
                    Ok(_) => availability.note_read_outcome(outcome),
                })
            }
        }
    }

    fn refund(&self, key: Key, ticket: Ticket) -> Step<()> {
        self.writing(self.engine.refund(key, ticket))
    }

    /// Not noted: no message waits for it.
    fn settle(&self, key: Key, ticket: Ticket) -> Step<()> {
        self.engine.settle(key, ticket)
    }

    /// Not noted: it follows a step that has failed.
    fn undo(&self, key: Key, ticket: Ticket, lifetime: Duration) -> Step<()> {
        self.engine.undo(key, ticket, lifetime)
    }

    fn expected_spends(&self) -> Arc<AtomicUsize> {
        self.engine.expected_spends()
    }

    fn amend(&self, key: Key, seen: AliasState, new: AliasState) -> Step<bool> {
        self.writing(self.engine.amend(key, seen, new))
    }

    fn remove(&self, key: Key) -> Step<bool> {
        self.writing(self.engine.remove(key))
    }

    fn forget(&self, owner: Owner) -> Step<u64> {
        self.writing(self.engine.forget(owner))
    }

    /// One that is ready at once had nothing to do, and tells nothing of the store.
    fn sweep(&self) -> Step<u64> {
        match self.engine.sweep() {
            MaybeReady::Ready(swept) => MaybeReady::Ready(swept),
            swept @ MaybeReady::Future(_) => self.writing(swept),
        }
    }

    fn mark(&self, mark: Mark, until: Option<Time>) -> Step<()> {
        self.writing(self.engine.mark(mark, until))
    }

    fn unmark(&self, mark: Mark) -> Step<bool> {
        self.writing(self.engine.unmark(mark))
    }

    fn marked(&self, mark: Mark) -> Step<Option<Time>> {
        self.reading(self.engine.marked(mark))
    }

    fn broken(&self) -> Pin<Box<dyn Future<Output = StoreError>>> {
        self.engine.broken()
    }

    /// Not noted: it may be known without asking.
    fn alias_count(&self) -> Step<Option<u64>> {
        self.engine.alias_count()
    }
}
