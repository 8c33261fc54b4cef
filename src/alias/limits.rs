//! What a person may ask for, and what comes of it.

use super::address::AddressError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Seconds since 1970-01-01 00:00 UTC.
pub type Time = u64;

/// Seconds in a day.
pub const DAY: u64 = 86_400;

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
pub struct Wish {
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

/// Why a wish is not granted. The text names no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// Not a mailbox, or none on the Internet.
    Target,
    /// The target is itself an address of ours: mail would go in circles.
    TargetIsOurs,
    /// Not one of the configured domains.
    Domain,
    /// Not between 1 and the cap.
    Days {
        /// The cap.
        max: u32,
    },
    /// Not between 1 and the cap.
    MaxUsage {
        /// The cap.
        max: u32,
    },
    /// Neither days nor messages nor an end.
    NoLimit,
    /// Both `days` and `valid-until`.
    TwoEnds,
    /// The start is not a time that can be stored.
    ValidFrom,
    /// The end is not after now and after the start, or beyond the cap.
    ValidUntil {
        /// The cap.
        max: u32,
    },
    /// This address already got as many aliases as one address gets in a day.
    TooManyForTarget,
    /// This address already has as many aliases as one address may have.
    TooManyAlive,
    /// This address already got as many letters of ours as one address gets in a day.
    TooManyLetters,
    /// The target is a mailbox that belongs to an office, not to a person (RFC 2142).
    Reserved,
    /// Who reads mail to the target wants none of this, for ever.
    OptedOut,
    /// The target's mail server refuses our letter.
    Undeliverable,
    /// Not between 1 and the most that are made at once.
    Count {
        /// The most.
        max: u32,
    },
    /// The key of this request was the key of a different request before.
    KeyReused,
    /// This request was answered before, and what it made has ended.
    Ended,
}

impl Fault {
    /// The field of the API that is at fault.
    pub fn field(self) -> &'static str {
        match self {
            Self::Target
            | Self::TargetIsOurs
            | Self::TooManyForTarget
            | Self::TooManyAlive
            | Self::TooManyLetters
            | Self::Reserved
            | Self::OptedOut
            | Self::Undeliverable => "target",
            Self::Count { .. } => "count",
            Self::KeyReused | Self::Ended => "Idempotency-Key",
            Self::Domain => "domain",
            Self::Days { .. } | Self::NoLimit => "days",
            Self::MaxUsage { .. } => "max-usage",
            Self::ValidFrom => "valid-from",
            Self::ValidUntil { .. } | Self::TwoEnds => "valid-until",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target => f.write_str("target must be an e-mail address like name@example.org"),
            Self::TargetIsOurs => f.write_str("target is an address of this service itself; give your real address"),
            Self::Domain => f.write_str("domain is not one of this service's domains"),
            Self::Days { max } => write!(f, "days must be a whole number from 1 to {max}"),
            Self::MaxUsage { max } => write!(f, "max-usage must be a whole number from 1 to {max}"),
            Self::NoLimit => f.write_str("give days, max-usage, or both; an alias without a limit would never end"),
            Self::TwoEnds => f.write_str("give either days or valid-until, not both"),
            Self::ValidFrom => f.write_str("valid-from must be a time less than a hundred years from now"),
            Self::ValidUntil { max } => {
                write!(f, "valid-until must be in the future, after valid-from, and at most {max} days after it")
            }
            Self::TooManyForTarget => {
                f.write_str("this address has received the maximum number of aliases for a day; try again tomorrow")
            }
            Self::TooManyAlive => {
                f.write_str("this address has the maximum number of aliases; end some of them, or wait until they end")
            }
            Self::TooManyLetters => {
                f.write_str("this address has been sent the maximum number of e-mails for a day; try again tomorrow")
            }
            Self::Reserved => f.write_str("target is a role address, like abuse@; give your own address"),
            Self::OptedOut => f.write_str("the owner of this address has asked us to create no aliases for it"),
            Self::Undeliverable => f.write_str("the mail server of this address does not accept our e-mail"),
            Self::Count { max } => write!(f, "count must be a whole number from 1 to {max}"),
            Self::Ended => {
                f.write_str("this request was answered before, and its aliases have ended; use a new Idempotency-Key")
            }
            Self::KeyReused => f.write_str("this Idempotency-Key was used for a different request"),
        }
    }
}

impl std::error::Error for Fault {}

impl From<AddressError> for Fault {
    fn from(_: AddressError) -> Self {
        Self::Target
    }
}

impl Wish {
    /// The limits this wish grants at `now`, or what is wrong with it.
    pub fn grant(self, now: Time, caps: Caps) -> Result<Limits, Fault> {
        let not_before = match self.valid_from {
            None => None,
            Some(from) => Some(stored_time(from).ok_or(Fault::ValidFrom)?),
        };
        let start = not_before.unwrap_or(now).max(now);
        if self.days.is_some() && self.valid_until.is_some() {
            return Err(Fault::TwoEnds);
        }
        let not_after = end(self.days, self.valid_until, start, caps)?;
        let max_usage = self.max_usage.map(|n| usage(n, caps)).transpose()?;
        if not_after.is_none() && max_usage.is_none() {
            return Err(Fault::NoLimit);
        }
        Ok(Limits { not_before, not_after, max_usage })
    }
}

impl Limits {
    /// These limits with `change` applied at `now`.
    pub fn changed(self, change: Change, now: Time, caps: Caps) -> Result<Self, Fault> {
        if change.days.is_some() && change.valid_until.is_some() {
            return Err(Fault::TwoEnds);
        }
        let start = self.not_before.unwrap_or(now).max(now);
        let not_after = end(change.days, change.valid_until, start, caps)?.or(self.not_after);
        let max_usage = change.max_usage.map(|n| usage(n, caps)).transpose()?.or(self.max_usage);
        Ok(Self { not_before: self.not_before, not_after, max_usage })
    }
}

fn end(days: Option<i64>, until: Option<i64>, start: Time, caps: Caps) -> Result<Option<Time>, Fault> {
    let max = caps.max_days;
    if let Some(days) = days {
        let days = u32::try_from(days).ok().filter(|d| (1..=max).contains(d)).ok_or(Fault::Days { max })?;
        return stored_time((start + u64::from(days) * DAY) as i64).map(Some).ok_or(Fault::Days { max });
    }
    if let Some(until) = until {
        let latest = start.saturating_add(u64::from(max) * DAY);
        let until = stored_time(until).filter(|&t| t > start && t <= latest);
        return until.map(Some).ok_or(Fault::ValidUntil { max });
    }
    Ok(None)
}

fn usage(wanted: i64, caps: Caps) -> Result<u32, Fault> {
    let max = caps.max_usage;
    u32::try_from(wanted).ok().filter(|n| (1..=max).contains(n)).ok_or(Fault::MaxUsage { max })
}

fn stored_time(seconds: i64) -> Option<Time> {
    Time::try_from(seconds).ok().filter(|&t| t > 0 && t < MAX_TIME)
}
