//! The table of aliases. Every method of an engine is one atomic step.
//!
//! An engine sees keyed hashes, sealed addresses and the states of aliases. It never sees the name of an alias or a
//! real address, so that a stolen table is useless (P7). There are two: [`redb`], one file on this host, and [`redis`],
//! shared by several hosts.

#[cfg(test)]
mod benchmarks;
mod observed;
mod record;
pub(crate) mod redb;
pub(crate) mod redis;
#[cfg(test)]
pub(crate) mod tests;

use crate::alias::{AliasState, Time};
use crate::channel::MaybeReady;
use crate::wire::Ticket;
pub(crate) use observed::ObservedStore;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

/// Under what an alias is stored: a keyed hash of `name@domain`, truncated to 128 bits.
pub(crate) type Key = [u8; 16];

/// A keyed hash of a real address, truncated to 128 bits.
pub(crate) type Owner = [u8; 16];

/// A keyed hash under which it is noted that something is so, such as an opt-out or the end of a token.
pub(crate) type Mark = [u8; 16];

/// A keyed hash under which is counted what has a limit for each day.
pub(crate) type Counter = [u8; 16];

/// What is stored of an alias.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// Limits, uses and whether it is paused, in clear.
    pub(crate) state: AliasState,
    /// Hash of the manage key, truncated to 128 bits.
    pub(crate) manage: [u8; 16],
    /// The person whose alias it is, for limits and for `forget`.
    pub(crate) owner: Owner,
    /// The real address, sealed under the server key and `name@domain`.
    pub(crate) sealed: Box<[u8]>,
}

/// The store does not answer, or not as it should. The text is for the log and names no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreError(pub(crate) String);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreError {}

/// The outcome of [`Engine::admit`].
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum AdmitOutcome {
    /// It takes one more message.
    Admitted {
        /// [`Record::sealed`].
        sealed: Box<[u8]>,
        /// Uses left; `None` when messages are not limited.
        remaining: Option<u32>,
    },
    /// Every use is spent, and one of them is not settled.
    Busy,
    /// Not there, or dead.
    No,
}

/// The outcome of [`Engine::spend`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpendOutcome {
    /// The message may be delivered.
    Done {
        /// Whether a use was spent: it is unsettled from now on.
        counted: bool,
        /// Whether no use is left.
        last: bool,
    },
    /// Every use is spent, and one of them is not settled, or was not when the spend came.
    Busy,
    /// Not there, or dead.
    No,
}

/// The outcome of [`Engine::create`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Creation {
    /// It is there.
    Made,
    /// Its key is another alias's.
    Taken,
    /// Its owner has as many as they may have.
    Full,
}

/// The outcome of one step, now or later.
pub(crate) type Step<T> = MaybeReady<Result<T, StoreError>>;

/// A table of aliases. Times are those of the engine's own clock, so that several vaults on one table agree.
///
/// Every step fails with [`StoreError`] if the store does not answer; a step that changes something may then have been
/// done or not. "Durably" means that what was answered survives the end of any process and of the host.
pub(crate) trait Engine {
    /// The clock by which aliases live and die.
    fn now(&self) -> Step<Time>;

    /// Stores an alias that is new at `now`, durably, unless its owner has `limit` already (0 is no limit).
    fn create(&self, key: Key, record: Record, now: Time, limit: u32) -> Step<Creation>;

    /// Counts `more`, all or none: false, and nothing is counted, if these would be more than `limit` within a day. The
    /// day begins when the first is counted.
    fn count(&self, counter: Counter, limit: u32, more: u32) -> Step<bool>;

    /// Takes `fewer` back of what was counted, down to zero. Without effect if that day is over.
    fn uncount(&self, counter: Counter, fewer: u32) -> Step<()>;

    /// What is stored under `key`.
    fn read(&self, key: Key) -> Step<Option<Record>>;

    /// Whether the alias takes one more message. Only looks: nothing is reserved, and [`Self::spend`] decides.
    fn admit(&self, key: Key) -> Step<AdmitOutcome>;

    /// Before a message is delivered: judges the alias as it is now, and spends one use, durably, if its messages are
    /// limited. `spent` never exceeds the limit.
    ///
    /// A use that is spent is *unsettled* until [`Self::settle`] or [`Self::refund`], or for `lifetime` at the most.
    fn spend(&self, key: Key, ticket: Ticket, lifetime: Duration) -> Step<SpendOutcome>;

    /// Gives the use back that this ticket has spent, durably. Without effect, if it is not unsettled or the alias is
    /// gone.
    fn refund(&self, key: Key, ticket: Ticket) -> Step<()>;

    /// The use that this ticket has spent is not given back any more. Without effect, if it is not unsettled.
    fn settle(&self, key: Key, ticket: Ticket) -> Step<()>;

    /// After a spend that failed, so that its outcome is not known: takes it back if it was counted after all. If it
    /// still comes, within `lifetime`, it is refused.
    fn undo(&self, key: Key, ticket: Ticket, lifetime: Duration) -> Step<()>;

    /// How many spends are likely to come soon: kept up to date by the caller, so that commits can wait for them.
    fn expected_spends(&self) -> Arc<AtomicUsize> {
        Arc::default()
    }

    /// Replaces limits, paused and pending, if they still are as `seen` (compare and set); false if they are not.
    /// `spent` is neither compared nor set.
    fn amend(&self, key: Key, seen: AliasState, new: AliasState) -> Step<bool>;

    /// Removes an alias, durably; false if there was none.
    fn remove(&self, key: Key) -> Step<bool>;

    /// Removes every alias of `owner`, durably. Answers how many.
    fn forget(&self, owner: Owner) -> Step<u64>;

    /// Removes what has passed [`AliasState::purge_at`], marks that have ended and counters whose day is over. Answers
    /// how many aliases and marks. Ready at once where the store expires by itself.
    fn sweep(&self) -> Step<u64>;

    /// Notes `mark`, durably, until then or forever. A mark that is there begins anew.
    fn mark(&self, mark: Mark, until: Option<Time>) -> Step<()>;

    /// Takes a mark away, durably; false if there was none.
    fn unmark(&self, mark: Mark) -> Step<bool>;

    /// Since when a mark is there; `None` if it is not.
    fn marked(&self, mark: Mark) -> Step<Option<Time>>;

    /// Completes if the store can be written to no more before it is opened anew, with the cause.
    fn broken(&self) -> Pin<Box<dyn Future<Output = StoreError>>> {
        Box::pin(std::future::pending())
    }

    /// How many aliases are stored, where that is cheap to know.
    fn alias_count(&self) -> Step<Option<u64>>;
}
