//! Changes to the tables, within the transaction of a commit.

use super::{ALIASES, ALIVE, COUNTER_DAYS, COUNTERS, EXPIRY, MARKS};
use crate::alias::{AliasState, DAY, Standing, Time};
use crate::vault::clock;
use crate::vault::store::{Counter, Key, Mark, Owner, Record, StoreError, record};
use redb::{
    Database, Key as TableKey, ReadableDatabase, ReadableTable, Table, TableDefinition, Value, WriteTransaction,
};

/// Entries of each kind removed by one sweep at the most, so that it never holds up others for long.
const MAX_SWEPT: usize = 10_000;

/// What a change came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChangeOutcome {
    /// It was done; for [`TableChange::Forget`] and [`TableChange::Sweep`]: how many aliases and marks were removed.
    Done(u64),
    /// It does not apply any more, such as a spend of an alias that is gone; nothing has changed.
    NotDone,
    /// A use is spent.
    Spent {
        /// Whether none is left.
        last: bool,
    },
    /// Nothing is spent: the alias's messages are not limited.
    NotCounted,
    /// Nothing is spent: the alias is as it should be, and has no use left.
    UsedUp,
    /// Nothing is created: the key is another alias's.
    Taken,
    /// Nothing is created: the owner has as many aliases as they may have.
    Full,
}

impl ChangeOutcome {
    /// Of a change of one row.
    fn of(is_done: bool) -> Self {
        if is_done { Self::Done(1) } else { Self::NotDone }
    }

    /// Whether it was done.
    pub(super) fn is_done(self) -> bool {
        matches!(self, Self::Done(_))
    }

    /// How many were removed.
    pub(super) fn count(self) -> u64 {
        if let Self::Done(count) = self { count } else { 0 }
    }
}

/// One change.
pub(super) enum TableChange {
    /// With the most aliases that its owner may have; 0 is no limit.
    Create(Key, Record, u32),
    /// The most in a day, and how many more.
    Count(Counter, u32, u32),
    /// How many fewer.
    Uncount(Counter, u32),
    /// Until when; 0 is forever.
    Mark(Mark, u32),
    Unmark(Mark),
    Spend(Key),
    Refund(Key),
    Amend(Key, AliasState, AliasState),
    Remove(Key),
    /// With all aliases of the owner that a reader has found.
    Forget(Owner, Vec<Key>),
    Sweep,
}

/// The tables of one transaction. A spend touches the aliases only; the other tables are opened when they are needed.
pub(super) struct Tables<'t> {
    transaction: &'t WriteTransaction,
    aliases: Table<'t, &'static [u8; 16], &'static [u8]>,
    expiry: Option<Expiry<'t>>,
    counters: Option<Counters<'t>>,
    counter_days: Option<CounterDays<'t>>,
    alive: Option<Alive<'t>>,
    marks: Option<Marks<'t>>,
    now: Time,
}

