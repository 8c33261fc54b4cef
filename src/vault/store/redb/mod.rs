//! The embedded engine: one file, one writer.
//!
//! 1. Look-ups read the latest committed state on the event loop. They never wait for the writer.
//! 2. Changes go to one writer thread. It takes all that wait, applies them in one transaction and commits once,
//!    durably (group commit): a thousand spends that arrive together share one fsync.
//! 3. Which spent uses may still be given back is volatile, and known to the event loop only.

mod changes;
#[cfg(test)]
pub(crate) mod disk;
mod unsettled;
mod uses;
mod writer;

#[cfg(test)]
mod tests;

use super::{
    AdmitOutcome, Counter, Creation, Engine, Key, Mark, Owner, Record, SpendOutcome, Step, StoreError, record,
};
use crate::alias::{AliasState, Time};
use crate::channel::MaybeReady;
use crate::runtime::Fatal;
use crate::vault::clock;
use crate::wire::Ticket;
use changes::{ChangeOutcome, TableChange};
use redb::{
    Database, DatabaseError, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition, WriteTransaction,
};
use std::cell::{OnceCell, RefCell};
use std::path::Path;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, SetOnce, oneshot};
use unsettled::Unsettled;
use writer::{Write, Writer};

/// Record by key.
const ALIASES: TableDefinition<'_, &[u8; 16], &[u8]> = TableDefinition::new("aliases");
/// Purge time, then key: what is due comes first.
const EXPIRY: TableDefinition<'_, (u32, &[u8; 16]), ()> = TableDefinition::new("expiry");
/// By counter: when its day began, and how many there are.
const COUNTERS: TableDefinition<'_, &[u8; 16], (u32, u32)> = TableDefinition::new("creations");
/// The same counters by the beginning of their days: those whose day is over come first. An index of its own, so that
/// a version that does not know it finds nothing in `EXPIRY` that it does not know.
const COUNTER_DAYS: TableDefinition<'_, (u32, &[u8; 16]), ()> = TableDefinition::new("counter days");
/// By owner: how many aliases there are, of those that were made while their number was limited.
const ALIVE: TableDefinition<'_, &[u8; 16], u32> = TableDefinition::new("alive");
/// Marks: since when, and until when; 0 is forever. Those that end are in `EXPIRY` beside the aliases.
const MARKS: TableDefinition<'_, &[u8; 16], (u32, u32)> = TableDefinition::new("marks");
/// About the table itself: the fingerprint of the server key under which it was made.
const META: TableDefinition<'_, &str, &[u8; 16]> = TableDefinition::new("meta");

/// Octets of pages kept in memory: enough for the upper levels of the trees of ten million aliases.
const CACHE_OCTETS: usize = 16 << 20;

/// How long to wait for a file that another process has open, and how long between attempts.
const OPEN_TIMEOUT: Duration = Duration::from_secs(3);
const OPEN_RETRY_AFTER: Duration = Duration::from_millis(10);

/// The table in one file. Clones share it.
#[derive(Clone)]
pub(crate) struct Redb {
    database: Arc<Database>,
    /// Started by the first change: threads are started within the sandbox.
    writer: Rc<OnceCell<Writer>>,
    /// Why the file cannot be written to any more.
    broken: Rc<SetOnce<StoreError>>,
    /// Kept by whoever spends.
    expected_spends: Arc<AtomicUsize>,
    unsettled: Rc<RefCell<Unsettled>>,
    /// Held by the one who reads the whole table.
    scan: Rc<Mutex<()>>,
}

impl Redb {
    /// Opens or makes the table at `path`; `fingerprint` tells the server key.
    ///
    /// # Errors
    /// A file that cannot be used, or that was made under another server key.
    pub(crate) fn open(path: &Path, fingerprint: [u8; 16]) -> Result<Self, Fatal> {
        Self::on(open_file(path)?, fingerprint).map_err(|what| Fatal::File { path: path.to_owned(), what })
    }

    /// Opens a table in which nothing is stored, and makes it one of the server key that `fingerprint` tells; `None` if
    /// something is stored.
    ///
    /// # Errors
    /// As [`Redb::open`].
    pub(crate) fn open_unused(path: &Path, fingerprint: [u8; 16]) -> Result<Option<Self>, Fatal> {
        let unusable = |what: String| Fatal::File { path: path.to_owned(), what };
        let database = open_file(path)?;
        if !adopt_if_unused(&database, fingerprint).map_err(|e| unusable(e.0))? {
            return Ok(None);
        }
        Self::on(database, fingerprint).map(Some).map_err(unusable)
    }

