//! A table whose steps can be made to fail.

use crate::alias::{AliasState, Time};
use crate::channel::MaybeReady;
use crate::vault::store::redb::Redb;
use crate::vault::store::{
    AdmitOutcome, Counter, Creation, Engine, Key, Mark, Owner, Record, SpendOutcome, Step, StoreError,
};
use crate::wire::Ticket;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

pub(super) struct Faulty {
    table: Redb,
    /// Counting down fails.
    pub(super) no_uncount: Cell<bool>,
    /// Somebody else is always first to change an alias.
    pub(super) raced: Cell<bool>,
    pub(super) spending: Cell<Spending>,
    /// How often giving back and settling fail from now on.
    pub(super) failures: Cell<u32>,
}

/// What becomes of a spend.
#[derive(Clone, Copy)]
pub(super) enum Spending {
    Works,
    Fails,
    IsNotAnswered,
}

fn outage<T>() -> Step<T> {
    MaybeReady::Ready(Err(StoreError("the test wants it".to_owned())))
}

impl Faulty {
    pub(super) fn new(table: Redb) -> Self {
        Self {
            table,
            no_uncount: Cell::new(false),
            raced: Cell::new(false),
            spending: Cell::new(Spending::Works),
            failures: Cell::new(0),
        }
    }

    fn fails_again(&self) -> bool {
        let failures = self.failures.get();
        self.failures.set(failures.saturating_sub(1));
        failures > 0
    }
}

impl Engine for Faulty {
    fn now(&self) -> Step<Time> {
        self.table.now()
    }
    fn create(&self, key: Key, record: Record, now: Time, limit: u32) -> Step<Creation> {
        self.table.create(key, record, now, limit)
    }
    fn count(&self, counter: Counter, limit: u32, more: u32) -> Step<bool> {
        self.table.count(counter, limit, more)
    }
    fn uncount(&self, counter: Counter, fewer: u32) -> Step<()> {
        if self.no_uncount.get() { outage() } else { self.table.uncount(counter, fewer) }
    }
    fn read(&self, key: Key) -> Step<Option<Record>> {
        self.table.read(key)
    }
    fn admit(&self, key: Key) -> Step<AdmitOutcome> {
        self.table.admit(key)
    }
    fn spend(&self, key: Key, ticket: Ticket, lifetime: Duration) -> Step<SpendOutcome> {
        match self.spending.get() {
            Spending::Works => self.table.spend(key, ticket, lifetime),
            Spending::Fails => outage(),
            // It is counted, and nobody is told.
            Spending::IsNotAnswered => {
                let spent = self.table.spend(key, ticket, lifetime);
                MaybeReady::later(async {
                    drop(spent.get().await);
                    outage().get().await
                })
            }
        }
    }
    fn refund(&self, key: Key, ticket: Ticket) -> Step<()> {
        if self.fails_again() { outage() } else { self.table.refund(key, ticket) }
    }
    fn settle(&self, key: Key, ticket: Ticket) -> Step<()> {
        if self.fails_again() { outage() } else { self.table.settle(key, ticket) }
    }
    /// As Redis does it, for which a spend without an answer may be counted.
    fn undo(&self, key: Key, ticket: Ticket, _lifetime: Duration) -> Step<()> {
        if self.fails_again() { outage() } else { self.table.refund(key, ticket) }
    }
    fn expected_spends(&self) -> Arc<AtomicUsize> {
        self.table.expected_spends()
    }
    fn amend(&self, key: Key, seen: AliasState, new: AliasState) -> Step<bool> {
        if !self.raced.get() {
            return self.table.amend(key, seen, new);
        }
        MaybeReady::later(async {
            tokio::task::yield_now().await;
            Ok(false)
        })
    }
    fn remove(&self, key: Key) -> Step<bool> {
        self.table.remove(key)
    }
    fn forget(&self, owner: Owner) -> Step<u64> {
        self.table.forget(owner)
    }
    fn sweep(&self) -> Step<u64> {
        self.table.sweep()
    }
    fn mark(&self, mark: Mark, until: Option<Time>) -> Step<()> {
        self.table.mark(mark, until)
    }
    fn unmark(&self, mark: Mark) -> Step<bool> {
        self.table.unmark(mark)
    }
    fn marked(&self, mark: Mark) -> Step<Option<Time>> {
        self.table.marked(mark)
    }
    fn alias_count(&self) -> Step<Option<u64>> {
        self.table.alias_count()
    }
}
