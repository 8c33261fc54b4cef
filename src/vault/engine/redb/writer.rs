//! The one thread that writes.

use super::{ALIASES, CREATIONS, EXPIRY, clock};
use crate::alias::{Account, DAY, Time};
use crate::role::exit;
use crate::vault::engine::{Key, Outage, Owner, Record, record};
use redb::{Database, ReadableTable, Table, WriteTransaction};
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

/// One change; each answers with a count, 0 being "not done".
pub(super) enum Change {
    Create(Key, Record),
    Admit(Owner, u32),
    Spend(Key),
    Refund(Key),
    Amend(Key, Account, Account),
    Remove(Key),
    Forget(Owner),
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
        let mut tables = Tables { transaction: &transaction, aliases, expiry: None, creations: None, now: clock() };
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
    now: Time,
}

type Expiry<'t> = Table<'t, (u32, &'static [u8; 16]), ()>;
type Creations<'t> = Table<'t, &'static [u8; 16], (u32, u32)>;

impl<'t> Tables<'t> {
    fn expiry(&mut self) -> Result<&mut Expiry<'t>, Outage> {
        let opened = match self.expiry.take() {
            Some(opened) => opened,
            None => self.transaction.open_table(EXPIRY)?,
        };
        Ok(self.expiry.insert(opened))
    }

    fn creations(&mut self) -> Result<&mut Creations<'t>, Outage> {
        let opened = match self.creations.take() {
            Some(opened) => opened,
            None => self.transaction.open_table(CREATIONS)?,
        };
        Ok(self.creations.insert(opened))
    }

    fn apply(&mut self, change: &Change) -> Result<u64, Outage> {
        match change {
            Change::Create(key, record) => self.create(key, record),
            Change::Admit(owner, limit) => self.admit(owner, *limit),
            Change::Spend(key) => self.count(key, |account| {
                let spent = account.spent + 1;
                account.limits.max_usage.is_none_or(|max| spent <= max).then_some(spent)
            }),
            Change::Refund(key) => self.count(key, |account| account.spent.checked_sub(1)),
            Change::Amend(key, seen, new) => self.amend(key, seen, new),
            Change::Remove(key) => self.remove(key),
            Change::Forget(owner) => self.forget(owner),
            Change::Sweep => self.sweep(),
        }
    }

    fn create(&mut self, key: &Key, record: &Record) -> Result<u64, Outage> {
        if self.find(key)?.is_some() {
            return Ok(0);
        }
        self.put(key, 0, record)
    }

    /// Sets `spent` to what `next` says; nothing happens if it says `None`.
    fn count(&mut self, key: &Key, next: impl FnOnce(&Account) -> Option<u32>) -> Result<u64, Outage> {
        let Some((old, listed)) = self.find(key)? else { return Ok(0) };
        let Some(spent) = next(&old.account) else { return Ok(0) };
        let account = Account { spent, ..old.account };
        self.put(key, listed, &Record { account, ..old })
    }

    fn amend(&mut self, key: &Key, seen: &Account, new: &Account) -> Result<u64, Outage> {
        let Some((old, listed)) = self.find(key)? else { return Ok(0) };
        if (old.account.limits, old.account.paused) != (seen.limits, seen.paused) {
            return Ok(0);
        }
        let account = Account { spent: old.account.spent, ..*new };
        self.put(key, listed, &Record { account, ..old })
    }

    fn remove(&mut self, key: &Key) -> Result<u64, Outage> {
        let Some((_, listed)) = self.find(key)? else { return Ok(0) };
        if listed != 0 {
            self.expiry()?.remove((listed, key))?;
        }
        self.aliases.remove(key)?;
        Ok(1)
    }

    fn forget(&mut self, owner: &Owner) -> Result<u64, Outage> {
        let mut theirs = Vec::new();
        for entry in self.aliases.iter()? {
            let (key, stored) = entry?;
            if record::decode(stored.value())?.0.owner == *owner {
                theirs.push(*key.value());
            }
        }
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
        due.iter().map(|key| self.remove(key)).sum()
    }

    fn admit(&mut self, owner: &Owner, limit: u32) -> Result<u64, Outage> {
        let now = record::seconds(Some(self.now));
        let yesterday = record::seconds(Some(self.now.saturating_sub(DAY)));
        let creations = self.creations()?;
        let (since, count) =
            creations.get(owner)?.map(|c| c.value()).filter(|(since, _)| *since > yesterday).unwrap_or((now, 0));
        if count >= limit {
            return Ok(0);
        }
        creations.insert(owner, (since, count + 1))?;
        Ok(1)
    }

    /// The record and the purge time it is listed under; 0 is none.
    fn find(&self, key: &Key) -> Result<Option<(Record, u32)>, Outage> {
        self.aliases.get(key)?.map(|stored| record::decode(stored.value())).transpose()
    }

    /// Stores a record that was listed under `listed`, and lists it where it now belongs.
    fn put(&mut self, key: &Key, listed: u32, record: &Record) -> Result<u64, Outage> {
        let purge = record::seconds(record.account.purge_at(self.now));
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