    /// The engine on a database; or why it cannot be used.
    pub(crate) fn on(database: Database, fingerprint: [u8; 16]) -> Result<Self, String> {
        let foreign = prepare(&database, fingerprint).map_err(|e| e.0)?;
        if foreign {
            return Err("was made under another server key; restore the server.key that belongs to it".to_owned());
        }
        Ok(Self {
            database: Arc::new(database),
            writer: Rc::default(),
            broken: Rc::default(),
            expected_spends: Arc::default(),
            unsettled: Rc::default(),
            scan: Rc::default(),
        })
    }

    fn find(&self, key: Key) -> Result<Option<Record>, StoreError> {
        let table = self.database.begin_read()?.open_table(ALIASES)?;
        table.get(&key)?.map(|stored| record::decode(stored.value()).map(|(record, _)| record)).transpose()
    }

    fn change(&self, change: TableChange) -> Step<ChangeOutcome> {
        let writer = match self.writer.get() {
            Some(writer) => writer,
            None => match Writer::start(&self.database, &self.expected_spends, &self.broken) {
                Ok(writer) => self.writer.get_or_init(|| writer),
                Err(cause) => return MaybeReady::Ready(Err(StoreError(format!("no thread to write with: {cause}")))),
            },
        };
        let (done, outcome) = oneshot::channel();
        writer.submit(Write { change, done });
        MaybeReady::later(async move { outcome.await.unwrap_or_else(|_| Err(writer::has_ended())) })
    }

    fn change_if(&self, change: TableChange) -> Step<bool> {
        self.change(change).map(|outcome| outcome.map(ChangeOutcome::is_done))
    }
}

fn open_file(path: &Path) -> Result<Database, Fatal> {
    open_patiently(path).map_err(|e| Fatal::File {
        path: path.to_owned(),
        what: match e {
            DatabaseError::DatabaseAlreadyOpen => "is in use by another tempalias; stop it".to_owned(),
            e => format!("cannot be used ({e}); its directory must belong to the user that runs tempalias"),
        },
    })
}

/// Opens the file. A vault of a daemon that is just being killed may still have it for a moment.
fn open_patiently(path: &Path) -> Result<Database, DatabaseError> {
    let deadline = Instant::now() + OPEN_TIMEOUT;
    loop {
        match Database::builder().set_cache_size(CACHE_OCTETS).create(path) {
            Err(DatabaseError::DatabaseAlreadyOpen) if Instant::now() < deadline => {
                std::thread::sleep(OPEN_RETRY_AFTER);
            }
            opened => return opened,
        }
    }
}

/// Makes the tables that are not there. Answers whether they belong to another server key.
fn prepare(database: &Database, fingerprint: [u8; 16]) -> Result<bool, StoreError> {
    let transaction = database.begin_write()?;
    let foreign = {
        let mut meta = transaction.open_table(META)?;
        let found = meta.get("server key")?.map(|found| *found.value());
        if found.is_none() {
            meta.insert("server key", &fingerprint)?;
        }
        transaction.open_table(ALIASES)?;
        transaction.open_table(EXPIRY)?;
        list_counters(&transaction)?;
        transaction.open_table(ALIVE)?;
        transaction.open_table(MARKS)?;
        found.is_some_and(|found| found != fingerprint)
    };
    transaction.commit()?;
    Ok(foreign)
}

/// Makes a table one of another server key, unless something is stored under the one that it has.
fn adopt_if_unused(database: &Database, fingerprint: [u8; 16]) -> Result<bool, StoreError> {
    let transaction = database.begin_write()?;
    let is_unused = transaction.open_table(ALIASES)?.is_empty()?
        && transaction.open_table(MARKS)?.is_empty()?
        && transaction.open_table(COUNTERS)?.is_empty()?;
    if is_unused {
        transaction.open_table(META)?.insert("server key", &fingerprint)?;
    }
    transaction.commit()?;
    Ok(is_unused)
}

/// Lists the counters by their days, unless they are: an earlier version did not.
fn list_counters(transaction: &WriteTransaction) -> Result<(), StoreError> {
    let counters = transaction.open_table(COUNTERS)?;
    let mut days = transaction.open_table(COUNTER_DAYS)?;
    if counters.len()? != days.len()? {
        days.retain(|_, ()| false)?;
        for entry in counters.iter()? {
            let (counter, found) = entry?;
            days.insert((found.value().0, counter.value()), ())?;
        }
    }
    Ok(())
}

/// The keys of all that `owner` has.
fn aliases_of(database: &Database, owner: Owner) -> Result<Vec<Key>, StoreError> {
    let mut theirs = Vec::new();
    for entry in database.begin_read()?.open_table(ALIASES)?.iter()? {
        let (key, stored) = entry?;
        if record::decode(stored.value())?.0.owner == owner {
            theirs.push(*key.value());
        }
    }
    Ok(theirs)
}

impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> Self {
        Self(error.into().to_string())
    }
}

impl Engine for Redb {
    fn now(&self) -> Step<Time> {
        MaybeReady::Ready(Ok(clock::now()))
    }

    fn create(&self, key: Key, record: Record, _now: Time, limit: u32) -> Step<Creation> {
        self.change(TableChange::Create(key, record, limit)).map(|outcome| {
            outcome.map(|outcome| match outcome {
                ChangeOutcome::Done(_) => Creation::Made,
                ChangeOutcome::Full => Creation::Full,
                _ => Creation::Taken,
            })
        })
    }

    fn count(&self, counter: Counter, limit: u32, more: u32) -> Step<bool> {
        self.change_if(TableChange::Count(counter, limit, more))
    }

    fn uncount(&self, counter: Counter, fewer: u32) -> Step<()> {
        self.change(TableChange::Uncount(counter, fewer)).map(|outcome| outcome.map(drop))
    }

    fn read(&self, key: Key) -> Step<Option<Record>> {
        MaybeReady::Ready(self.find(key))
    }

    fn admit(&self, key: Key) -> Step<AdmitOutcome> {
        MaybeReady::Ready(self.admit_now(key))
    }

    fn spend(&self, key: Key, ticket: Ticket, lifetime: Duration) -> Step<SpendOutcome> {
        self.spend_use(key, ticket, lifetime)
    }

    fn refund(&self, key: Key, ticket: Ticket) -> Step<()> {
        self.refund_use(key, ticket)
    }

    fn settle(&self, key: Key, ticket: Ticket) -> Step<()> {
        self.unsettled.borrow_mut().remove(key, ticket);
        MaybeReady::Ready(Ok(()))
    }

    // A commit that failed has counted nothing.
    fn undo(&self, _key: Key, _ticket: Ticket, _lifetime: Duration) -> Step<()> {
        MaybeReady::Ready(Ok(()))
    }

    fn expected_spends(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.expected_spends)
    }

    fn amend(&self, key: Key, seen: AliasState, new: AliasState) -> Step<bool> {
        self.change_if(TableChange::Amend(key, seen, new))
    }

    fn remove(&self, key: Key) -> Step<bool> {
        let unsettled = Rc::clone(&self.unsettled);
        self.change_if(TableChange::Remove(key)).map(move |removed| {
            if removed == Ok(true) {
                unsettled.borrow_mut().clear(key);
            }
            removed
        })
    }

    // For this the whole table is read, on a thread of its own so that nobody waits.
    fn forget(&self, owner: Owner) -> Step<u64> {
        let (this, database) = (self.clone(), Arc::clone(&self.database));
        MaybeReady::later(async move {
            let _scan = this.scan.lock().await;
            let theirs = tokio::task::spawn_blocking(move || aliases_of(&database, owner)).await;
            let theirs = theirs.map_err(|_| StoreError("the reader has ended".to_owned()))??;
            let forgotten = this.change(TableChange::Forget(owner, theirs.clone())).get().await?;
            let mut unsettled = this.unsettled.borrow_mut();
            theirs.into_iter().for_each(|key| unsettled.clear(key));
            Ok(forgotten.count())
        })
    }

    fn sweep(&self) -> Step<u64> {
        self.unsettled.borrow_mut().expire(Instant::now());
        self.change(TableChange::Sweep).map(|outcome| outcome.map(ChangeOutcome::count))
    }

    fn mark(&self, mark: Mark, until: Option<Time>) -> Step<()> {
        self.change(TableChange::Mark(mark, record::seconds(until))).map(|outcome| outcome.map(drop))
    }

    fn unmark(&self, mark: Mark) -> Step<bool> {
        self.change_if(TableChange::Unmark(mark))
    }

    fn marked(&self, mark: Mark) -> Step<Option<Time>> {
        let look =
            || Ok::<_, StoreError>(self.database.begin_read()?.open_table(MARKS)?.get(&mark)?.map(|m| m.value()));
        let now = clock::now();
        MaybeReady::Ready(look().map(|found| {
            let valid = |(_, until): &(u32, u32)| *until == 0 || Time::from(*until) > now;
            found.filter(valid).map(|(since, _)| Time::from(since))
        }))
    }

    fn broken(&self) -> Pin<Box<dyn Future<Output = StoreError>>> {
        let broken = Rc::clone(&self.broken);
        Box::pin(async move { broken.wait().await.clone() })
    }

    fn alias_count(&self) -> Step<Option<u64>> {
        let count = || Ok::<_, StoreError>(self.database.begin_read()?.open_table(ALIASES)?.len()?);
        MaybeReady::Ready(count().map(Some))
    }
}
