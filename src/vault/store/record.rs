//! The stored form of a record: fixed fields first, all little-endian, then the sealed address.
//!
//! | octets | field |
//! |---|---|
//! | 1 | version of the format (1), and 0x80 if paused, 0x40 if not confirmed yet |
//! | 4 | not before, Unix seconds; 0 is none |
//! | 4 | not after, Unix seconds; 0 is none |
//! | 4 | max-usage; 0 is none |
//! | 4 | spent |
//! | 4 | when it is to be purged, Unix seconds; 0 is never |
//! | 16 | hash of the manage key |
//! | 16 | owner |
//! | rest | sealed address |

use super::{Record, StoreError};
use crate::alias::{AliasState, Limits, Time};

const FORMAT_VERSION: u8 = 1;
const PAUSED: u8 = 0x80;
const PENDING: u8 = 0x40;

/// The stored form of a record that is to be purged at `purge`.
pub(super) fn encode(record: &Record, purge: u32) -> Vec<u8> {
    let Record { state, manage, owner, sealed } = record;
    let Limits { not_before, not_after, max_usage } = state.limits;
    let mut out = Vec::with_capacity(53 + sealed.len());
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    out.push(FORMAT_VERSION | flag(state.paused, PAUSED) | flag(state.pending, PENDING));
    out.extend(seconds(not_before).to_le_bytes());
    out.extend(seconds(not_after).to_le_bytes());
    out.extend(max_usage.unwrap_or(0).to_le_bytes());
    out.extend(state.spent.to_le_bytes());
    out.extend(purge.to_le_bytes());
    out.extend(manage);
    out.extend(owner);
    out.extend_from_slice(sealed);
    out
}

/// The record in `octets` and when it is to be purged; an error if the table is damaged.
pub(super) fn decode(octets: &[u8]) -> Result<(Record, u32), StoreError> {
    take(octets).ok_or_else(|| StoreError("a record of the table is damaged".to_owned()))
}

fn take(octets: &[u8]) -> Option<(Record, u32)> {
    let (&[first], rest) = octets.split_first_chunk()?;
    let (not_before, rest) = number(rest)?;
    let (not_after, rest) = number(rest)?;
    let (max_usage, rest) = number(rest)?;
    let (spent, rest) = number(rest)?;
    let (purge, rest) = number(rest)?;
    let (manage, rest) = rest.split_first_chunk()?;
    let (owner, sealed) = rest.split_first_chunk()?;
    let some = |n: u32| (n != 0).then_some(n);
    let limits = Limits {
        not_before: some(not_before).map(Time::from),
        not_after: some(not_after).map(Time::from),
        max_usage: some(max_usage),
    };
    let state = AliasState { limits, spent, paused: first & PAUSED != 0, pending: first & PENDING != 0 };
    (first & !(PAUSED | PENDING) == FORMAT_VERSION)
        .then(|| (Record { state, manage: *manage, owner: *owner, sealed: sealed.into() }, purge))
}

fn number(octets: &[u8]) -> Option<(u32, &[u8])> {
    octets.split_first_chunk().map(|(number, rest)| (u32::from_le_bytes(*number), rest))
}

/// A time as it is stored, 0 for none. Limits after 2106 are refused before they get here.
pub(super) fn seconds(time: Option<Time>) -> u32 {
    time.map_or(0, |t| u32::try_from(t).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_stays_as_it_is() {
        let limits = Limits { not_before: Some(0x0102_0304), not_after: None, max_usage: Some(5) };
        let state = AliasState { limits, spent: 2, paused: true, pending: true };
        let record = Record { state, manage: [6; 16], owner: [7; 16], sealed: [8, 9].into() };
        let mut stored = vec![0xc1, 4, 3, 2, 1, 0, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 10, 0, 0, 0];
        stored.extend([[6; 16], [7; 16]].concat());
        stored.extend([8, 9]);
        assert_eq!(encode(&record, 10), stored);
        assert!(decode(&stored).is_ok_and(|decoded| decoded == (record, 10)));
        stored[0] = 2;
        assert!(decode(&stored).is_err(), "another form");
        assert!(decode(&stored[..52]).is_err());
    }
}
