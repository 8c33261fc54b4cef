//! A table whose steps can be made to fail.

use crate::alias::{AliasState, Time};
use crate::channel::MaybeReady;
use crate::vault::store::redb::Redb;
use crate::vault::store::{self, Counter, Creation, Engine, Key, Mark, Owner, Record, Step, StoreError};
use crate::wire::Ticket;
use std::cell::Cell;

pub(super) struct Faulty {
    table: Redb,
    /// Counting down fails.
    pub(super) no_uncount: Cell<bool>,
    /// Somebody else is always first to change an alias.
    pub(super) raced: Cell<bool>,
}

fn outage<T>() -> Step<T> {
    MaybeReady::Ready(Err(StoreError("the test wants it".to_owned())))
}

impl Faulty {
    pub(super) fn new(table: Redb) -> Self {
        Self { table, no_uncount: Cell::new(false), raced: Cell::new(false) }
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
    fn hold(&self, key: Key, ticket: Ticket, seconds: u64) -> Step<store::HoldResult> {
        self.table.hold(key, ticket, seconds)
    }
    fn release(&self, key: Key, ticket: Ticket) -> Step<()> {
        self.table.release(key, ticket)
    }
    fn spend(&self, key: Key, ticket: Ticket) -> Step<bool> {
        self.table.spend(key, ticket)
    }
    fn refund(&self, key: Key, ticket: Ticket) -> Step<()> {
        self.table.refund(key, ticket)
    }
    fn undo(&self, key: Key, ticket: Ticket) -> Step<()> {
        self.table.undo(key, ticket)
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