type Expiry<'t> = Table<'t, (u32, &'static [u8; 16]), ()>;
type CounterDays<'t> = Expiry<'t>;
type Counters<'t> = Table<'t, &'static [u8; 16], (u32, u32)>;
type Alive<'t> = Table<'t, &'static [u8; 16], u32>;
type Marks<'t> = Table<'t, &'static [u8; 16], (u32, u32)>;

/// The table in `place`, opened if it was not yet.
fn opened<'p, 't, K: TableKey + 'static, V: Value + 'static>(
    place: &'p mut Option<Table<'t, K, V>>,
    transaction: &'t WriteTransaction,
    definition: TableDefinition<'static, K, V>,
) -> Result<&'p mut Table<'t, K, V>, StoreError> {
    let table = match place.take() {
        Some(table) => table,
        None => transaction.open_table(definition)?,
    };
    Ok(place.insert(table))
}

/// The first entries up to this time.
fn first_until(table: &Expiry<'_>, time: u32) -> Result<Vec<(u32, Key)>, StoreError> {
    let due = table.range(..(time.saturating_add(1), &[0; 16]))?.take(MAX_SWEPT);
    due.map(|entry| entry.map(|(key, _)| (key.value().0, *key.value().1)).map_err(StoreError::from)).collect()
}

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, StoreError> {
        Ok(Self {
            transaction,
            aliases: transaction.open_table(ALIASES)?,
            expiry: None,
            counters: None,
            counter_days: None,
            alive: None,
            marks: None,
            now: clock::now(),
        })
    }

    fn expiry(&mut self) -> Result<&mut Expiry<'t>, StoreError> {
        opened(&mut self.expiry, self.transaction, EXPIRY)
    }

    fn counters(&mut self) -> Result<&mut Counters<'t>, StoreError> {
        opened(&mut self.counters, self.transaction, COUNTERS)
    }

    fn counter_days(&mut self) -> Result<&mut CounterDays<'t>, StoreError> {
        opened(&mut self.counter_days, self.transaction, COUNTER_DAYS)
    }

    fn alive(&mut self) -> Result<&mut Alive<'t>, StoreError> {
        opened(&mut self.alive, self.transaction, ALIVE)
    }

    fn marks(&mut self) -> Result<&mut Marks<'t>, StoreError> {
        opened(&mut self.marks, self.transaction, MARKS)
    }

    /// Makes one change.
    pub(super) fn apply(&mut self, change: &TableChange) -> Result<ChangeOutcome, StoreError> {
        let is_done = match change {
            TableChange::Create(key, record, limit) => return self.create(key, record, *limit),
            TableChange::Count(counter, limit, more) => self.count(counter, *limit, *more),
            TableChange::Uncount(counter, fewer) => self.uncount(counter, *fewer),
            TableChange::Mark(mark, until) => self.mark(mark, *until),
            TableChange::Unmark(mark) => self.unmark(mark),
            TableChange::Spend(key) => return self.spend(key),
            TableChange::Refund(key) => self.refund(key),
            TableChange::Amend(key, seen, new) => self.amend(key, seen, new),
            TableChange::Remove(key) => self.remove(key),
            TableChange::Forget(owner, theirs) => return self.forget(owner, theirs).map(ChangeOutcome::Done),
            TableChange::Sweep => return self.sweep().map(ChangeOutcome::Done),
        };
        is_done.map(ChangeOutcome::of)
    }

    fn create(&mut self, key: &Key, record: &Record, limit: u32) -> Result<ChangeOutcome, StoreError> {
        if self.find(key)?.is_some() {
            return Ok(ChangeOutcome::Taken);
        }
        if limit > 0 {
            let alive = self.alive()?;
            let count = alive.get(&record.owner)?.map_or(0, |count| count.value());
            if count >= limit {
                return Ok(ChangeOutcome::Full);
            }
            alive.insert(&record.owner, count + 1)?;
        }
        self.put(key, 0, record)?;
        Ok(ChangeOutcome::Done(1))
    }

    fn spend(&mut self, key: &Key) -> Result<ChangeOutcome, StoreError> {
        let Some((old, listed)) = self.find(key)? else { return Ok(ChangeOutcome::NotDone) };
        // Only the event loop knows whether a use is unsettled: what is used up is told apart from what is dead.
        Ok(match (old.state.standing(true, self.now), old.state.remaining()) {
            (Standing::Dead, _) => ChangeOutcome::NotDone,
            (Standing::Busy, _) => ChangeOutcome::UsedUp,
            (Standing::Alive, None) => ChangeOutcome::NotCounted,
            (Standing::Alive, Some(remaining)) => {
                let state = AliasState { spent: old.state.spent + 1, ..old.state };
                self.put(key, listed, &Record { state, ..old })?;
                ChangeOutcome::Spent { last: remaining == 1 }
            }
        })
    }

    fn refund(&mut self, key: &Key) -> Result<bool, StoreError> {
        let Some((old, listed)) = self.find(key)? else { return Ok(false) };
        let Some(spent) = old.state.spent.checked_sub(1) else { return Ok(false) };
        let state = AliasState { spent, ..old.state };
        self.put(key, listed, &Record { state, ..old })
    }

    fn amend(&mut self, key: &Key, seen: &AliasState, new: &AliasState) -> Result<bool, StoreError> {
        let Some((old, listed)) = self.find(key)? else { return Ok(false) };
        if (AliasState { spent: seen.spent, ..old.state }) != *seen {
            return Ok(false);
        }
        let state = AliasState { spent: old.state.spent, ..*new };
        self.put(key, listed, &Record { state, ..old })
    }

    fn remove(&mut self, key: &Key) -> Result<bool, StoreError> {
        let Some((record, listed)) = self.find(key)? else { return Ok(false) };
        if listed != 0 {
            self.expiry()?.remove((listed, key))?;
        }
        self.aliases.remove(key)?;
        let alive = self.alive()?;
        let count = alive.get(&record.owner)?.map_or(0, |count| count.value());
        match count {
            0 => {}
            1 => drop(alive.remove(&record.owner)?),
            more => drop(alive.insert(&record.owner, more - 1)?),
        }
        Ok(true)
    }

    fn mark(&mut self, mark: &Mark, until: u32) -> Result<bool, StoreError> {
        let now = record::seconds(Some(self.now));
        self.unmark(mark)?;
        self.marks()?.insert(mark, (now, until))?;
        if until != 0 {
            self.expiry()?.insert((until, mark), ())?;
        }
        Ok(true)
    }

    fn unmark(&mut self, mark: &Mark) -> Result<bool, StoreError> {
        let Some((_, until)) = self.marks()?.remove(mark)?.map(|found| found.value()) else { return Ok(false) };
        if until != 0 {
            self.expiry()?.remove((until, mark))?;
        }
        Ok(true)
    }

    fn forget(&mut self, owner: &Owner, theirs: &[Key]) -> Result<u64, StoreError> {
        self.set_counter(owner, None)?;
        let mut removed = 0;
        for key in theirs {
            removed += u64::from(self.remove(key)?);
        }
        Ok(removed)
    }

    fn sweep(&mut self) -> Result<u64, StoreError> {
        let (now, yesterday) = sweep_times(self.now);
        for (since, counter) in first_until(self.counter_days()?, yesterday)? {
            let is_over = self.counters()?.get(&counter)?.is_some_and(|found| found.value().0 <= yesterday);
            if is_over {
                self.set_counter(&counter, None)?;
            } else {
                self.counter_days()?.remove((since, &counter))?;
            }
        }
        let mut removed = 0;
        for (_, key) in &first_until(self.expiry()?, now)? {
            // An entry that is no alias is a mark.
            removed += u64::from(self.remove(key)? || self.unmark(key)?);
        }
        Ok(removed)
    }

    fn count(&mut self, counter: &Counter, limit: u32, more: u32) -> Result<bool, StoreError> {
        let (since, count) = self.counted(counter)?.unwrap_or((record::seconds(Some(self.now)), 0));
        let count = count.saturating_add(more);
        if count > limit {
            return Ok(false);
        }
        self.set_counter(counter, Some((since, count)))?;
        Ok(true)
    }

    fn uncount(&mut self, counter: &Counter, fewer: u32) -> Result<bool, StoreError> {
        let Some((since, count)) = self.counted(counter)? else { return Ok(false) };
        let left = count.saturating_sub(fewer);
        self.set_counter(counter, (left > 0).then_some((since, left)))?;
        Ok(true)
    }

    /// Replaces a counter, or takes it away, and lists it by its day.
    fn set_counter(&mut self, counter: &Counter, new: Option<(u32, u32)>) -> Result<(), StoreError> {
        let counters = self.counters()?;
        let old = match new {
            Some(new) => counters.insert(counter, new)?.map(|old| old.value().0),
            None => counters.remove(counter)?.map(|old| old.value().0),
        };
        let new = new.map(|(since, _)| since);
        if old != new {
            let days = self.counter_days()?;
            if let Some(old) = old {
                days.remove((old, counter))?;
            }
            if let Some(new) = new {
                days.insert((new, counter), ())?;
            }
        }
        Ok(())
    }

    /// What is counted, and since when, unless that day is over.
    fn counted(&mut self, counter: &Counter) -> Result<Option<(u32, u32)>, StoreError> {
        let yesterday = record::seconds(Some(self.now.saturating_sub(DAY)));
        let found = self.counters()?.get(counter)?.map(|found| found.value());
        Ok(found.filter(|(since, _)| *since > yesterday))
    }

    /// The record and the purge time it is listed under; 0 is none.
    fn find(&self, key: &Key) -> Result<Option<(Record, u32)>, StoreError> {
        self.aliases.get(key)?.map(|stored| record::decode(stored.value())).transpose()
    }

    /// Stores a record that was listed under `listed`, and lists it where it now belongs.
    fn put(&mut self, key: &Key, listed: u32, record: &Record) -> Result<bool, StoreError> {
        let mut purge = record::seconds(record.state.purge_at(self.now));
        if record.state.pending && listed != 0 {
            // A change gives no more time to confirm.
            purge = purge.min(listed);
        }
        if purge != listed {
            if listed != 0 {
                self.expiry()?.remove((listed, key))?;
            }
            if purge != 0 {
                self.expiry()?.insert((purge, key), ())?;
            }
        }
        self.aliases.insert(key, record::encode(record, purge).as_slice())?;
        Ok(true)
    }
}

/// Whether a sweep would remove something; also if that cannot be read.
pub(super) fn is_anything_due(database: &Database) -> bool {
    let is_due = || {
        let transaction = database.begin_read()?;
        let (now, yesterday) = sweep_times(clock::now());
        let expiry = transaction.open_table(EXPIRY)?.first()?.is_some_and(|(first, _)| first.value().0 <= now);
        let days =
            transaction.open_table(COUNTER_DAYS)?.first()?.is_some_and(|(first, _)| first.value().0 <= yesterday);
        Ok::<_, StoreError>(expiry || days)
    };
    is_due().unwrap_or(true)
}

/// Until when entries are due at `now`, and until when the days of counters have begun that are over.
fn sweep_times(now: Time) -> (u32, u32) {
    (record::seconds(Some(now)), record::seconds(Some(now.saturating_sub(DAY))))
}
