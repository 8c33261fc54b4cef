//! The one thread that writes.

use super::{ALIASES, ALIVE, COUNTER_DAYS, COUNTERS, EXPIRY, MARKS, clock};
use crate::alias::{Account, DAY, Time};
use crate::runtime::exit;
use crate::vault::store::{Counter, Key, Mark, Outage, Owner, Record, record};
use redb::{
    Database, Key as TableKey, ReadableDatabase, ReadableTable, Table, TableDefinition, Value, WriteTransaction,
};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tracing::error;

/// Changes in one transaction at the most.
const BATCH: usize = 1000;

/// Entries of each kind removed by one sweep at the most, so that it never holds up others for long.
const MAX_SWEPT: usize = 10_000;

/// What [`Change::Create`] answers when it has done nothing.
pub(super) const TAKEN: u64 = 0;
pub(super) const FULL: u64 = u64::MAX;

/// One change; each answers with a count, 0 being "not done".
pub(super) enum Change {
    /// With the most aliases that its owner may have; 0 is no bound.
    Create(Key, Record, u32),
    /// The most in a day, and how many more.
    Count(Counter, u32, u32),
    /// How many fewer.
    Uncount(Counter, u32),
    /// Until when; 0 is for ever.
    Mark(Mark, u32),
    Unmark(Mark),
    Spend(Key),
    Refund(Key),
    Amend(Key, Account, Account),
    Remove(Key),
    /// With all aliases of the owner that a reader has found.
    Forget(Owner, Vec<Key>),
    Sweep,
}

/// A spend may wait this long for the next one, and this long in all, to share a commit with others.
const COMPANY: (Duration, Duration) = (Duration::from_micros(150), Duration::from_micros(450));

/// A change and who waits for it.
pub(super) struct Order {
    pub(super) change: Change,
    pub(super) done: oneshot::Sender<Result<u64, Outage>>,
}

/// Hands orders to the thread.
pub(super) struct Writer {
    orders: Sender<Order>,
}

impl Writer {
    /// Starts the thread; `in_flight` counts the messages whose spends are still to come. Needs a local runtime.
    pub(super) fn start(database: Arc<Database>, in_flight: Arc<AtomicUsize>) -> io::Result<Self> {
        let (orders, waiting) = channel();
        let (done, mut outcomes) = unbounded_channel::<Done>();
        let writer = move || write(&database, &waiting, &in_flight, &done);
        std::thread::Builder::new().name("writer".to_owned()).spawn(writer)?;
        // All outcomes of a commit cross from thread to thread at once, not each with a wake-up of its own.
        tokio::task::spawn_local(async move {
            while let Some(outcomes) = outcomes.recv().await {
                for (waiting, outcome) in outcomes {
                    // Who no longer waits has been cancelled.
                    let _ = waiting.send(outcome);
                }
            }
        });
        Ok(Self { orders })
    }

    pub(super) fn order(&self, order: Order) {
        // A thread that has ended drops the order, and who waits for it is told so.
        let _ = self.orders.send(order);
    }
}

/// Outcomes of one commit, and who waits for them.
type Done = Vec<(oneshot::Sender<Result<u64, Outage>>, Result<u64, Outage>)>;

/// What one commit takes up: all that waits, and what comes in a moment if more is likely to come.
fn gather(first: Order, waiting: &Receiver<Order>, in_flight: &AtomicUsize) -> Vec<Order> {
    let mut batch = vec![first];
    batch.extend(waiting.try_iter().take(BATCH - 1));
    let (gap, all) = COMPANY;
    let end = Instant::now() + all;
    while batch.len() < in_flight.load(Ordering::Relaxed).min(BATCH) && Instant::now() < end {
        let Ok(next) = waiting.recv_timeout(gap) else { break };
        batch.push(next);
    }
    batch
}

fn write(database: &Database, waiting: &Receiver<Order>, in_flight: &AtomicUsize, done: &UnboundedSender<Done>) {
    let mut has_failed = false;
    while let Ok(first) = waiting.recv() {
        let batch = gather(first, waiting, in_flight);
        let is_sweep = batch.iter().all(|order| matches!(order.change, Change::Sweep));
        // Without a commit an idle host's disk may sleep. After a failure one shows whether the file can be written to.
        let outcomes = match is_sweep && !has_failed && !is_anything_due(database) {
            true => Ok(vec![0; batch.len()]),
            false => commit(database, &batch),
        };
        has_failed = outcomes.is_err();
        let broken = outcomes.as_ref().is_err_and(|_| database.begin_write().is_err());
        let outcome = |at: usize| outcomes.as_ref().map(|counts| counts[at]).map_err(Clone::clone);
        // A vault that is ending waits for nothing.
        let _ = done.send(batch.into_iter().enumerate().map(|(at, order)| (order.done, outcome(at))).collect());
        if broken {
            // After a failed write the file must be opened anew. The answers go out first.
            error!("the table cannot be written to; starting again to recover it");
            std::thread::sleep(Duration::from_millis(200));
            std::process::exit(exit::IOERR.into());
        }
    }
}

