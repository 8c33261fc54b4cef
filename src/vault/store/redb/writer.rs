//! The one thread that writes: group commit.

use super::changes::{ChangeOutcome, TableChange, Tables, is_anything_due};
use crate::vault::store::StoreError;
use redb::Database;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{SetOnce, oneshot};

/// Changes in one transaction at the most.
const MAX_BATCH: usize = 1000;

/// A commit waits so long for the next spend, and so long for all of them, if more are likely to come.
const GROUP_COMMIT_GAP: Duration = Duration::from_micros(150);
const GROUP_COMMIT_WAIT: Duration = Duration::from_micros(450);

/// What a change came to, or why its commit failed.
type Outcome = Result<ChangeOutcome, StoreError>;

/// A change, and where its outcome goes.
pub(super) struct Write {
    pub(super) change: TableChange,
    pub(super) done: oneshot::Sender<Outcome>,
}

/// Hands changes to the thread.
pub(super) struct Writer {
    queue: Sender<Write>,
}

impl Writer {
    /// Starts the thread; `expected` counts the spends that are likely to come soon, those that wait here included. When
    /// the file must be opened anew, `broken` is set to the cause, with which every later change is answered. Needs a
    /// local runtime.
    pub(super) fn start(
        database: &Arc<Database>,
        expected: &Arc<AtomicUsize>,
        broken: &Rc<SetOnce<StoreError>>,
    ) -> io::Result<Self> {
        let (queue, writes) = channel();
        let (committed, mut batches) = unbounded_channel::<Batch>();
        let (database, expected, broken) = (Arc::clone(database), Arc::clone(expected), Rc::clone(broken));
        let writer = move || write(&database, &writes, &expected, &committed);
        std::thread::Builder::new().name("writer".to_owned()).spawn(writer)?;
        // All outcomes of a commit cross from thread to thread at once, not each with a wake-up of its own.
        tokio::task::spawn_local(async move {
            while let Some(Batch { outcomes, broken: cause }) = batches.recv().await {
                for (done, outcome) in outcomes {
                    // An error means that the request was cancelled.
                    let _ = done.send(outcome);
                }
                if let Some(cause) = cause {
                    // Set once, by the only writer of a table.
                    let _ = broken.set(cause);
                }
            }
            // Refused if a cause is known, and without effect if the table is closed: this is for a thread that
            // panicked.
            let _ = broken.set(has_ended());
        });
        Ok(Self { queue })
    }

    pub(super) fn submit(&self, write: Write) {
        // An error means that the thread has ended: `done` is dropped, which its receiver sees.
        let _ = self.queue.send(write);
    }
}

/// What became of one commit.
struct Batch {
    /// Each outcome, and where it goes.
    outcomes: Vec<(oneshot::Sender<Outcome>, Outcome)>,
    /// Why the file must be opened anew, if this commit found out.
    broken: Option<StoreError>,
}

/// The writes of one commit: all that wait, and those that come within a moment if more are likely to come.
fn gather(first: Write, writes: &Receiver<Write>, expected: &AtomicUsize) -> Vec<Write> {
    let mut batch = vec![first];
    batch.extend(writes.try_iter().take(MAX_BATCH - 1));
    let end = Instant::now() + GROUP_COMMIT_WAIT;
    while batch.len() < expected.load(Ordering::Relaxed).min(MAX_BATCH) && Instant::now() < end {
        let Ok(next) = writes.recv_timeout(GROUP_COMMIT_GAP) else { break };
        batch.push(next);
    }
    batch
}

/// Why nothing is written any more.
pub(super) fn has_ended() -> StoreError {
    StoreError("the writer has ended".to_owned())
}

/// Commits until the table is closed. When a write has failed and the file must be opened anew, everything that still
/// comes is answered with the cause.
fn write(database: &Database, writes: &Receiver<Write>, expected: &AtomicUsize, committed: &UnboundedSender<Batch>) {
    let mut has_failed = false;
    let mut cause: Option<StoreError> = None;
    while let Ok(first) = writes.recv() {
        let batch = gather(first, writes, expected);
        let is_sweep = batch.iter().all(|write| matches!(write.change, TableChange::Sweep));
        let outcomes = match &cause {
            Some(cause) => Err(cause.clone()),
            // Without a commit an idle host's disk may sleep. After a failure, a commit shows whether the file can be
            // written to.
            None if is_sweep && !has_failed && !is_anything_due(database) => {
                Ok(vec![ChangeOutcome::Done(0); batch.len()])
            }
            None => commit(database, &batch),
        };
        has_failed = outcomes.is_err();
        let broken = match (&cause, &outcomes) {
            (None, Err(failure)) if database.begin_write().is_err() => Some(failure.clone()),
            _ => None,
        };
        cause = cause.or_else(|| broken.clone());
        let outcome = |at: usize| outcomes.as_ref().map(|outcomes| outcomes[at]).map_err(Clone::clone);
        let outcomes = batch.into_iter().enumerate().map(|(at, write)| (write.done, outcome(at))).collect();
        // An error means that the vault is ending.
        let _ = committed.send(Batch { outcomes, broken });
    }
}

fn commit(database: &Database, batch: &[Write]) -> Result<Vec<ChangeOutcome>, StoreError> {
    let transaction = database.begin_write()?;
    let outcomes: Vec<ChangeOutcome> = {
        let mut tables = Tables::open(&transaction)?;
        batch.iter().map(|write| tables.apply(&write.change)).collect::<Result<_, _>>()?
    };
    // Senders who all come too late cost the disk nothing.
    let is_vain = |(write, outcome): (&Write, &ChangeOutcome)| {
        matches!(write.change, TableChange::Spend(_)) && !matches!(outcome, ChangeOutcome::Spent { .. })
    };
    if batch.iter().zip(&outcomes).all(is_vain) {
        transaction.abort()?;
    } else {
        transaction.commit()?;
    }
    Ok(outcomes)
}
