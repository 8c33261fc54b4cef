//! Accounting: whether an alias takes one more message.

use super::limits::{DAY, Limits, Time};
use serde::{Deserialize, Serialize};

/// Seconds a used-up alias stays in the table, so that its owner can still extend it.
pub const USED_UP_RETENTION_SECONDS: u64 = 7 * DAY;

/// Seconds within which a target confirms an alias, or nothing of it remains.
pub const CONFIRM_WITHIN_SECONDS: u64 = DAY;

/// What counts about an alias, apart from whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasState {
    /// What it is limited to.
    pub limits: Limits,
    /// Messages delivered, or in doubt. Durable.
    pub spent: u32,
    /// Its owner refuses everything for now.
    pub paused: bool,
    /// The target has not confirmed yet that it wants it.
    pub pending: bool,
}

/// The answer to "one more?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It takes one more message.
    Alive,
    /// Every use is spent, and one of them may still be given back.
    Busy,
    /// Not yet confirmed or valid, expired, used up or paused: nobody outside can tell which.
    Dead,
}

impl AliasState {
    /// Of a new alias.
    pub fn new(limits: Limits, pending: bool) -> Self {
        Self { limits, spent: 0, paused: false, pending }
    }

    /// Where the alias stands at `now`; whether one of its spent uses may still be given back, it is `unsettled`.
    pub fn standing(&self, unsettled: bool, now: Time) -> Standing {
        let Limits { not_before, not_after, .. } = self.limits;
        let too_early = not_before.is_some_and(|t| now < t);
        let too_late = not_after.is_some_and(|t| now >= t);
        if self.paused || self.pending || too_early || too_late {
            return Standing::Dead;
        }
        match self.remaining() {
            Some(0) if unsettled => Standing::Busy,
            Some(0) => Standing::Dead,
            _ => Standing::Alive,
        }
    }

    /// Uses left; `None` when messages are not limited.
    pub fn remaining(&self) -> Option<u32> {
        self.limits.max_usage.map(|max| max.saturating_sub(self.spent))
    }

    /// When nothing of the alias is to remain, seen at `now`; `None` while only its uses limit it.
    pub fn purge_at(&self, now: Time) -> Option<Time> {
        let grace = (self.remaining() == Some(0)).then_some(now + USED_UP_RETENTION_SECONDS);
        let unconfirmed = self.pending.then_some(now + CONFIRM_WITHIN_SECONDS);
        [self.limits.not_after, grace, unconfirmed].into_iter().flatten().min()
    }
}