/// Whether a sweep would remove something; also if that cannot be read.
fn is_anything_due(database: &Database) -> bool {
    let is_due = || {
        let transaction = database.begin_read()?;
        let (now, yesterday) = sweep_times(clock());
        let expiry = transaction.open_table(EXPIRY)?.first()?.is_some_and(|(first, _)| first.value().0 <= now);
        let days =
            transaction.open_table(COUNTER_DAYS)?.first()?.is_some_and(|(first, _)| first.value().0 <= yesterday);
        Ok::<_, Outage>(expiry || days)
    };
    is_due().unwrap_or(true)
}

/// Until when entries are due at `now`, and until when the days of counters have begun that are over.
fn sweep_times(now: Time) -> (u32, u32) {
    (record::seconds(Some(now)), record::seconds(Some(now.saturating_sub(DAY))))
}

fn commit(database: &Database, batch: &[Order]) -> Result<Vec<u64>, Outage> {
    let transaction = database.begin_write()?;
    let counts = {
        let aliases = transaction.open_table(ALIASES)?;
        let mut tables = Tables {
            transaction: &transaction,
            aliases,
            expiry: None,
            counters: None,
            counter_days: None,
            alive: None,
            marks: None,
            now: clock(),
        };
        batch.iter().map(|order| tables.apply(&order.change)).collect::<Result<_, _>>()?
    };
    transaction.commit()?;
    Ok(counts)
}

/// The tables of one transaction. A spend touches the first only: the others are opened when they are wanted.
struct Tables<'t> {
    transaction: &'t WriteTransaction,
    aliases: Table<'t, &'static [u8; 16], &'static [u8]>,
    expiry: Option<Expiry<'t>>,
    counters: Option<Counters<'t>>,
    counter_days: Option<Expiry<'t>>,
    alive: Option<Alive<'t>>,
    marks: Option<Marks<'t>>,
    now: Time,
}

