//! What a person may ask for, and what comes of it.

use super::OrderError;
use serde::{Deserialize, Serialize};

/// Seconds since 1970-01-01 00:00 UTC.
pub type Time = u64;

/// Seconds in a day.
pub const DAY: u64 = 86_400;

/// Aliases in one order at the most.
pub const MAX_ALIASES_PER_ORDER: u8 = 20;

/// The latest time that the stored form can hold (2106).
const MAX_TIME: Time = u32::MAX as Time;

/// What the administrator allows at the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caps {
    /// Longest life of an alias.
    pub max_days: u32,
    /// Most messages an alias may carry.
    pub max_usage: u32,
}

/// The limits a person asks for, before anybody has checked them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedLimits {
    /// Days from now (or from `valid_from`) on. Negative values are representable so that they can be refused.
    pub days: Option<i64>,
    /// Messages.
    pub max_usage: Option<i64>,
    /// First moment at which mail is accepted.
    pub valid_from: Option<i64>,
    /// First moment at which mail is no longer accepted.
    pub valid_until: Option<i64>,
}

/// The limits of an existing alias. At least one of `not_after` and `max_usage` is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// First moment at which mail is accepted.
    pub not_before: Option<Time>,
    /// First moment at which mail is no longer accepted.
    pub not_after: Option<Time>,
    /// Most messages it ever delivers.
    pub max_usage: Option<u32>,
}

/// What the owner of an alias changes about it; absent fields stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// New days from now on.
    pub days: Option<i64>,
    /// New number of messages in all, those already delivered included.
    pub max_usage: Option<i64>,
    /// New end.
    pub valid_until: Option<i64>,
    /// Refuse everything, or accept again.
    pub paused: Option<bool>,
}

impl RequestedLimits {
    /// The limits that are granted at `now`, or what is wrong with those that are requested.
    pub fn grant(self, now: Time, caps: Caps) -> Result<Limits, OrderError> {
        let not_before = match self.valid_from {
            None => None,
            Some(from) => Some(stored_time(from).ok_or(OrderError::ValidFrom)?),
        };
        let start = not_before.unwrap_or(now).max(now);
        if self.days.is_some() && self.valid_until.is_some() {
            return Err(OrderError::TwoEnds);
        }
        let not_after = end(self.days, self.valid_until, start, caps)?;
        let max_usage = self.max_usage.map(|n| usage(n, caps)).transpose()?;
        if not_after.is_none() && max_usage.is_none() {
            return Err(OrderError::NoLimit);
        }
        Ok(Limits { not_before, not_after, max_usage })
    }
}

impl Limits {
    /// These limits with `change` applied at `now`.
    pub fn changed(self, change: Change, now: Time, caps: Caps) -> Result<Self, OrderError> {
        if change.days.is_some() && change.valid_until.is_some() {
            return Err(OrderError::TwoEnds);
        }
        let start = self.not_before.unwrap_or(now).max(now);
        let not_after = end(change.days, change.valid_until, start, caps)?.or(self.not_after);
        let max_usage = change.max_usage.map(|n| usage(n, caps)).transpose()?.or(self.max_usage);
        Ok(Self { not_before: self.not_before, not_after, max_usage })
    }
}

fn end(days: Option<i64>, until: Option<i64>, start: Time, caps: Caps) -> Result<Option<Time>, OrderError> {
    let max = caps.max_days;
    if let Some(days) = days {
        let days = u32::try_from(days).ok().filter(|d| (1..=max).contains(d)).ok_or(OrderError::Days { max })?;
        return stored_time((start + u64::from(days) * DAY) as i64).map(Some).ok_or(OrderError::Days { max });
    }
    if let Some(until) = until {
        let latest = start.saturating_add(u64::from(max) * DAY);
        let until = stored_time(until).filter(|&t| t > start && t <= latest);
        return until.map(Some).ok_or(OrderError::ValidUntil { max });
    }
    Ok(None)
}

fn usage(wanted: i64, caps: Caps) -> Result<u32, OrderError> {
    let max = caps.max_usage;
    u32::try_from(wanted).ok().filter(|n| (1..=max).contains(n)).ok_or(OrderError::MaxUsage { max })
}

fn stored_time(seconds: i64) -> Option<Time> {
    Time::try_from(seconds).ok().filter(|&t| t > 0 && t < MAX_TIME)
}
