//! The one thread that writes.

use super::{ALIASES, ALIVE, CREATIONS, EXPIRY, MARKS, clock};
use crate::alias::{Account, DAY, Time};
use crate::runtime::exit;
use crate::vault::store::{Counter, Key, Mark, Outage, Owner, Record, record};
use redb::{Database, Key as TableKey, ReadableTable, Table, TableDefinition, Value, WriteTransaction};
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

/// Aliases removed by one sweep at the most, so that it never holds up others for long.
const SWEEP: usize = 10_000;

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
    while let Ok(first) = waiting.recv() {
        let batch = gather(first, waiting, in_flight);
        let outcomes = commit(database, &batch);
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

fn commit(database: &Database, batch: &[Order]) -> Result<Vec<u64>, Outage> {
    let transaction = database.begin_write()?;
    let counts = {
        let aliases = transaction.open_table(ALIASES)?;
        let (expiry, creations, alive, marks) = (None, None, None, None);
        let mut tables = Tables { transaction: &transaction, aliases, expiry, creations, alive, marks, now: clock() };
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
    creations: Option<Creations<'t>>,
    alive: Option<Alive<'t>>,
    marks: Option<Marks<'t>>,
    now: Time,
}

type Expiry<'t> = Table<'t, (u32, &'static [u8; 16]), ()>;
type Creations<'t> = Table<'t, &'static [u8; 16], (u32, u32)>;
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

impl<'t> Tables<'t> {
    fn expiry(&mut self) -> Result<&mut Expiry<'t>, Outage> {
        opened(&mut self.expiry, self.transaction, EXPIRY)
    }

    fn creations(&mut self) -> Result<&mut Creations<'t>, Outage> {
        opened(&mut self.creations, self.transaction, CREATIONS)
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
        self.creations()?.remove(owner)?;
        theirs.iter().map(|key| self.remove(key)).sum()
    }

    fn sweep(&mut self) -> Result<u64, Outage> {
        let now = record::seconds(Some(self.now));
        let mut due = Vec::new();
        for entry in self.expiry()?.range(..(now.saturating_add(1), &[0; 16]))?.take(SWEEP) {
            due.push(*entry?.0.value().1);
        }
        let yesterday = record::seconds(Some(self.now.saturating_sub(DAY)));
        self.creations()?.retain(|_, (since, _)| since > yesterday)?;
        let mut removed = 0;
        for key in &due {
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
        self.creations()?.insert(counter, (since, count))?;
        Ok(1)
    }

    fn uncount(&mut self, counter: &Counter, fewer: u32) -> Result<u64, Outage> {
        let Some((since, count)) = self.counted(counter)? else { return Ok(0) };
        match count.saturating_sub(fewer) {
            0 => drop(self.creations()?.remove(counter)?),
            count => drop(self.creations()?.insert(counter, (since, count))?),
        }
        Ok(1)
    }

    /// What is counted, and since when, unless that day is over.
    fn counted(&mut self, counter: &Counter) -> Result<Option<(u32, u32)>, Outage> {
        let yesterday = record::seconds(Some(self.now.saturating_sub(DAY)));
        let found = self.creations()?.get(counter)?.map(|found| found.value());
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