type Expiry<'t> = Table<'t, (u32, &'static [u8; 16]), ()>;
type Counters<'t> = Table<'t, &'static [u8; 16], (u32, u32)>;
type Alive<'t> = Table<'t, &'static [u8; 16], u32>;
type Marks<'t> = Table<'t, &'static [u8; 16], (u32, u32)>;

/// The table in `place`, opened if it was not yet.
fn opened<'p, 't, K: TableKey + 'static, V: Value + 'static>(
    place: &'p mut Option<Table<'t, K, V>>,
    transaction: &'t WriteTransaction,
    definition: TableDefinition<'static, K, V>,
) -> Result<&'p mut Table<'t, K, V>, Outage> {
    let table = match place.take() {
        Some(table) => table,
        None => transaction.open_table(definition)?,
    };
    Ok(place.insert(table))
}

/// The first entries up to this time.
fn first_until(table: &Expiry<'_>, time: u32) -> Result<Vec<(u32, Key)>, Outage> {
    let due = table.range(..(time.saturating_add(1), &[0; 16]))?.take(MAX_SWEPT);
    due.map(|entry| entry.map(|(key, _)| (key.value().0, *key.value().1)).map_err(Outage::from)).collect()
}

impl<'t> Tables<'t> {
    fn expiry(&mut self) -> Result<&mut Expiry<'t>, Outage> {
        opened(&mut self.expiry, self.transaction, EXPIRY)
    }

    fn counters(&mut self) -> Result<&mut Counters<'t>, Outage> {
        opened(&mut self.counters, self.transaction, COUNTERS)
    }

    fn counter_days(&mut self) -> Result<&mut Expiry<'t>, Outage> {
        opened(&mut self.counter_days, self.transaction, COUNTER_DAYS)
    }

    fn alive(&mut self) -> Result<&mut Alive<'t>, Outage> {
        opened(&mut self.alive, self.transaction, ALIVE)
    }

    fn marks(&mut self) -> Result<&mut Marks<'t>, Outage> {
        opened(&mut self.marks, self.transaction, MARKS)
    }

    fn apply(&mut self, change: &Change) -> Result<u64, Outage> {
        match change {
            Change::Create(key, record, most) => self.create(key, record, *most),
            Change::Count(counter, limit, more) => self.count(counter, *limit, *more),
            Change::Uncount(counter, fewer) => self.uncount(counter, *fewer),
            Change::Mark(mark, until) => self.mark(mark, *until),
            Change::Unmark(mark) => self.unmark(mark),
            Change::Spend(key) => self.set_spent(key, |account| {
                let spent = account.spent + 1;
                account.limits.max_usage.is_none_or(|max| spent <= max).then_some(spent)
            }),
            Change::Refund(key) => self.set_spent(key, |account| account.spent.checked_sub(1)),
            Change::Amend(key, seen, new) => self.amend(key, seen, new),
            Change::Remove(key) => self.remove(key),
            Change::Forget(owner, theirs) => self.forget(owner, theirs),
            Change::Sweep => self.sweep(),
        }
    }

    fn create(&mut self, key: &Key, record: &Record, most: u32) -> Result<u64, Outage> {
        if self.find(key)?.is_some() {
            return Ok(TAKEN);
        }
        if most > 0 {
            let alive = self.alive()?;
            let count = alive.get(&record.owner)?.map_or(0, |count| count.value());
            if count >= most {
                return Ok(FULL);
            }
            alive.insert(&record.owner, count + 1)?;
        }
        self.put(key, 0, record)
    }

    /// Sets `spent` to what `next` says; nothing happens if it says `None`.
    fn set_spent(&mut self, key: &Key, next: impl FnOnce(&Account) -> Option<u32>) -> Result<u64, Outage> {
        let Some((old, listed)) = self.find(key)? else { return Ok(0) };
        let Some(spent) = next(&old.account) else { return Ok(0) };
        let account = Account { spent, ..old.account };
        self.put(key, listed, &Record { account, ..old })
    }

    fn amend(&mut self, key: &Key, seen: &Account, new: &Account) -> Result<u64, Outage> {
        let Some((old, listed)) = self.find(key)? else { return Ok(0) };
        if (Account { spent: seen.spent, ..old.account }) != *seen {
            return Ok(0);
        }
        let account = Account { spent: old.account.spent, ..*new };
        self.put(key, listed, &Record { account, ..old })
    }

    fn remove(&mut self, key: &Key) -> Result<u64, Outage> {
        let Some((record, listed)) = self.find(key)? else { return Ok(0) };
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
        Ok(1)
    }

    fn mark(&mut self, mark: &Mark, until: u32) -> Result<u64, Outage> {
        let now = record::seconds(Some(self.now));
        self.unmark(mark)?;
        self.marks()?.insert(mark, (now, until))?;
        if until != 0 {
            self.expiry()?.insert((until, mark), ())?;
        }
        Ok(1)
    }

    fn unmark(&mut self, mark: &Mark) -> Result<u64, Outage> {
        let Some((_, until)) = self.marks()?.remove(mark)?.map(|found| found.value()) else { return Ok(0) };
        if until != 0 {
            self.expiry()?.remove((until, mark))?;
        }
        Ok(1)
    }

    fn forget(&mut self, owner: &Owner, theirs: &[Key]) -> Result<u64, Outage> {
        self.set_counter(owner, None)?;
        theirs.iter().map(|key| self.remove(key)).sum()
    }

    fn sweep(&mut self) -> Result<u64, Outage> {
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
            // What is listed and no alias is a mark.
            removed += match self.remove(key)? {
                0 => self.unmark(key)?,
                one => one,
            };
        }
        Ok(removed)
    }

    fn count(&mut self, counter: &Counter, limit: u32, more: u32) -> Result<u64, Outage> {
        let (since, count) = self.counted(counter)?.unwrap_or((record::seconds(Some(self.now)), 0));
        let count = count.saturating_add(more);
        if count > limit {
            return Ok(0);
        }
        self.set_counter(counter, Some((since, count)))?;
        Ok(1)
    }

    fn uncount(&mut self, counter: &Counter, fewer: u32) -> Result<u64, Outage> {
        let Some((since, count)) = self.counted(counter)? else { return Ok(0) };
        let left = count.saturating_sub(fewer);
        self.set_counter(counter, (left > 0).then_some((since, left)))?;
        Ok(1)
    }

    /// Replaces a counter, or takes it away, and lists it by its day.
    fn set_counter(&mut self, counter: &Counter, new: Option<(u32, u32)>) -> Result<(), Outage> {
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
    fn counted(&mut self, counter: &Counter) -> Result<Option<(u32, u32)>, Outage> {
        let yesterday = record::seconds(Some(self.now.saturating_sub(DAY)));
        let found = self.counters()?.get(counter)?.map(|found| found.value());
        Ok(found.filter(|(since, _)| *since > yesterday))
    }

    /// The record and the purge time it is listed under; 0 is none.
    fn find(&self, key: &Key) -> Result<Option<(Record, u32)>, Outage> {
        self.aliases.get(key)?.map(|stored| record::decode(stored.value())).transpose()
    }

    /// Stores a record that was listed under `listed`, and lists it where it now belongs.
    fn put(&mut self, key: &Key, listed: u32, record: &Record) -> Result<u64, Outage> {
        let mut purge = record::seconds(record.account.purge_at(self.now));
        if record.account.pending && listed != 0 {
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
        Ok(1)
    }
}
