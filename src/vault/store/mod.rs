//! The table behind the vault. Every method is one atomic step, whatever the engine.
//!
//! An engine sees keyed hashes, sealed addresses and accounts. It never sees an alias's name or a
//! real address, so what it stores is useless to whoever steals it.

#[cfg(test)]
mod figures;
mod record;
pub(crate) mod redb;
pub(crate) mod redis;
#[cfg(test)]
pub(crate) mod tests;

use crate::alias::{Account, Time};
use crate::channel::MaybeReady;
use crate::wire::Ticket;
use std::fmt;

/// Under which an alias is stored: a keyed hash of `name@domain`, truncated to 128 bits.
pub(crate) type Key = [u8; 16];

/// A keyed hash of a real address, truncated to 128 bits.
pub(crate) type Owner = [u8; 16];

/// A keyed hash under which it is noted that something is so: an opt-out, the end of a token.
pub(crate) type Mark = [u8; 16];

/// A keyed hash under which is counted what is bounded by the day.
pub(crate) type Counter = [u8; 16];

/// What is stored of an alias.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// Limits, uses, paused: in clear.
    pub(crate) account: Account,
    /// Hash of the manage key, truncated to 128 bits.
    pub(crate) manage: [u8; 16],
    /// Whose alias it is, for limits and for `forget`.
    pub(crate) owner: Owner,
    /// The real address, sealed under the server key and `name@domain`.
    pub(crate) sealed: Box<[u8]>,
}

/// The store does not answer, or not as it should. The text is for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outage(pub(crate) String);

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Outage {}

/// The outcome of [`Engine::hold`].
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Alive. If the alias is counted, one of its uses is held until the deadline.
    Held {
        /// Whether [`Engine::spend`] is due.
        counted: bool,
        /// [`Record::sealed`].
        sealed: Box<[u8]>,
    },
    /// Every use that is left is held.
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

/// One step, now or later.
pub(crate) type Step<T> = MaybeReady<Result<T, Outage>>;

/// A table of aliases. Times are the engine's own clock, so that several vaults on one table agree.
pub(crate) trait Engine {
    /// The clock by which aliases live and die.
    fn now(&self) -> Step<Time>;

    /// Stores an alias that is new at `now`, durably, unless its owner has `most` already (0 is no bound).
    fn create(&self, key: Key, record: Record, now: Time, most: u32) -> Step<Creation>;

    /// Counts `more`, all or none: false, and nothing is counted, if these would be more than `limit` within a day. The
    /// day begins when the first is counted.
    fn count(&self, counter: Counter, limit: u32, more: u32) -> Step<bool>;

    /// Takes `fewer` back of what was counted, down to zero. Without effect if that day is over.
    fn uncount(&self, counter: Counter, fewer: u32) -> Step<()>;

    /// What is stored under `key`.
    fn read(&self, key: Key) -> Step<Option<Record>>;

    /// Holds one use for `seconds`, if the alias is alive and has one that is neither spent nor held.
    fn hold(&self, key: Key, ticket: Ticket, seconds: u64) -> Step<Hold>;

    /// Gives a held use back. Without effect if it is not held.
    fn release(&self, key: Key, ticket: Ticket) -> Step<()>;

    /// Turns a held use into a spent one, durably; false if the alias is gone or has none left.
    ///
    /// Never lets `spent` exceed the limit, even when the hold has run out meanwhile.
    fn spend(&self, key: Key, ticket: Ticket) -> Step<bool>;

    /// Takes a spend of this ticket back, durably. Without effect if the alias is gone.
    fn refund(&self, key: Key, ticket: Ticket) -> Step<()>;

    /// After a spend whose outcome is not known: takes it back if it was counted after all.
    fn undo(&self, key: Key, ticket: Ticket) -> Step<()>;

    /// Replaces limits, paused and pending, if they still are as `seen`; false if they are not. `spent` stays.
    fn amend(&self, key: Key, seen: Account, new: Account) -> Step<bool>;

    /// Removes an alias, durably; false if there was none.
    fn remove(&self, key: Key) -> Step<bool>;

    /// Removes every alias of `owner`, durably; how many.
    fn forget(&self, owner: Owner) -> Step<u64>;

    /// Removes what has passed [`Account::purge_at`]; how many. Nothing to do where the store expires by itself.
    fn sweep(&self) -> Step<u64>;

    /// Notes `mark`, durably, until then or for ever. What is noted already begins anew.
    fn mark(&self, mark: Mark, until: Option<Time>) -> Step<()>;

    /// Takes a mark away, durably; false if there was none.
    fn unmark(&self, mark: Mark) -> Step<bool>;

    /// Since when a mark is there.
    fn marked(&self, mark: Mark) -> Step<Option<Time>>;

    /// How many aliases are stored, where that is cheap to know.
    fn alias_count(&self) -> Step<Option<u64>>;
}
