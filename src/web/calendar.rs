//! Times as calendars have them, always in UTC.

use crate::alias::Time;
use jiff::Timestamp;

/// A time for people or programs; what lies beyond the calendar is its last moment.
pub(super) fn timestamp(time: Time) -> Timestamp {
    let time = i64::try_from(time).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.unwrap_or(Timestamp::MAX)
}

/// A time in the form of RFC 3339.
pub(super) fn rfc3339(time: Time) -> String {
    timestamp(time).to_string()
}
